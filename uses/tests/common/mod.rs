//! A program run as a person would run it.

use std::process::Command;

/// Runs a program in its small sizes: all that it claims holds.
#[track_caller]
pub(crate) fn holds(program: &str) {
    let (code, output) = run(program, &[]);
    assert_eq!(code, Some(0), "{output}");
    println!("{output}");
}

/// Runs a program with something broken on purpose: it notices, by a claim that has this in it.
#[track_caller]
pub(crate) fn notices(program: &str, sabotage: &str, claim: &str) {
    let (code, output) = run(program, &["--sabotage", sabotage]);
    assert_eq!(code, Some(1), "{output}");
    let wrong = output.lines().filter(|line| line.starts_with("WRONG"));
    assert!(wrong.into_iter().any(|line| line.contains(claim)), "{output}");
}

fn run(program: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(program).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}
