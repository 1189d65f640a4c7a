//! Checks and builds of the workspace, each a command.

mod loom;
mod sanitize;

use std::{env, error::Error, process::ExitCode};

/// What a check comes to; the error says what failed.
type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["loom"] => loom::models(),
        ["loom", "--mutants"] => loom::mutants(),
        ["sanitize", "thread"] => sanitize::thread(),
        ["sanitize", "address"] => sanitize::address(),
        _ => Err("usage: cargo xtask loom [--mutants] | sanitize thread | sanitize address".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
