//! A small book that was closed in peace, and what becomes of it when something happens to its bytes.

mod book;
mod damaged;
mod flips;
mod golden;
mod promises;
