//! The contract of the source `bulk`: event-scope charges so large that a posting may not fit, and a sum that no tally
//! holds. What fits is drawn at most once, so that no balance reaches the bound by adding up.

use super::agreement::plain_share;
use super::agreement::{Drafting, frame};
use super::house::{BULK, rate};
use super::seeded::Seeded;
use crate::coverage::Coverage;
use calendar::{Date, Instant};
use contract::{Base, Contract, Issuer, Role, Scope, Term, Tier, Treatment, Vat, VatScope, Version};
use engine::Book;
use event::{PartyId, SourceId};
use money::Rounding;

/// The contract; it rates every event of `bulk`.
pub(super) fn bulk(book: &mut Book, base: Date, random: &mut Seeded, coverage: &mut Coverage) -> Contract {
    let mut contract = frame("bulk".into(), vec![SourceId(BULK)], base, random, coverage);
    contract.ends_on = None;
    let adapter = book.sources[usize::from(BULK)].adapter;
    let schemas = vec![&book.schemas[usize::from(adapter.0)]];
    let mut drafting = Drafting::new(random, coverage, schemas, &mut book.dictionary, contract);
    let of = drafting.define("fare", "fare", None, true, Treatment::PLAIN);
    // A product that passes what a tally may hold long before it passes 128 bits.
    drafting.define("square", "fare * fare", Some("count = 7"), true, Treatment::PLAIN);
    let vat = Vat {
        rate: rate("10%"),
        scope: VatScope::Event,
        inclusive: false,
        rounding: Rounding::HalfUp,
        issuer: Issuer::Creditor,
    };
    let term = Term {
        number: 0,
        id: "whole".into(),
        kind: plain_share(of, vec![Tier { up_to: None, rate: rate("100%") }], Base::Gross),
        debtor: Role::Party(PartyId(2)),
        creditor: Role::Party(PartyId(1)),
        purpose: "bulk".into(),
        dimensions: Vec::new(),
        scope: Scope::Event,
        rounding: Rounding::HalfUp,
        vat: Some(vat),
    };
    let mut contract = drafting.contract;
    let valid_from = base.plus_days(-60);
    contract.versions.push(Version { valid_from, known_from: Instant::BEGINNING, terms: vec![term] });
    contract
}
