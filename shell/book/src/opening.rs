//! `opening.toml`: what an older system leaves when this one takes over.
//!
//! `[[carried]]` names a term and what it carries; `[[statement]]` an issued statement that is not paid yet; `[[balance]]`
//! any other account of a party. Amounts are seen as the contract sees them: a carried measure below zero stands with its
//! sign, a statement is positive where the operator owes the party.

use crate::assets::Assets;
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::nearest::known;
use crate::parties::Parties;
use crate::section::{Field, Section};
use contract::{CarriedAs, CarryKey, Contract, Role, Term, TermKind};
use engine::{Opening, OpeningBalance, OpeningCarried};
use event::{Dictionary, PartyId, Word};
use ledger::Account;
use money::AssetId;

/// What the sections refer to.
pub(crate) struct Around<'a> {
    pub(crate) contracts: &'a [Contract],
    pub(crate) parties: &'a Parties,
    pub(crate) assets: &'a Assets,
    pub(crate) dictionary: &'a mut Dictionary,
}

/// The opening that the file states.
pub(crate) fn read(mut file: Section<'_>, around: &mut Around<'_>, findings: &mut Findings) -> Option<Opening> {
    let on = file.required("on").and_then(|field| field.date(findings));
    let mut sections = |key| file.optional(key).map(|field| field.sections(findings)).unwrap_or_default();
    let (carried, statements, balances) = (sections("carried"), sections("statement"), sections("balance"));
    file.finish(findings);
    let mut opening = Opening { on: on?, carried: Vec::new(), balances: Vec::new() };
    for section in carried {
        opening.carried.extend(self::carried(section, around, findings));
    }
    for section in statements {
        opening.balances.extend(statement(section, around, findings));
    }
    for section in balances {
        opening.balances.extend(balance(section, around, findings));
    }
    Some(opening)
}

fn carried(mut section: Section<'_>, around: &mut Around<'_>, findings: &mut Findings) -> Option<OpeningCarried> {
    let place = section.place;
    let number = contract(&mut section, around, findings);
    let term_field = section.required("term");
    let whats = CarriedAs::ALL.map(|what| (what.name(), what));
    let what = section.required("what").and_then(|field| field.choice(&whats, findings));
    let asset = asset(&mut section, around, findings);
    let amount = section.required("amount").and_then(|field| field.decimal(findings));
    let dimensions = section.optional("dimensions");
    let sides = ["debtor", "creditor"].map(|key| section.optional(key));
    section.finish(findings);
    let contract = &around.contracts[usize::from(number?)];
    let (term_field, what) = (term_field?, what?);
    let name = term_field.text(findings)?;
    let terms = || contract.versions.iter().flat_map(|version| &version.terms);
    let Some(term) = terms().find(|term| &*term.id == name) else {
        let known = known(name, contract.term_ids.iter().map(|id| &**id));
        term_field.fault(FaultKind::TermUnknown { name: name.into(), known }, findings);
        return None;
    };
    if !carries(term, what) {
        let fitting = CarriedAs::ALL.into_iter().filter(|what| carries(term, *what)).map(CarriedAs::name);
        let known = fitting.collect::<Vec<_>>().join(", ").into();
        term_field.fault(FaultKind::ValueUnknown { value: name.into(), known }, findings);
        return None;
    }
    let (mut words, mut pair) = (Vec::new(), None);
    if term.closes().is_none() {
        words = words_of(contract, term, (dimensions, place), around.dictionary, findings)?;
    } else {
        let [debtor, creditor] = sides;
        let debtor = side(term.debtor, debtor, around, findings);
        let creditor = side(term.creditor, creditor, around, findings);
        pair = Some((debtor?, creditor?));
    }
    let key = CarryKey { term: term.number, what, words: words.into(), pair };
    Some(OpeningCarried { contract: number?, asset: asset?, key, amount: amount? })
}

/// Whether a term carries such an amount.
fn carries(term: &Term, what: CarriedAs) -> bool {
    match (&term.kind, what) {
        (TermKind::Share { carries, .. }, CarriedAs::Measure) => *carries,
        (TermKind::Share { tiers, .. }, CarriedAs::Filled) => tiers.len() > 1,
        (TermKind::Carry { .. }, CarriedAs::Charge)
        | (TermKind::Minimum { .. }, CarriedAs::Earned)
        | (TermKind::Minimum { recoupable: true, .. } | TermKind::Advance { .. }, CarriedAs::Unrecouped)
        | (TermKind::Prepaid { .. }, CarriedAs::Prepaid) => true,
        _ => false,
    }
}

/// The words that keep the term's lines apart, in the order of its dimensions.
fn words_of(
    contract: &Contract,
    term: &Term,
    (dimensions, section_place): (Option<Field<'_>>, Place),
    dictionary: &mut Dictionary,
    findings: &mut Findings,
) -> Option<Vec<Word>> {
    let place = dimensions.as_ref().map_or(section_place, Field::place);
    let written = dimensions.map(|field| field.named(findings)).unwrap_or_default();
    let mut words = Vec::new();
    for position in term.kept_apart_by() {
        let name = &contract.dimensions[usize::from(position)].name;
        let Some((_, word)) = written.iter().find(|(entry, _)| entry.key == **name) else {
            findings.fault(place, "carried.dimensions", FaultKind::KeyMissing { key: name.clone() });
            return None;
        };
        words.push(dictionary.intern(word.filled_text(findings)?));
    }
    Some(words)
}

/// The party on one side of a closing term: the contract's own, or the one that is named here.
fn side(role: Role, field: Option<Field<'_>>, around: &Around<'_>, findings: &mut Findings) -> Option<PartyId> {
    match role {
        Role::Party(party) => Some(party),
        Role::Dimension(_) => around.parties.resolve(&field?, findings),
    }
}

fn statement(mut section: Section<'_>, around: &Around<'_>, findings: &mut Findings) -> Option<OpeningBalance> {
    let number = contract(&mut section, around, findings);
    let party = section.required("party").and_then(|field| around.parties.resolve(&field, findings));
    let asset = asset(&mut section, around, findings);
    let total = section.required("total");
    let document = section.required("document").and_then(|field| field.filled_text(findings));
    section.finish(findings);
    let (asset, party) = (asset?, party?);
    let total = total?.signed_amount(around.assets.asset(asset).digits, findings)?;
    let account = if total >= 0 { Account::Payable(party, asset) } else { Account::Receivable(party, asset) };
    // What is owed to the party is a credit.
    Some(OpeningBalance { contract: number?, party, account, amount: -total, document: document?.into() })
}

fn balance(mut section: Section<'_>, around: &Around<'_>, findings: &mut Findings) -> Option<OpeningBalance> {
    type Make = fn(PartyId, AssetId) -> Account;
    const ACCOUNTS: [(&str, Make); 5] = [
        ("accrued", Account::Accrued),
        ("payable", Account::Payable),
        ("receivable", Account::Receivable),
        ("carried", Account::Carried),
        ("advance", Account::Advance),
    ];
    let number = contract(&mut section, around, findings);
    let party = section.required("party").and_then(|field| around.parties.resolve(&field, findings));
    let account = section.required("account").and_then(|field| field.choice(&ACCOUNTS, findings));
    let asset = asset(&mut section, around, findings);
    let debit = section.required("debit");
    let document = section.required("document").and_then(|field| field.filled_text(findings));
    section.finish(findings);
    let (asset, party) = (asset?, party?);
    let amount = debit?.signed_amount(around.assets.asset(asset).digits, findings)?;
    Some(OpeningBalance {
        contract: number?,
        party,
        account: account?(party, asset),
        amount,
        document: document?.into(),
    })
}

fn contract(section: &mut Section<'_>, around: &Around<'_>, findings: &mut Findings) -> Option<u16> {
    let field = section.required("contract")?;
    let name = field.text(findings)?;
    let found = around.contracts.iter().position(|contract| &*contract.id == name);
    if found.is_none() {
        let known = known(name, around.contracts.iter().map(|contract| &*contract.id));
        field.fault(FaultKind::ContractUnknown { name: name.into(), known }, findings);
    }
    u16::try_from(found?).ok()
}

/// The asset that is named, or the book's only one.
fn asset(section: &mut Section<'_>, around: &Around<'_>, findings: &mut Findings) -> Option<AssetId> {
    match section.optional("asset") {
        Some(field) => around.assets.resolve(&field, findings),
        None if around.assets.list.len() == 1 => Some(AssetId(0)),
        None => {
            section.required("asset");
            None
        }
    }
}
