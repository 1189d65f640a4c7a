//! The profiles beside the systems that they agree with: live ones, which the tests start.

use crate::process::Process;
use crate::step::{Context, Outcome, Step};
use crate::suites;
use crate::tools::{HAPROXY, MEMCACHED, NGINX, NUTCRACKER, Tool, python_with};
use crate::workspace::USES;

/// A step for each system.
pub(crate) fn steps() -> Vec<Step> {
    vec![
        system("nginx", &[NGINX]),
        system("haproxy", &[HAPROXY, NGINX]),
        system("twemproxy", &[NUTCRACKER, MEMCACHED]),
        Step::new(name("libmemcached"), |context| {
            MEMCACHED.find()?;
            python_with(context, "pylibmc", "python3-pylibmc")?;
            test("libmemcached", context)
        }),
    ]
}

fn system(system: &'static str, tools: &'static [Tool]) -> Step {
    Step::new(name(system), move |context| {
        tools.iter().try_for_each(|tool| tool.find().map(drop))?;
        test(system, context)
    })
}

fn name(system: &str) -> String {
    format!("beside: {system}")
}

/// The tests of this system, each of which is in the file of its name.
fn test(system: &str, context: Context) -> Outcome {
    let cargo = Process::cargo().args(["test", "--package", USES, "--test", "beside", "--"]);
    suites::test(cargo.arg(format!("{system}::")), context)
}
