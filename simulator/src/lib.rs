//! Doubts: a naive second implementation, random books and streams for it, and the seeded workload.

pub mod compared;
pub mod coverage;
pub mod disk;
pub mod log;
pub mod model;
pub mod node;
pub mod random;
pub mod workload;
