//! Balances by name of account: what each line posts, and what an issued statement moves.

use super::line::{Key, Of};
use contract::{Part, TermKind, VatScope};
use engine::Book;
use event::PartyId;
use money::AssetId;
use std::collections::BTreeMap;

/// Balances by account and asset; debit is positive.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    balances: BTreeMap<String, BTreeMap<AssetId, i128>>,
}

impl Ledger {
    fn add(&mut self, account: String, asset: AssetId, amount: i128) {
        *self.balances.entry(account).or_default().entry(asset).or_default() += amount;
    }

    /// Posts a line of a contract.
    pub(super) fn post(&mut self, book: &Book, contract: usize, asset: AssetId, key: &Key, amount: i128) {
        let id = |party: PartyId| &*book.parties[party.0 as usize].id;
        let operator = id(book.operator);
        let purpose = || purpose_of(book, contract, key);
        let (owes, owed) = (key.debtor == book.operator, key.creditor == book.operator);
        if key.part == Part::VatIncluded {
            // The charge holds it already: it only leaves cost or revenue for the tax account. Of two other parties it
            // is no tax of the operator's, and to itself the operator supplies nothing.
            if owes && !owed {
                self.add("tax:vat-input".into(), asset, amount);
                self.add(format!("{operator}:cost:{}", purpose()), asset, -amount);
            }
            if owed && !owes {
                self.add("tax:vat-output".into(), asset, -amount);
                self.add(format!("{operator}:revenue:{}", purpose()), asset, amount);
            }
            return;
        }
        let is_vat = key.part == Part::Vat;
        let kept = kept_with(book, contract, key);
        let debit = match (owes, owed) {
            (true, _) if is_vat => "tax:vat-input".into(),
            (true, _) if kept.is_some() => format!("{}:{}", id(key.creditor), kept.expect("it is some")),
            (true, _) => format!("{operator}:cost:{}", purpose()),
            (false, true) => format!("{}:accrued", id(key.debtor)),
            (false, false) => format!("{}:receivable", id(key.debtor)),
        };
        let credit = match owed {
            true if is_vat => "tax:vat-output".into(),
            true if kept.is_some() && !owes => format!("{}:{}", id(key.debtor), kept.expect("it is some")),
            true => format!("{operator}:revenue:{}", purpose()),
            false => format!("{}:accrued", id(key.creditor)),
        };
        self.add(debit, asset, amount);
        self.add(credit, asset, -amount);
    }

    /// Moves what an issued statement's lines left on the party's accrued account.
    pub(super) fn issue(&mut self, party: &str, asset: AssetId, accrued: i128) {
        let to = if accrued > 0 { "payable" } else { "receivable" };
        self.add(format!("{party}:accrued"), asset, accrued);
        self.add(format!("{party}:{to}"), asset, -accrued);
    }

    /// The largest magnitude of any balance.
    pub(super) fn largest(&self) -> u128 {
        self.balances.values().flat_map(BTreeMap::values).map(|amount| amount.unsigned_abs()).max().unwrap_or(0)
    }

    /// By names, without what is zero.
    pub(super) fn named(&self, book: &Book) -> BTreeMap<String, BTreeMap<String, i128>> {
        let mut named: BTreeMap<String, BTreeMap<String, i128>> = BTreeMap::new();
        for (account, balances) in &self.balances {
            for (asset, amount) in balances.iter().filter(|(_, amount)| **amount != 0) {
                let asset = book.assets[usize::from(asset.0)].name.to_string();
                named.entry(account.clone()).or_default().insert(asset, *amount);
            }
        }
        named
    }
}

/// The account beside which nobody earns or bears a closing term's charge: what is carried, recouped or drawn moves there.
fn kept_with(book: &Book, contract: usize, key: &Key) -> Option<&'static str> {
    let Of::Term { version, term } = key.of else { return None };
    match book.contracts[contract].versions[version].terms[term].kind {
        _ if key.part != Part::Charge => None,
        TermKind::Carry { .. } => Some("carried"),
        TermKind::Advance { .. } | TermKind::Prepaid { .. } | TermKind::Minimum { recoupable: true, .. } => {
            Some("advance")
        }
        _ => None,
    }
}

/// The purpose of a line; of a tax invoice that of the first term whose VAT stands on it.
fn purpose_of<'a>(book: &'a Book, contract: usize, key: &Key) -> &'a str {
    let versions = &book.contracts[contract].versions;
    if let Of::Term { version, term } = key.of {
        return &versions[version].terms[term].purpose;
    }
    let term = versions.iter().flat_map(|version| &version.terms).find(|term| {
        let document = term.vat.filter(|vat| vat.scope == VatScope::Document);
        document.is_some_and(|vat| {
            let own = key.document(&vat, book.operator);
            own.of == key.of && own.part == key.part
        })
    });
    &term.expect("a tax invoice stands for the VAT of a term").purpose
}
