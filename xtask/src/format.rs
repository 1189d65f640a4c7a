//! Formatting, of the workspace and of those apart from it.

use crate::process::Process;
use crate::step::Step;
use crate::tools::require_component;
use crate::workspace;

/// One step per workspace.
pub(crate) fn steps() -> Vec<Step> {
    workspace::all().map(step).collect()
}

fn step(folder: &'static str) -> Step {
    let name = workspace::name(folder);
    Step::new(format!("fmt: {name}"), move |context| {
        require_component("fmt")?;
        let fmt = Process::cargo_in(folder);
        fmt.args(["fmt", "--all", "--check"]).check(context)
    })
}
