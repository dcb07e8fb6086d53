//! Links of events, waiting, results and reports that replace each other, files that amend others: small books, decided
//! event by event, and folded beside.

mod chains;
mod explained;
mod files;
mod look_back;
mod orders;
mod random;
mod reports;
mod results;
mod waiting;
mod world;
