//! Statements as text, JSON and XLSX; CSV and hledger exports.
//!
//! Everything here writes into buffers that the caller gives; this crate does not know paths, files or clocks. Amounts
//! are printed digit by digit from integers. Columns and fields are documented in `docs/reference/outputs.md`.
//!
//! ```text
//! Names { book: &Book, word: &dyn Fn(Word) -> &str }           ids to texts, for all documents
//!   .statement_id(&Statement) -> String                         contract/party/period/asset; a line is <that>#<n>, n from 1
//!   .statement_path(&Statement) -> String                       the same, safe as a relative path: contract/party/period-asset
//!   .steps(&Statement, &StatementLine), .closing_steps(&Statement) -> Vec<Step>   the way to a line, to a payment
//! write_statements_json(&mut impl Write, impl IntoIterator<Item = &Statement>, &Names) -> io::Result<()>
//! statement_text(&Statement, &Names, Lang) -> String
//! statement_xlsx(&Statement, &Names, Lang) -> Result<Vec<u8>, XlsxFault>
//! Csv { Plain, Excel }                                          Excel: byte-order mark, foreign texts made harmless
//! EntriesCsv::new(Names, Csv); .header(&mut Vec<u8>);
//!   .write(&mut Vec<u8>, &Chart, first_entry: u64, &Entries, |Origin| (source, event id))
//! write_balances_csv(&mut Vec<u8>, &Chart, &Balances, &Names, Csv)
//! ExceptionRow { file, line, source, event, code, outside, column, value, detail }
//! exceptions_header(&mut Vec<u8>, Csv); exception_row(&mut Vec<u8>, &ExceptionRow, Csv)
//! BreakRow { id, reconciliation, class, amount, key, left, right, difference, nearest, detail }
//! breaks_header(&mut Vec<u8>, Csv); break_row(&mut Vec<u8>, &BreakRow, Csv)
//! HledgerJournal::new(Names); .header(&mut Vec<u8>);
//!   .write(&mut Vec<u8>, &Chart, first_entry, &Entries, |Origin| (source, event id))
//! Summary { book, as_of, events, accepted, …, elapsed, state_digest, flags: Vec<Flag> }.json() -> String
//! ```

mod amount;
mod breaks;
mod columns;
mod csv;
mod entries;
mod exceptions;
mod hledger;
mod lang;
mod names;
mod page;
mod preview;
mod sections;
mod statements;
mod steps;
mod summary;
mod text;
mod xlsx;

pub use breaks::{BreakPart, BreakRow, break_row, breaks_header, compared_amount};
pub use csv::Csv;
pub use entries::{EntriesCsv, origin_name, write_balances_csv};
pub use exceptions::{ExceptionRow, exception_row, exceptions_header};
pub use hledger::{HledgerJournal, hledger_account};
pub use lang::Lang;
pub use names::Names;
pub use statements::write_statements_json;
pub use steps::{Step, StepKind};
pub use summary::{Flag, ReconciliationCounts, Seal, Summary};
pub use text::statement_text;
pub use xlsx::{XlsxFault, statement_xlsx};
