//! Checks and builds of the workspace, each a command: `cargo xtask --help`.
//!
//! A subject is a file with a function that lists its steps. To add one: write the file, give it a
//! [`Command`] here, and name it in `test.rs` if it belongs to `cargo xtask test`.

mod api;
mod bare_metal;
mod beside;
mod big_endian;
mod clippy;
mod coverage;
mod cross;
mod deny;
mod disassembly;
mod docs;
mod environment;
mod examples;
mod features;
mod firmware;
mod format;
mod fuzz;
mod golden;
mod instructions;
#[cfg(test)]
mod keyed;
mod layers;
mod layouts;
mod listing;
mod lock;
mod loom;
mod minimal_versions;
mod miri;
mod msrv;
mod mutants;
mod narrow;
mod no_panic;
mod package;
mod pingora;
mod process;
#[cfg(test)]
mod promises;
mod ratios;
mod sanitize;
mod spin;
mod step;
mod stress;
mod suites;
mod test;
mod test_files;
mod thumb;
mod tools;
mod unsafe_code;
mod uses;
mod version;
mod workspace;

use clap::{Parser, Subcommand};
use firmware::Table;
use instructions::Use;
use std::process::ExitCode;

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
    /// All checks that a change must pass: everything below but `stress`, `coverage`, `mutants`, `pingora` and
    /// most of `miri`, which take their time, `ratios`, whose figures need a machine at rest, and `originals`.
    Test,
    /// Lock files that fit their manifests.
    Lock,
    /// Formatting of every crate.
    Fmt,
    /// Lints, over the useful combinations of features.
    Clippy,
    /// The golden files of the placement are what an independent script would write.
    Golden,
    /// Documentation builds without a warning, and every public item has an example in it.
    Docs,
    /// Unit, model, golden, doc and command tests.
    Suites,
    /// The library's examples run, and what they assert is true.
    Examples,
    /// The profiles beside live systems that they agree with.
    Beside,
    /// The programs on real servers: each tells its story, and checks it.
    Uses {
        /// Run this program alone.
        #[arg(value_parser = uses::program)]
        name: Option<String>,
        /// In the whole sizes, which take minutes.
        #[arg(long)]
        full: bool,
    },
    /// The selections for pingora's load balancer, and a proxy that has them.
    Pingora,
    /// The tests of the published packages on an emulated big-endian machine.
    BigEndian,
    /// The tests of publication with epochs that wrap.
    Narrow,
    /// The tests of lookups with points in another layout.
    Layouts,
    /// The lookup path has no way to panic.
    NoPanic,
    /// The published packages build for cores without an operating system.
    BareMetal,
    /// The firmware: its programs in an emulator, its executables, what lookups cost.
    Firmware {
        /// Run this program alone.
        program: Option<String>,
        /// Compare the costs with those recorded in `firmware/costs` for this compiler.
        #[arg(long, conflicts_with = "program")]
        check: bool,
        /// Record the costs for this compiler, and write the table of `firmware/README.md` anew.
        #[arg(long, conflicts_with_all = ["program", "check"])]
        write: bool,
    },
    /// The models of publication.
    Loom {
        /// Weaken the code in every listed way instead, which the models must notice.
        #[arg(long)]
        mutants: bool,
    },
    /// The model of publication in Promela, and mutants that it must find.
    Spin,
    /// The concurrent tests under ThreadSanitizer, those that come to unsafe code under AddressSanitizer.
    Sanitize,
    /// The fuzz targets, each for a while.
    Fuzz {
        /// How long each target runs.
        #[arg(long, default_value_t = fuzz::SECONDS)]
        seconds: u32,
        /// Add the executions to `fuzz/runs.tsv`, for runs of ten minutes or more.
        #[arg(long)]
        record: bool,
        /// Run these targets alone.
        #[arg(value_parser = fuzz::target)]
        targets: Vec<String>,
    },
    /// The lines of the library that its tests run.
    Coverage,
    /// The tests under Miri, and a race of threads over 32 seeds.
    Miri {
        /// The race alone.
        #[arg(long)]
        race: bool,
    },
    /// The tests of the published packages with the oldest compiler that their manifests allow.
    Msrv,
    /// Mutation testing of the library, publication apart.
    Mutants {
        /// Try the mutants of these files alone.
        files: Vec<String>,
        /// Try a part of the mutants alone: k/n, from 0/n on.
        #[arg(long)]
        shard: Option<String>,
    },
    /// The tests of the published packages with the lowest versions that their manifests allow.
    MinimalVersions,
    /// The published packages can be packaged.
    Package,
    /// The public API of the library is what `api/annulus.txt` lists.
    Api {
        /// Write the list anew.
        #[arg(long)]
        write: bool,
    },
    /// Licences, sources, bans and, where their database can be had, advisories of dependencies.
    Deny,
    /// The table of all `unsafe` fits the source.
    UnsafeCode,
    /// No file of the library imports from a higher layer of `xtask/layers.toml`, or in a circle.
    Layers,
    /// Pin, lookup and unpin as machine code: without loops, calls and barriers.
    Disassembly,
    /// The stress test of publication at length.
    Stress(stress::Goal),
    /// The instructions of lookups, pins and edits, beside those that were saved.
    Instructions {
        /// Fail if a count has grown by more than 3 % under the same compiler, or is past its limit.
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
    /// The times of rings of other systems beside the originals, in turns.
    Originals {
        /// What goes to the program that measures: see `cargo xtask originals --help`.
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
        Command::Golden => golden::steps(),
        Command::Docs => docs::steps(),
        Command::Suites => suites::steps(),
        Command::Examples => examples::steps(),
        Command::Beside => beside::steps(),
        Command::Uses { name, full } => uses::programs(name.as_deref(), full),
        Command::Pingora => pingora::steps(),
        Command::BigEndian => big_endian::steps(),
        Command::Narrow => narrow::steps(),
        Command::Layouts => layouts::steps(),
        Command::NoPanic => no_panic::steps(),
        Command::BareMetal => bare_metal::steps(),
        Command::Firmware { program: Some(program), .. } => firmware::program(program),
        Command::Firmware { write: true, .. } => firmware::steps(Table::Write),
        Command::Firmware { check: true, .. } => firmware::steps(Table::Check),
        Command::Firmware { .. } => firmware::steps(Table::Show),
        Command::Loom { mutants: false } => vec![loom::models_step()],
        Command::Loom { mutants: true } => vec![loom::mutants_step(loom::Unweakened::Run)],
        Command::Spin => spin::steps(),
        Command::Sanitize => sanitize::steps(),
        Command::Fuzz { seconds, record, targets } => {
            let count = if record { fuzz::Count::Record } else { fuzz::Count::Show };
            fuzz::steps(seconds, &targets, count)
        }
        Command::Coverage => coverage::steps(),
        Command::Miri { race: true } => miri::race_steps(),
        Command::Miri { race: false } => miri::steps(),
        Command::Msrv => msrv::steps(),
        Command::Mutants { files, shard } => mutants::steps(files, shard),
        Command::MinimalVersions => minimal_versions::steps(),
        Command::Package => package::steps(),
        Command::Api { write: true } => api::steps(api::Use::Write),
        Command::Api { write: false } => api::steps(api::Use::Check),
        Command::Deny => deny::steps(),
        Command::UnsafeCode => unsafe_code::steps(),
        Command::Layers => layers::steps(),
        Command::Disassembly => disassembly::steps(),
        Command::Stress(goal) => stress::steps(goal),
        Command::Instructions { check, save } => instructions::steps(match (check, save) {
            (true, _) => Use::Check,
            (_, true) => Use::Save,
            _ => Use::Show,
        }),
        Command::Ratios { args } => ratios::steps(args),
        Command::Originals { args } => ratios::steps_of_originals(args),
    };
    step::run_all(&steps, cli.strict, cli.verbose)
}
