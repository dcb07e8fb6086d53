//! The program as a new user would misuse it: what it says, how it exits, and that it leaves nothing behind.

mod bench;
mod books;
mod compare;
mod diff;
mod everywhere;
mod explaining;
mod folders;
mod guide;
mod new;
mod node;
mod reconciling;
mod refusals;
mod rows;
mod shadow;
