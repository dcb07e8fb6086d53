//! What a reconciliation may ask of a posting, and which accounts a book can have.

use super::Surroundings;
use crate::assets::Assets;
use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::nearest::known;
use crate::section::Field;
use crate::sources::{FieldMeaning, FieldTable};
use intake::adapter::Path;

/// Stands for any party at the front of an account's name.
const ANY: &str = "*";

/// Accounts of each party.
const OF_PARTY: [&str; 5] = ["accrued", "payable", "receivable", "carried", "advance"];

/// The fields of a posting: `amount`, `date`, `period`, `contract`, `origin`, `account`, in the slots of their order.
pub(crate) fn fields(assets: &Assets) -> FieldTable {
    let scale = assets.list.iter().map(|asset| asset.digits).max().unwrap_or(0);
    let named = [
        ("amount", FieldMeaning::Number { slot: 0, scale, money: true }),
        ("date", FieldMeaning::Date { slot: 0 }),
        ("period", FieldMeaning::Date { slot: 1 }),
        ("contract", FieldMeaning::Word { slot: 0, closed: None }),
        ("origin", FieldMeaning::Word { slot: 1, closed: None }),
        ("account", FieldMeaning::Word { slot: 2, closed: None }),
    ];
    let mut table = FieldTable::default();
    for (name, meaning) in named {
        table.by_name.insert(name.into(), (meaning, Path { text: name.into(), steps: Vec::new() }));
    }
    table
}

/// The name of an account as `entries.csv` writes it, `*` for the party standing for any.
pub(super) fn account(field: &Field<'_>, around: &Surroundings<'_>, findings: &mut Findings) -> Option<Box<str>> {
    let name = field.filled_text(findings)?;
    let parts: Vec<&str> = name.split(':').collect();
    let operator = around.operator.map(|party| &*around.parties.party(party).id);
    let is_known = match parts[..] {
        ["tax", direction] => ["vat-output", "vat-input"].contains(&direction),
        [party, state] => OF_PARTY.contains(&state) && (party == ANY || around.parties.find(party).is_some()),
        [party, "revenue" | "cost", purpose] => {
            (party == ANY || operator == Some(party)) && around.purposes.iter().any(|known| **known == *purpose)
        }
        _ => false,
    };
    if is_known {
        return Some(name.into());
    }
    // A faulty party or contract may be what the account is called after.
    if around.parties.is_sound() && !around.sources.is_unsound && findings.count() == 0 {
        let known = known(name, names(&parts, around).iter().map(String::as_str));
        field.fault(FaultKind::AccountUnknown { name: name.into(), known }, findings);
    }
    None
}

/// Accounts that may have been meant: those of the party that is named, or of the operator.
fn names(parts: &[&str], around: &Surroundings<'_>) -> Vec<String> {
    let named = parts.first().copied().unwrap_or_default();
    let operator = around.operator.map_or(ANY, |party| &*around.parties.party(party).id);
    let party = if around.parties.find(named).is_some() { named } else { ANY };
    let mut names: Vec<String> = OF_PARTY.iter().map(|state| format!("{party}:{state}")).collect();
    for purpose in around.purposes {
        names.extend(["revenue", "cost"].map(|state| format!("{operator}:{state}:{purpose}")));
    }
    names.extend(["tax:vat-output", "tax:vat-input"].map(str::to_owned));
    names
}
