//! Which of our crates may depend on which: the picture in ARCHITECTURE.md, held true.
//!
//! The table holds for dependencies of tests too: what a test needs from a higher layer belongs into that layer's tests.

use crate::manifests::{Manifest, manifests, read};
use crate::tree::{assert_none, between_markers, text_of};

const MONEY: &[&str] = &["money", "calendar"];

/// All of core, lowest first.
const CORE: &[&str] =
    &["money", "calendar", "canon", "table", "event", "contract", "ledger", "close", "reconcile", "engine"];

/// All of shell but the server.
const SHELL: &[&str] = &["store", "intake", "book", "documents", "runtime"];

/// Each crate with the lists of crates that it may depend on, lowest first.
const LAYERS: &[(&str, &[&[&str]])] = &[
    ("money", &[]),
    ("calendar", &[]),
    ("canon", &[]),
    ("table", &[]),
    ("event", &[MONEY, &["table"]]),
    ("contract", &[MONEY, &["event"]]),
    ("ledger", &[MONEY, &["event"]]),
    ("close", &[MONEY, &["event", "contract", "ledger"]]),
    ("reconcile", &[MONEY, &["canon", "event"]]),
    ("engine", &[MONEY, &["canon", "table", "event", "contract", "ledger", "close"]]),
    ("store", &[CORE]),
    ("intake", &[MONEY, &["canon", "event", "contract"]]),
    ("book", &[CORE, &["intake"]]),
    ("documents", &[MONEY, &["event", "contract", "ledger", "close", "engine"]]),
    ("runtime", &[CORE, &["store", "intake", "book"]]),
    ("simulator", &[CORE, SHELL]),
    ("server", &[CORE, SHELL, &["simulator"]]),
    ("scenarios", &[CORE, SHELL, &["server", "simulator"]]),
    ("xtask", &[]),
];

fn allowed(name: &str) -> Option<Vec<&'static str>> {
    LAYERS.iter().find(|layer| layer.0 == name).map(|layer| layer.1.concat())
}

fn is_ours(name: &str) -> bool {
    allowed(name).is_some()
}

fn faults(manifest: &Manifest) -> Vec<String> {
    let name = &manifest.name;
    let Some(allowed) = allowed(name) else {
        return vec![format!("{name} has no line in LAYERS")];
    };
    let ours = manifest.dependencies.iter().map(|dependency| &dependency.name).filter(|name| is_ours(name));
    ours.filter(|other| !allowed.contains(&other.as_str()))
        .map(|other| format!("{name} may not depend on {other}"))
        .collect()
}

/// The table as it stands in ARCHITECTURE.md.
fn rendered() -> Vec<String> {
    let mut lines = vec!["| crate | may depend on |".to_owned(), "|---|---|".to_owned()];
    for (name, lists) in LAYERS {
        let below = lists.concat();
        let shown = if below.is_empty() { "–".to_owned() } else { below.join(", ") };
        lines.push(format!("| {name} | {shown} |"));
    }
    lines
}

#[test]
fn crates_depend_downwards_only() {
    assert_none(&manifests().iter().flat_map(faults).collect::<Vec<_>>());
}

#[test]
fn layers_name_the_crates_that_exist() {
    let names: Vec<String> = manifests().into_iter().map(|manifest| manifest.name).collect();
    let gone = LAYERS.iter().map(|layer| layer.0).filter(|layer| !names.iter().any(|name| name == layer));
    assert_none(&gone.map(|layer| format!("{layer} is in LAYERS and is no crate")).collect::<Vec<_>>());
}

#[test]
fn a_layer_depends_on_lines_above_it_only() {
    for (at, (name, lists)) in LAYERS.iter().enumerate() {
        for other in lists.concat() {
            assert!(LAYERS[..at].iter().any(|layer| layer.0 == other), "{name}: {other} is not above it");
        }
    }
}

#[test]
fn architecture_shows_the_layers() {
    let expected = rendered();
    let shown = between_markers(text_of("ARCHITECTURE.md"), "layers");
    assert!(shown == expected, "the table of ARCHITECTURE.md must be:\n{}", expected.join("\n"));
}

#[test]
fn an_upward_dependency_is_caught() {
    let of = |text: &str| faults(&read("example", text));
    let money =
        "[package]\nname = \"money\"\n[dev-dependencies]\nproptest = \"1\"\nengine = { path = \"../engine\" }\n";
    assert_eq!(of(money), ["money may not depend on engine"]);
    assert_eq!(of("[package]\nname = \"event\"\n[dependencies]\nmoney.workspace = true\n"), Vec::<String>::new());
    assert_eq!(of("[package]\nname = \"unheard-of\"\n"), ["unheard-of has no line in LAYERS"]);
}
