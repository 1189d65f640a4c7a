//! The selections for pingora's load balancer: a workspace of its own, whose tree is large.

use crate::process::Process;
use crate::step::{Context, Outcome, Step};
use crate::suites;
use crate::tools::{CMAKE, NGINX, require_component};

/// One step: formatting, lints, and the tests, with a proxy before real backends.
pub(crate) fn steps() -> Vec<Step> {
    vec![Step::new("pingora", check)]
}

fn check(context: Context) -> Outcome {
    CMAKE.find()?;
    NGINX.find()?;
    require_component("fmt")?;
    cargo("fmt").arg("--check").check(context)?;
    require_component("clippy")?;
    cargo("clippy").args(["--all-targets", "--", "--deny", "warnings"]).check(context)?;
    suites::test(cargo("test"), context)
}

fn cargo(verb: &str) -> Process {
    Process::cargo_in("pingora").arg(verb)
}
