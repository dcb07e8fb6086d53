//! Both books in one: where they differ in contracts that rate the same events on the same days, one engine decides each
//! event once and rates it by the contracts of both.
//!
//! The book of both is the first book with the other's variants of contracts beside its own, under ids of their own. That
//! an event counts depends on claims, links, limits and files, which are the sources', and on what contracts say against
//! it: a day that is too old or blank, a party that is unknown or not active, no rate of exchange, no contract at all. A
//! variant that [finds alike](finds_alike) says the same of every event as the contract beside it, so all three books
//! accept the same events, one after the other. What is left are bounds: a sum or the words of a variant may be full where
//! the other's are not. A run in which an event meets one of these is given up and done by two engines
//! ([`Case::decide_within`](crate::memory::Case::decide_within)). Tallies, periods and statements are kept by contract, and
//! no contract here sees another's.

use crate::compare::tallies::{measures_of, texts};
use book::Loaded;
use calendar::Instant;
use contract::expression::WordRef;
use contract::{Contract, TermKind, Treatment};
use std::collections::{BTreeMap, BTreeSet};

/// A book with the contracts of two.
pub(crate) struct Both {
    pub(crate) loaded: Loaded,
    /// Id of each contract that differs, by the id of its variant in this book.
    pub(crate) variants: BTreeMap<String, String>,
}

/// Says what stands before the id of a variant.
const VARIANT: &str = "variant-of-";

/// Makes the book of both, where one run can stand for both. Both read files alike.
pub(crate) fn both(left: &Loaded, right: &Loaded) -> Option<Both> {
    let says_more = |changed: &book::Changed| changed.folder != "contracts" && !names_book(changed);
    if left.book.opening.is_some() || book::changes(&left.files, &right.files).iter().any(says_more) {
        return None;
    }
    let (ours, theirs) = (contract_files(left), contract_files(right));
    if !ours.iter().map(|file| &file.0).eq(theirs.iter().map(|file| &file.0))
        || theirs.len() != right.book.contracts.len()
    {
        return None;
    }
    let (mut files, mut variants) = (left.files.clone(), BTreeMap::new());
    for (position, (our, their)) in ours.iter().zip(&theirs).enumerate() {
        if our.1 != their.1 {
            let id = right.book.contracts[position].id.to_string();
            let variant = format!("{VARIANT}{id}");
            files.push((format!("{}.variant.toml", our.0), renamed(&their.1, &variant)?));
            variants.insert(variant, id);
        }
    }
    let loaded = book::load_files(files).ok()?;
    let both = Both { loaded, variants };
    both.are_sound(left, right).then_some(both)
}

/// Whether a change says only what a book is called.
fn names_book(changed: &book::Changed) -> bool {
    changed.folder.is_empty() && (changed.path == ["book", "id"] || changed.path == ["book", "name"])
}

/// Files of contracts, in order of their paths, which is the order of the contracts.
fn contract_files(loaded: &Loaded) -> Vec<&(String, Vec<u8>)> {
    loaded.files.iter().filter(|(path, _)| path.starts_with("contracts/")).collect()
}

/// A contract's file with another id; the book that is made of it shows whether the line was the right one.
fn renamed(bytes: &[u8], id: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (mut out, mut inside, mut done) = (String::with_capacity(text.len() + id.len()), false, false);
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let is_id = trimmed.strip_prefix("id").is_some_and(|rest| rest.trim_start().starts_with('='));
        if inside && !done && is_id {
            out.push_str(&format!("id = \"{id}\"\n"));
            done = true;
        } else {
            out.push_str(line);
        }
        inside |= trimmed == "[contract]";
    }
    done.then(|| out.into_bytes())
}

impl Both {
    /// Whether the book is what it was to be, and every variant finds what the contract beside it finds.
    fn are_sound(&self, left: &Loaded, right: &Loaded) -> bool {
        let book = &self.loaded.book;
        let find = |id: &str| book.contracts.iter().find(|contract| &*contract.id == id);
        let pairs_find_alike = self.variants.iter().all(|(variant, id)| match (find(id), find(variant)) {
            (Some(own), Some(variant)) => finds_alike(own, variant),
            _ => false,
        });
        pairs_find_alike
            && book.contracts.len() == left.book.contracts.len() + self.variants.len()
            && right.book.contracts.iter().all(|contract| find(&contract.id).is_some())
            && !book.contracts.iter().any(pools)
    }
}

/// Whether a contract sees what others charge.
fn pools(contract: &Contract) -> bool {
    let mut terms = contract.versions.iter().flat_map(|version| &version.terms);
    terms.any(|term| matches!(&term.kind, TermKind::Minimum { pool, .. } if !pool.is_empty()))
}

/// Whether two contracts of one book rate the same events on the same days, and hold the same ones back.
fn finds_alike(one: &Contract, two: &Contract) -> bool {
    let converts = |contract: &Contract| contract.conversion.map(|own| (own.rates, own.to));
    one.sources == two.sources
        && texts(&one.selects) == texts(&two.selects)
        && one.basis == two.basis
        && one.zone == two.zone
        && one.cut_off_s == two.cut_off_s
        && one.lag_days == two.lag_days
        && one.cycle == two.cycle
        && one.ends_on == two.ends_on
        && one.look_back_months == two.look_back_months
        && converts(one) == converts(two)
        && parties_of(one) == parties_of(two)
        && cover_alike(one, two)
        && ((is_plain(one) && is_plain(two)) || measures_of(one) == measures_of(two))
}

/// Where a contract looks for parties: fields, and fields that are paths with what stands between their touches.
fn parties_of(contract: &Contract) -> BTreeSet<(&[WordRef], &str)> {
    let fields = contract.dimensions.iter().filter(|dimension| dimension.party).map(|dimension| (&*dimension.refs, ""));
    let paths = contract.paths().map(|(by, separator)| (&*contract.dimensions[usize::from(by)].refs, separator));
    fields.chain(paths).collect()
}

/// Whether a day, at whatever moment it is asked for, has a version in one contract where it has one in the other.
fn cover_alike(one: &Contract, two: &Contract) -> bool {
    let covers = |contract: &Contract| -> Vec<_> {
        contract.versions.iter().map(|version| (version.valid_from, version.known_from)).collect()
    };
    let (one, two) = (covers(one), covers(two));
    let known_always = |versions: &[(_, Instant)]| versions.iter().all(|version| version.1 <= Instant::BEGINNING);
    let begin_alike = one.first().map(|version| version.0) == two.first().map(|version| version.0);
    one == two || (known_always(&one) && known_always(&two) && begin_alike)
}

/// Whether an event that takes another back enters its own day's tally, and so cannot be too old by its original's.
fn is_plain(contract: &Contract) -> bool {
    contract.measures.iter().all(|measure| measure.treatment == Treatment::PLAIN)
}
