//! Attribution of a measure among the touches of a path: `path`, `separator`, and the `model` with its figures.

use super::VersionScope;
use crate::contracts::roles;
use crate::findings::Findings;
use crate::section::Section;
use contract::{Model, TermKind};

/// How a model is written; its figures have keys of their own.
const MODELS: [(&str, Model); 5] = [
    ("last_touch", Model::LastTouch),
    ("first_touch", Model::FirstTouch),
    ("linear", Model::Linear),
    ("position", Model::Position { first: 40, last: 40 }),
    ("time_decay", Model::TimeDecay { half_life: 1 }),
];

pub(super) fn read(
    section: &mut Section<'_>,
    of: Option<u16>,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<TermKind> {
    let by = section.required("path").and_then(|field| {
        let name = field.filled_text(findings)?;
        roles::dimension_of_words(name, &field, scope.rated, &mut scope.tables.dimensions, findings)
    });
    let separator = section.optional("separator").map_or(Some(">"), |field| field.filled_text(findings));
    let model = section.required("model").and_then(|field| field.choice(&MODELS, findings));
    let model = model.and_then(|model| with_figures(model, section, findings));
    Some(TermKind::Attribution { of: of?, by: by?, separator: separator?.into(), model: model? })
}

fn with_figures(model: Model, section: &mut Section<'_>, findings: &mut Findings) -> Option<Model> {
    let beside = |name: &str| format!("model = \"{name}\"");
    let name = MODELS.iter().find(|(_, other)| *other == model).map_or("", |(name, _)| name);
    match model {
        Model::Position { .. } => {
            section.refuse(&["half_life"], &beside(name), findings);
            let mut hundredths = |key: &'static str, most: i64| {
                let field = section.optional(key);
                field.map_or(Some(40), |field| field.whole(0, most, findings))
            };
            let first = hundredths("first_percent", 100)?;
            let last = hundredths("last_percent", 100 - first)?;
            Some(Model::Position { first: u8::try_from(first).ok()?, last: u8::try_from(last).ok()? })
        }
        Model::TimeDecay { .. } => {
            section.refuse(&["first_percent", "last_percent"], &beside(name), findings);
            let field = section.optional("half_life");
            let touches = field.map_or(Some(1), |field| field.whole(1, 1_000, findings))?;
            Some(Model::TimeDecay { half_life: u16::try_from(touches).ok()? })
        }
        _ => {
            section.refuse(&["first_percent", "last_percent", "half_life"], &beside(name), findings);
            Some(model)
        }
    }
}
