//! Commands that are killed, or told of errors, at their system calls: what was acknowledged is there once afterwards.
//!
//! A run without faults counts the calls that each command makes, by call and by file. Then the command runs again and
//! again, and at one of these calls it is killed, or the call fails (`strace` does both). After each fault the command is
//! run again to its end, the books are verified as deep as can be, and they have to be those of a run without faults. The
//! real program is tried on scenarios; a node with pieces as small as they can be, so that segments, runs and snapshots
//! follow each other, on the workload of the simulator.
//!
//! Which of many calls are chosen follows from `FAULTS_SEED`; with `FAULTS=all` up to 64 of each kind with every error
//! are tried. `FAULTS_PROGRAM` names another build of the program.

#![allow(clippy::print_stdout, reason = "what is printed is read by the test that started the process, or by people")]

mod beside;
mod books;
mod program;
mod small;
mod strace;
mod trials;

use program::{CLOSE, INGEST, LOAD};

#[test]
fn nothing_is_lost_by_the_program() {
    if !strace::is_missing() {
        program::try_all("game-wallet", &[(LOAD, 1), (INGEST, 1), (CLOSE, 1)]);
    }
}

#[test]
fn commands_among_the_events_are_carried_out_once() {
    if !strace::is_missing() {
        program::try_all("soft-close", &[(INGEST, 1)]);
    }
}

#[test]
fn a_file_that_replaces_another_does_so_once_and_whole() {
    if !strace::is_missing() {
        program::try_all("files-amended", &[(INGEST, 1)]);
    }
}

#[test]
fn nothing_is_lost_between_segments_runs_and_snapshots() {
    if !strace::is_missing() {
        small::try_all();
    }
}

#[test]
fn the_disk_of_one_book_is_its_own() {
    if !strace::is_missing() {
        beside::try_all(1);
    }
}

/// No test of its own: the process that the one before kills.
#[test]
fn child() {
    if let Some(folder) = std::env::var_os(small::FOLDER) {
        small::run(folder.as_ref());
    }
}
