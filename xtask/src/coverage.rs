//! How many lines of the library its tests run, by `cargo llvm-cov`.
//!
//! Not a part of `cargo xtask test`: it takes minutes and says where to look, not what is right.
//!
//! What it leaves out, on a 64-bit machine:
//!
//! - what only microcontrollers run (`target::CODE_MUST_BE_SMALL` and its like in `src/ring`, `SingleCore` in
//!   `src/publish/fencing.rs`): `cargo xtask big-endian` and `cargo xtask firmware` run it;
//! - what the compiler's evaluator runs: constructors of statics (`src/publish/slot.rs`, `src/publish/sync`)
//!   and tables (`src/hash/xxh3_compact.rs`);
//! - `clone` of types that are `Copy`, and a few arms that return nothing for what cannot be.

use std::env;

use crate::step::{Context, Note, Outcome, Step};
use crate::tools::{CARGO_LLVM_COV, llvm};

use crate::process::Process;

/// The least part of the lines, in percent.
const LEAST: u32 = 95;

/// One step, which shows the table of files; `cargo llvm-cov report --text` then shows each line.
pub(crate) fn steps() -> Vec<Step> {
    vec![Step::new("coverage", coverage)]
}

fn coverage(context: Context) -> Outcome {
    CARGO_LLVM_COV.find()?;
    let mut cargo = Process::cargo()
        .args(["llvm-cov", "--package", "annulus", "--all-features"])
        .args(["--fail-under-lines", &LEAST.to_string()])
        // Files of tests.
        .args(["--ignore-filename-regex", r"src/ring/lookup/(comparisons|scans)\.rs"])
        .env("RUSTFLAGS", "--cfg annulus_brief");
    // The toolchain's own are no part of every installation.
    for (name, program) in [("LLVM_COV", "llvm-cov"), ("LLVM_PROFDATA", "llvm-profdata")] {
        if let (None, Some(path)) = (env::var_os(name), llvm(program)) {
            cargo = cargo.env(name, path);
        }
    }
    let output = cargo.finish(context)?.success()?;
    let table = output.find("Filename").map_or("", |start| &output[start..]);
    if !context.verbose {
        print!("\n{table}");
    }
    Ok(Note(total(table).map(|lines| format!("{lines} of the lines"))))
}

/// The part of all lines, from the last row of the table: its third percentage, after regions and
/// functions.
fn total(table: &str) -> Option<&str> {
    let row = table.lines().find(|line| line.starts_with("TOTAL"))?;
    row.split_whitespace().filter(|cell| cell.ends_with('%')).nth(2)
}

#[cfg(test)]
mod tests {
    use super::total;

    #[test]
    fn lines_are_the_third_percentage() {
        let table = "Filename Regions Cover\na.rs 1 0 100.00% 1 0 100.00% 4 1 75.00% 0 0 -\n\
            TOTAL  9 1 88.88%  7 0 100.00%  40 2  95.00%  0  0  -\n";
        assert_eq!(total(table), Some("95.00%"));
        assert_eq!(total(""), None);
    }
}
