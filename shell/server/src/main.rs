//! `jeongsan`: see `jeongsan help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let stdout = &mut std::io::stdout().lock();
    let stderr = &mut std::io::stderr();
    ExitCode::from(server::run(std::env::args_os(), stdout, stderr))
}
