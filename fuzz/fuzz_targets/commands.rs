//! Files of commands: a line is a command, read or refused with a reason; carried out beside events they never panic,
//! entries balance, a node that only folds agrees, and the same commands again change nothing.

#![no_main]

use book::{Loaded, load_files};
use engine::{Action, Command};
use fuzz::books::{CONTRACT, completed};
use fuzz::events::check_commands;
use libfuzzer_sys::fuzz_target;
use server::commands_of;
use std::sync::LazyLock;

/// A contract whose periods are issued by hand, beside one that issues at the cut and converts.
const CONTRACTS: [(&str, &str); 2] = [
    (CONTRACT, include_str!("../book/commands/by-hand.toml")),
    ("contracts/converted.toml", include_str!("../book/commands/converted.toml")),
];

static LOADED: LazyLock<Loaded> = LazyLock::new(|| {
    let files = CONTRACTS.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
    load_files(completed(files.into())).expect("the book of this target is sound")
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(commands) = commands_of(text, &LOADED) else { panic!("a small file has few lines") };
    let lines: Vec<(u64, &str)> = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()).collect();
    assert_eq!(commands.len(), lines.len(), "a line is a command");
    for (command, (line, text)) in commands.iter().zip(&lines) {
        assert_eq!(command.line, *line);
        check_meaning(command);
        let same = lines.iter().zip(&commands).filter(|((_, other), _)| other.trim() == text.trim());
        assert!(same.into_iter().all(|(_, other)| other.identity == command.identity), "bytes are the identity");
    }
    check_commands(&LOADED, &commands, include_bytes!("../book/events.jsonl"));
});

/// What was read has a person, a moment and a meaning; what was not has a reason.
fn check_meaning(command: &Command) {
    assert_ne!(command.identity.0, 0);
    if let Action::Unreadable { reason } = &command.action {
        assert!(!reason.trim().is_empty());
        return;
    }
    assert!(!command.by.trim().is_empty());
    match &command.action {
        Action::Adjust { contract, adjustment, .. } => {
            assert!(usize::from(*contract) < CONTRACTS.len() && adjustment.amount != 0);
            assert_ne!(adjustment.debtor, adjustment.creditor);
        }
        Action::Close(of) | Action::Issue(of) | Action::Seal(of) | Action::Admit { of, .. } => {
            let contract = &LOADED.book.contracts[usize::from(of.contract)];
            assert_eq!(contract.cycle.period_of(of.first_on).first, of.first_on, "a period begins there");
        }
        Action::Fix { rate, .. } => assert!(rate.mantissa > 0),
        Action::Amend { file, reason, .. } => assert!(!file.trim().is_empty() && !reason.trim().is_empty()),
        Action::Unreadable { .. } => unreachable!("returned above"),
    }
}
