//! Checks and builds of the workspace, each a command: `cargo xtask --help`.
//!
//! A subject is a file with a function that lists its steps. To add one: write the file, give it a
//! [`Command`] here, and name it in `test.rs` if it belongs to `cargo xtask test`.

mod bare_metal;
mod clippy;
mod deny;
mod disassembly;
mod docs;
mod emulate;
mod features;
mod format;
mod instructions;
mod lock;
mod loom;
mod no_panic;
mod package;
mod process;
mod ratios;
mod sanitize;
mod step;
mod suites;
mod test;
mod thumb;
mod tools;
mod version;
mod workspace;

use clap::{Parser, Subcommand};
use instructions::Use;
use std::error::Error;
use std::process::ExitCode;

/// What a check of many parts comes to; the error says what failed.
type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// Checks and builds of the workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Fail where a tool is missing, instead of skipping the step.
    #[arg(long, global = true)]
    strict: bool,
    /// Show the output of every command, not only of those that fail.
    #[arg(long, short, global = true)]
    verbose: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Everything below, in this order; not `ratios`, whose figures need a machine at rest.
    Test,
    /// Lock files that fit their manifests.
    Lock,
    /// Formatting of every crate.
    Fmt,
    /// Lints, over the useful combinations of features.
    Clippy,
    /// Documentation builds without a warning.
    Docs,
    /// Unit, model, golden, doc and command tests.
    Suites,
    /// The lookup path has no way to panic.
    NoPanic,
    /// The library builds for cores without an operating system.
    BareMetal,
    /// The firmware programs give the right answers in an emulator.
    Emulate {
        /// Run this program alone.
        program: Option<String>,
    },
    /// The models of publication.
    Loom {
        /// Weaken the code in every listed way instead, which the models must notice.
        #[arg(long)]
        mutants: bool,
    },
    /// The concurrent tests under ThreadSanitizer and AddressSanitizer.
    Sanitize,
    /// The library can be packaged.
    Package,
    /// Licences, sources, bans and, where their database can be had, advisories of dependencies.
    Deny,
    /// Pin, lookup and unpin as machine code: without loops, calls and locked instructions.
    Disassembly,
    /// The instructions of lookups, pins and edits, beside those that were saved.
    Instructions {
        /// Fail if a count has grown by more than 3 %.
        #[arg(long)]
        check: bool,
        /// Save the counts instead, for later checks.
        #[arg(long, conflicts_with = "check")]
        save: bool,
    },
    /// The library's times beside its peers', in one process.
    Ratios {
        /// What goes to the program that measures: see `cargo xtask ratios --help`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let steps = match cli.command {
        Command::Test => test::steps(),
        Command::Lock => lock::steps(),
        Command::Fmt => format::steps(),
        Command::Clippy => clippy::steps(),
        Command::Docs => docs::steps(),
        Command::Suites => suites::steps(),
        Command::NoPanic => no_panic::steps(),
        Command::BareMetal => bare_metal::steps(),
        Command::Emulate { program } => emulate::steps(program.as_deref()),
        Command::Loom { mutants: false } => vec![loom::models_step()],
        Command::Loom { mutants: true } => vec![loom::mutants_step()],
        Command::Sanitize => sanitize::steps(),
        Command::Package => package::steps(),
        Command::Deny => deny::steps(),
        Command::Disassembly => disassembly::steps(),
        Command::Instructions { check, save } => instructions::steps(match (check, save) {
            (true, _) => Use::Check,
            (_, true) => Use::Save,
            _ => Use::Show,
        }),
        Command::Ratios { args } => ratios::steps(args),
    };
    step::run_all(&steps, cli.strict, cli.verbose)
}
