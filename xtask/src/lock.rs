//! Lock files that fit their manifests: those of the workspaces apart go stale unseen when the
//! library gets another dependency. The main one is up to date, or cargo would not run this.

use crate::process::Process;
use crate::step::{Note, Step};
use crate::workspace;

/// One step per workspace apart.
pub(crate) fn steps() -> Vec<Step> {
    workspace::APART.map(step).into()
}

fn step(folder: &'static str) -> Step {
    Step::new(format!("lock: {folder}"), move |context| {
        // Any command that resolves would do: this one builds nothing.
        let tree = Process::cargo_in(folder);
        let tree = tree.args(["tree", "--locked", "--depth", "0"]).finish(context)?;
        if !tree.succeeded() {
            return Err(tree.failure(&format!("try: cd {folder} && cargo update --workspace")));
        }
        Ok(Note::default())
    })
}
