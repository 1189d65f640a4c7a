//! The programs on real servers, and the profiles beside the systems that they agree with.

use crate::process::Process;
use crate::step::{Context, Problem, Step};
use crate::suites;
use crate::tools::{MEMCACHED, NGINX, REDIS, Tool};
use crate::workspace::USES;

/// A program or a test of the package, with what has to be there for it.
struct Use {
    name: &'static str,
    tools: &'static [Tool],
}

/// The programs; each has a test of its name, which runs it in small sizes.
const PROGRAMS: [Use; 4] = [
    Use { name: "cache", tools: &[MEMCACHED] },
    Use { name: "balancer", tools: &[NGINX] },
    Use { name: "database", tools: &[REDIS] },
    Use { name: "queue", tools: &[REDIS] },
];

/// What is no program: the tests of the package's own code.
const LIBRARY: &str = "uses: staging";

/// The tests: of the staging, and of each program.
pub(crate) fn tests() -> Vec<Step> {
    let staging = Step::new(LIBRARY, |context| {
        suites::test(package("test").args(["--lib", "--bins"]), context)
    });
    let programs = PROGRAMS.into_iter().map(|Use { name, tools }| {
        Step::new(format!("uses: {name}"), move |context| {
            find(tools)?;
            suites::test(package("test").args(["--test", name]), context)
        })
    });
    [staging].into_iter().chain(programs).collect()
}

/// Runs the program of this name, or all of them, in small sizes or the whole ones.
pub(crate) fn programs(name: Option<&str>, full: bool) -> Vec<Step> {
    let chosen =
        PROGRAMS.into_iter().filter(|program| name.is_none_or(|name| program.name == name));
    let steps = chosen.map(|Use { name, tools }| {
        Step::new(format!("uses: {name}"), move |_| {
            find(tools)?;
            let run = package("run").args(["--release", "--quiet", "--bin", name, "--"]);
            // What it tells is what it is run for.
            run.args(full.then_some("--full")).check(Context { verbose: true })
        })
    });
    steps.collect()
}

/// The name of a program.
pub(crate) fn program(name: &str) -> Result<String, String> {
    let names = PROGRAMS.map(|program| program.name);
    if names.contains(&name) {
        Ok(name.into())
    } else {
        Err(format!("one of {}", names.join(", ")))
    }
}

fn package(verb: &str) -> Process {
    Process::cargo().args([verb, "--package", USES])
}

/// All of these are on this machine, or the first that is not.
fn find(tools: &[Tool]) -> Result<(), Problem> {
    tools.iter().try_for_each(|tool| tool.find().map(drop))
}
