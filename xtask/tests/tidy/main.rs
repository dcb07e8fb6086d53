//! The rules of the house, as tests: each names what breaks it by file and line, and each is tried on a bad example.
//!
//! One file per group of rules. `tree` lists the files, `tokens` cuts Rust source into words, so that no rule is fooled
//! by a comment or a string.

mod clippy_canary;
mod codes;
mod floats;
mod forbidden;
mod functions;
mod layers;
mod manifests;
mod names;
mod owners;
mod paths;
mod promises;
mod tokens;
mod tree;
