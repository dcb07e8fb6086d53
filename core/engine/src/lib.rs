//! Decides: verification in three stages, rating, posting, closing; and folds decisions.
//!
//! [`Engine::decide`] takes a batch in columns and answers with [`Decisions`]; [`State::fold`] applies decisions and
//! decides nothing. Both lead to the same state. No input, output, clock or randomness is known here: time and ids come
//! with the batches.

mod amend;
mod batch;
mod book;
mod carried;
mod combinations;
mod command;
mod cut;
mod decide;
mod decisions;
mod identities;
mod linked;
mod links;
mod look_back;
mod opening;
mod plan;
mod rate;
mod redefine;
mod spread;
mod state;
mod statements;
mod tick;
mod verify;
mod watch;

pub use amend::{Amendment, AmendmentRefusal};
pub use book::{Book, RULES_VERSION};
pub use command::{Action, COMMANDS_MAX, Command, OfPeriod};
pub use decide::{BOOK_LANE, EXPECTED_EVENTS_MAX, Engine, SlotVerdict};
pub use decisions::{
    Change, Claim, Counts, Days, Decisions, Exception, NewCell, NewGroup, NewPeriod, OriginDay, OriginDays, Outcome,
    Parked, Released, Resized, TallyDelta, Withdrawn,
};
pub use identities::{needs, needs_of_command};
pub use links::{
    AMENDMENTS_MAX, AmendedRows, Amends, Contribution, EARLIER_MAX, FoundBy, KnownFile, LinkChange, Mark, Part,
    REPLACEABLE_MAX,
};
pub use opening::{Opening, OpeningBalance, OpeningCarried};
pub use spread::{Place, Spread};
pub use state::{Cell, ContractParts, ContractState, Facts, Fixed, LinkParts, State, StateParts, Sums, WAITING_MAX};
pub use watch::{OUTLIER_EVENTS_MIN, OUTLIER_FACTOR, Remark, Remarked, Watch};
