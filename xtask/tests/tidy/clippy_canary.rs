//! Proof that `core/clippy.toml` bites: clippy, run with it on a crate that breaks every rule, must name each of them.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use toml::{Table, Value};

use crate::tree::{root, text_of};

const MANIFEST: &str = "[package]\nname = \"canary\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";

/// Breaks rules of every kind: a float, a map in hash order, the environment, a file, a clock, a thread.
const BAD: &str = "\
//! Breaks the rules of core.
pub type Price = f64;
pub type Weights = std::collections::HashMap<u8, f32>;
pub fn home() -> Option<String> { std::env::var(\"HOME\").ok() }
pub fn read() -> Option<Vec<u8>> { std::fs::read(\"prices\").ok() }
pub fn now() -> std::time::SystemTime { std::time::SystemTime::now() }
pub fn start() -> bool { std::thread::spawn(|| {}).join().is_ok() }
";

const GOOD: &str = "//! Keeps the rules of core.\npub type Price = i64;\n";

/// What clippy must say about the bad crate.
const REFUSED: &[&str] = &[
    "type `f64`",
    "type `f32`",
    "type `std::collections::HashMap`",
    "type `std::time::SystemTime`",
    "method `std::env::var`",
    "method `std::fs::read`",
    "method `std::time::SystemTime::now`",
    "method `std::thread::spawn`",
];

/// Whether clippy passes a crate of this source below a folder with core's clippy.toml, and what it says.
fn clippy(name: &str, source: &str) -> (bool, String) {
    let outer = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clippy-canary").join(name);
    // The crate lies one folder below the file, as the crates of core do.
    let inner = outer.join("canary");
    write(&outer.join("clippy.toml"), text_of("core/clippy.toml"));
    write(&inner.join("Cargo.toml"), MANIFEST);
    write(&inner.join("src/lib.rs"), source);
    let output = Command::new(env!("CARGO"))
        .args(["clippy", "--offline", "--quiet", "--", "--deny", "warnings"])
        .current_dir(&inner)
        .env("CARGO_TARGET_DIR", inner.join("target"))
        .env_remove("CLIPPY_CONF_DIR")
        .output()
        .expect("cargo starts");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn write(path: &PathBuf, text: &str) {
    let folder = path.parent().expect("a file lies in a folder");
    fs::create_dir_all(folder).and_then(|()| fs::write(path, text)).expect("the target folder can be written");
}

/// Without clippy the proof cannot be made: said past the capture of the test's output, counted, and fatal with `CI=true`.
fn clippy_is_missing() -> bool {
    let version = Command::new(env!("CARGO")).args(["clippy", "--version"]).output().expect("cargo starts");
    if version.status.success() {
        return false;
    }
    let reason = "clippy_canary: clippy is missing";
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
    writeln!(std::io::stderr(), "!!! skipped: {reason}").expect("stderr is open");
    if let Some(file) = std::env::var_os("SKIPPED_TESTS") {
        let open = fs::OpenOptions::new().append(true).open(file);
        open.and_then(|mut open| writeln!(open, "{reason}")).expect("the list of skipped tests can be written");
    }
    true
}

#[test]
fn clippy_refuses_what_core_may_not_touch() {
    if clippy_is_missing() {
        return;
    }
    let (passes, said) = clippy("bad", BAD);
    assert!(!passes, "clippy passed a crate that breaks the rules:\n{said}");
    for refused in REFUSED {
        assert!(said.contains(&format!("use of a disallowed {refused}")), "clippy does not refuse {refused}:\n{said}");
    }
    let (passes, said) = clippy("good", GOOD);
    assert!(passes && said.is_empty(), "clippy refuses a good crate, or a rule names what does not exist:\n{said}");
}

#[test]
fn no_crate_of_core_has_rules_of_its_own() {
    for folder in fs::read_dir(root().join("core")).expect("core exists") {
        let folder = folder.expect("core can be listed").path();
        for name in ["clippy.toml", ".clippy.toml"] {
            assert!(!folder.join(name).exists(), "{} would hide core/clippy.toml", folder.join(name).display());
        }
    }
}

#[test]
fn every_rule_says_why() {
    let rules: Table = text_of("core/clippy.toml").parse().expect("core/clippy.toml is TOML");
    for (list, entries) in &rules {
        for entry in entries.as_array().unwrap_or_else(|| panic!("{list} is a list")) {
            assert!(entry.get("reason").is_some_and(Value::is_str), "{list}: {entry} has no reason");
        }
    }
}
