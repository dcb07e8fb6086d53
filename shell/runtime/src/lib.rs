//! The step machine of a book: takes batches and commands, decides, and says what to write, what to acknowledge and what
//! to refuse. It knows no threads, no clock and no disk: who drives it does.
