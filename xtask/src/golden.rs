//! The golden files of the placement are what the independent script would write.

use crate::process::Process;
use crate::step::{Context, Outcome, Problem, Step};
use crate::tools::{find_all, missing};
use std::path::PathBuf;

const SCRIPT: &str = "tests/golden/golden.py";

/// One step.
pub(crate) fn steps() -> Vec<Step> {
    vec![Step::new("golden files", check)]
}

fn check(context: Context) -> Outcome {
    Process::new(python(context)?).args([SCRIPT, "--check"]).check(context)
}

/// The first Python of the path that has the hash: there may be others before the system's own.
fn python(context: Context) -> Result<PathBuf, Problem> {
    for python in find_all("python3") {
        if Process::new(&python).args(["-c", "import xxhash"]).finish(context)?.succeeded() {
            return Ok(python);
        }
    }
    Err(missing("Python with xxhash", "apt-get install python3-xxhash, or pip install xxhash"))
}
