//! The simulated disk: it keeps the contract of a disk, and breaks every promise that a crash or a fault may break.

mod contract;
mod crashes;
mod faults;
