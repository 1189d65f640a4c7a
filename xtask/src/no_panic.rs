//! The lookup path cannot panic: a program of lookups whose panic handler refers to a symbol that
//! nobody defines links only where no panic can be reached.
//!
//! The same program with one lookup that can panic must not link: else the check proves nothing.

use crate::process::Process;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::thumb::{self, MACHINES};

/// The program's workspace.
const FOLDER: &str = "tests/no-panic";

/// The symbol that the program's panic handler refers to.
const SYMBOL: &str = "annulus_lookup_may_panic";

/// What to do when a panic can be reached: link all the same and look at who calls it.
const ADVICE: &str = "a lookup can panic. To see which, link with the symbol undefined and look \
    for calls of `core::panicking`:\n  cd tests/no-panic && \
    RUSTFLAGS='-g -Clink-arg=-Wl,--unresolved-symbols=ignore-all' cargo build --release && \
    objdump --disassemble --demangle --line-numbers target/release/no-panic";

/// A step for this machine, without the heap and with it, and one per bare-metal target: each
/// optimizer is another.
pub(crate) fn steps() -> Vec<Step> {
    let host = [("this machine", None), ("this machine, on the heap", Some("alloc"))];
    let host = host.map(|(name, feature)| {
        Step::new(format!("no panic: {name}"), move |context| {
            check(context, || Ok(cargo("build", feature)))?;
            run(context, feature)
        })
    });
    let targets = MACHINES.map(|machine| machine.target);
    let thumb = targets.map(|target| {
        Step::new(format!("no panic: {target}"), move |context| {
            check(context, || thumb::cargo("build", FOLDER, target))
        })
    });
    host.into_iter().chain(thumb).collect()
}

/// Cargo with this subcommand for the program, with this feature.
fn cargo(subcommand: &str, feature: Option<&str>) -> Process {
    let build = Process::cargo_in(FOLDER).args([subcommand, "--release"]);
    feature.into_iter().fold(build, |build, feature| build.args(["--features", feature]))
}

/// The program links; with the canary it does not.
fn check(context: Context, build: impl Fn() -> Result<Process, Problem>) -> Outcome {
    let lookups = build()?.finish(context)?;
    if lookups.output.contains(SYMBOL) {
        return Err(lookups.failure(ADVICE));
    }
    lookups.success()?;
    let canary = build()?.args(["--features", "canary"]).finish(context)?;
    if canary.succeeded() {
        return Err(canary.failure("a program that can panic was linked: the check is blind"));
    }
    if !canary.output.contains(SYMBOL) {
        return Err(canary.failure("a program that can panic failed to build for another reason"));
    }
    Ok(Note::default())
}

/// The program runs: what was linked are lookups, not a program that was optimized away.
fn run(context: Context, feature: Option<&str>) -> Outcome {
    cargo("run", feature).check(context)
}
