//! One event: its shape, its identity, its links; and batches of events in columns.
//!
//! A partner's row becomes an event in `intake`; here is what an event *is*. Batches hold their events column by
//! column, because deciding reads a few fields of many events and never all fields of one. This crate does not know
//! files, formats or contracts.

mod code;
mod columns;
mod schema;
mod word;

pub use code::{Code, Disposition, Stage};
pub use columns::{BATCH_ROWS_MAX, Columns, EVIDENCE_CHARS_MAX, FileId, Identity, Refusal, Texts, evidence};
pub use schema::{
    AdapterId, Inherited, KindId, KindRule, NumberField, Original, PARTIES_MAX, Party, PartyId, Revision, Schema,
    Source, SourceId, TaxType, Unknown,
};
pub use word::{Dictionary, WORDS_MAX, Word};
