//! A book's definition: everything that deciding needs to know besides its state, with every name resolved.

use crate::opening::Opening;
use calendar::{HolidayCalendar, Zone};
use close::WithholdingRule;
use contract::{Contract, Rates, TOUCHES_MAX};
use event::{Dictionary, KindId, KindRule, Party, PartyId, Schema, Source, SourceId, Word};
use money::Asset;

/// The numbered meaning of deciding. A release that would decide differently starts the next one.
pub const RULES_VERSION: u16 = 1;

/// One book's parties, sources, contracts and calendars.
#[derive(Clone, Debug)]
pub struct Book {
    /// Id.
    pub id: Box<str>,
    /// Name as documents print it.
    pub name: Box<str>,
    /// Whose ledger it is.
    pub operator: PartyId,
    /// Assets by [`money::AssetId`].
    pub assets: Vec<Asset>,
    /// The assets' names as words.
    pub asset_words: Vec<Word>,
    /// Parties by [`PartyId`].
    pub parties: Vec<Party>,
    /// The parties' ids as words, ascending by word.
    pub party_words: Vec<(Word, PartyId)>,
    /// Zones by [`calendar::ZoneId`].
    pub zones: Vec<Zone>,
    /// Holiday calendars by [`calendar::CalendarId`].
    pub calendars: Vec<HolidayCalendar>,
    /// Rules of withholding at payment.
    pub withholding: Vec<WithholdingRule>,
    /// What an older system leaves.
    pub opening: Option<Opening>,
    /// Rates of exchange by [`contract::RatesId`].
    pub rates: Vec<Rates>,
    /// Kinds by [`event::KindId`].
    pub kinds: Vec<Box<str>>,
    /// The kinds' names as words.
    pub kind_words: Vec<Word>,
    /// Schemas by [`event::AdapterId`].
    pub schemas: Vec<Schema>,
    /// Names of adapters by [`event::AdapterId`].
    pub adapters: Vec<Box<str>>,
    /// Sources by [`event::SourceId`].
    pub sources: Vec<Source>,
    /// Contracts by [`contract::ContractId`].
    pub contracts: Vec<Contract>,
    /// Purposes of revenue and cost accounts by [`ledger::Purpose`].
    pub purposes: Vec<Box<str>>,
    /// Words that the book itself names: the engine's dictionary begins with these.
    pub dictionary: Dictionary,
}

impl Book {
    /// The party with this id.
    #[must_use]
    pub fn party(&self, id: &str) -> Option<PartyId> {
        let position = self.parties.iter().position(|party| &*party.id == id)?;
        u32::try_from(position).ok().map(PartyId)
    }

    /// What a source declares about a kind; a kind that it does not declare links to nothing.
    #[inline]
    #[must_use]
    pub fn kind_rule(&self, source: SourceId, kind: KindId) -> KindRule {
        let rule = self.sources[source.0 as usize].kinds.get(kind.0 as usize).copied().flatten();
        rule.unwrap_or(KindRule::PLAIN)
    }

    /// The parties of a path.
    ///
    /// # Errors
    /// The first touch that is no party of the book, the only one of an empty path; or the whole of a path that is too long.
    pub fn touches_of<'path>(&self, path: &'path str, separator: &str) -> Result<Vec<PartyId>, &'path str> {
        let mut touches = Vec::new();
        for touch in path.split(separator).map(str::trim) {
            if touches.len() == TOUCHES_MAX {
                return Err(path);
            }
            let party = self.dictionary.find(touch).and_then(|word| self.party_of_word(word));
            touches.push(party.ok_or(touch)?);
        }
        Ok(touches)
    }

    /// The party whose id a word is.
    #[must_use]
    pub fn party_of_word(&self, word: Word) -> Option<PartyId> {
        self.party_words.binary_search_by_key(&word, |&(own, _)| own).ok().map(|at| self.party_words[at].1)
    }
}
