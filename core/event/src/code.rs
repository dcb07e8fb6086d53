//! Why an event or record is not counted: one enum in order of precedence, one documentation page each
//! (`docs/reference/codes/<name>.md`).

/// The three stages of verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Shape, fields, scale, time, declared checks.
    Format,
    /// Party and contract in force, limits, links.
    Rules,
    /// What was there before: duplicates, conflicts, files, originals.
    History,
}

/// What happens to an event with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disposition {
    /// It can be no event as it stands: correct it and send it again.
    Rejected,
    /// It is kept back with its evidence until somebody or something resolves it.
    Held,
    /// It is there already, with the same content.
    Duplicate,
    /// Its id is there already, with other content.
    Conflict,
    /// It is a person's command and no event: it was not carried out.
    Refused,
}

macro_rules! codes {
    ($($variant:ident, $name:literal, $stage:ident, $disposition:ident, $meaning:literal;)*) => {
        /// Why an event or record is not counted. The order is the order of precedence: of several reasons the first is given.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// All codes in order of precedence.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name as it stands in `exceptions.csv` and as the name of its documentation page.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The stage of verification that finds it.
            #[must_use]
            pub const fn stage(self) -> Stage {
                match self { $(Self::$variant => Stage::$stage,)* }
            }

            /// What happens to the event.
            #[must_use]
            pub const fn disposition(self) -> Disposition {
                match self { $(Self::$variant => Disposition::$disposition,)* }
            }

            /// One sentence that says what it means.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

codes! {
    LineTooLong, "line_too_long", Format, Rejected, "The line or record is longer than 1 MiB.";
    FileTruncated, "file_truncated", Format, Rejected, "The file ends in the middle of a record or of its compression.";
    EncodingInvalid, "encoding_invalid", Format, Rejected, "The bytes are not text in the encoding that the adapter declares.";
    RowMalformed, "row_malformed", Format, Rejected, "The row does not have the shape of its format.";
    FieldMissing, "field_missing", Format, Rejected, "A field that the adapter needs is absent or blank.";
    SourceUnknown, "source_unknown", Format, Rejected, "The routing column names no source of the adapter.";
    KindUnknown, "kind_unknown", Format, Rejected, "The kind is none that the source declares.";
    CurrencyUnknown, "currency_unknown", Format, Rejected, "The asset is none of the book's assets.";
    ValueInvalid, "value_invalid", Format, Rejected, "The value cannot be read as its field's type.";
    ScaleExceeded, "scale_exceeded", Format, Rejected, "The number has more digits behind the point than its asset or field has.";
    AmountTooLarge, "amount_too_large", Format, Rejected, "The amount reaches 10^18 units, or a sum or charge with it passes the bound of exact arithmetic.";
    TimeNever, "time_never", Format, Rejected, "The local time does not exist: the clocks were put forward over it.";
    TimeOutOfRange, "time_out_of_range", Format, Rejected, "The time lies outside the years 1970 to 2200, or more than a day after the event was received.";
    WordsFull, "words_full", Format, Rejected, "The book knows as many different words as it can hold.";
    CheckFailed, "check_failed", Format, Held, "A check that the source declares does not hold; the difference stands beside it.";
    PartyUnknown, "party_unknown", Rules, Held, "A field names a party that the book does not know.";
    PartyInactive, "party_inactive", Rules, Held, "The party is not active on the event's commercial day.";
    ContractNone, "contract_none", Rules, Held, "No contract in force rates the event.";
    LimitExceeded, "limit_exceeded", Rules, Held, "An amount is beyond the limit that the source declares.";
    RateMissing, "rate_missing", Rules, Held, "No rate of exchange is known by which the contract could convert the amount.";
    CommandRefused, "command_refused", Rules, Refused, "A person's command cannot be carried out as it stands; the reason stands beside it.";
    OriginalMissing, "original_missing", Rules, Held, "The kind must name an original and the event names none.";
    FileSlotTaken, "file_slot_taken", History, Held, "Another file was taken for the same source and date; say whether this one replaces or supplements it.";
    TooOld, "too_old", History, Held, "The event belongs to a period further back than its contract looks.";
    OriginalReversed, "original_reversed", History, Held, "The original that the event names has been taken back.";
    ReversedAlready, "reversed_already", History, Held, "The original has been taken back by another event before.";
    OriginalExpired, "original_expired", History, Held, "The original has not come within the time that the source states.";
    Voided, "voided", History, Held, "The event was taken back before it came: it counts nowhere.";
    OriginalUnknown, "original_unknown", History, Held, "The original that the event names has not been accepted; the event waits for it.";
    WaitingFull, "waiting_full", History, Held, "More events wait for their originals than the book can hold; send the event again later.";
    EngineBug, "engine_bug", History, Held, "Deciding the batch has stopped the book twice: a bug of this program.";
    Duplicate, "duplicate", History, Duplicate, "The same event was accepted before.";
    Conflict, "conflict", History, Conflict, "An event with this id but other content was accepted before.";
}

impl Stage {
    /// `format`, `rules` or `history`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Rules => "rules",
            Self::History => "history",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_in_order_of_their_stages() {
        for pair in Code::ALL.windows(2) {
            assert!(pair[0] < pair[1] && pair[0].stage() <= pair[1].stage(), "{pair:?}");
        }
    }
}
