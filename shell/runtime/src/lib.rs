//! The step machine of a book: takes batches and commands, decides, and says what to write, what to acknowledge and what
//! to refuse. It knows no threads and no clock; who drives it does. The disk is touched only where a book is opened.

mod bucket;
mod clock;
mod facts;
mod frame;
mod history;
mod node;
mod open;
mod rebuild;
mod refold;
mod rounds;
mod verify;

pub use bucket::Bucket;
pub use clock::{ClockRefusal, START_STEP_MAX_MICROS, STEP_MAX_MICROS};
pub use facts::facts_of;
pub use frame::{Keeps, Raw, encode};
pub use history::History;
pub use node::{
    Batch, DEFINITION_BYTES_MAX, DEFINITIONS_BYTES_MAX, GENERATIONS_MAX, Generation, Input, Limits, Node, Output,
    Refusal, Ticket, Told,
};
pub use open::{Load, OpenFailure, Opened, Report, Scale, create, open, open_with};
pub use rebuild::{RebuildFailure, Rebuilt, rebuild};
pub use refold::{Folded, Refold};
pub use rounds::{ROUND_EVENTS, Rounds};
pub use verify::{Depth, Step, Verified, VerifyFailure, verify, verify_with};
