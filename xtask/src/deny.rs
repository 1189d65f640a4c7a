//! Dependencies: licences, sources, bans, and known advisories where their database can be had.

use crate::process::Process;
use crate::step::{Context, Note, Step};
use crate::tools::CARGO_DENY;
use crate::workspace;
use std::path::Path;
use std::sync::OnceLock;

/// One step per workspace.
pub(crate) fn steps() -> Vec<Step> {
    workspace::all().map(step).collect()
}

fn step(folder: &'static str) -> Step {
    let name = workspace::name(folder);
    Step::new(format!("deny: {name}"), move |context| {
        let deny = CARGO_DENY.find()?;
        let manifest = format!("{folder}/Cargo.toml");
        let check = Process::new(&deny).args(["--workspace", "--all-features"]);
        let check = check.args(["--manifest-path", &manifest, "--config", "deny.toml", "check"]);
        let check = check.args(["bans", "licenses", "sources"]);
        if has_advisories(&deny) {
            return check.arg("advisories").check(context);
        }
        check.check(context)?;
        Ok(Note(Some("without advisories: their database cannot be fetched from here".into())))
    })
}

/// Whether the database of advisories could be fetched; asked once.
fn has_advisories(deny: &Path) -> bool {
    static FETCHED: OnceLock<bool> = OnceLock::new();
    *FETCHED.get_or_init(|| {
        let fetch = Process::new(deny).args(["fetch", "db"]);
        let fetched = fetch.finish(Context { verbose: false });
        fetched.is_ok_and(|fetched| fetched.succeeded())
    })
}
