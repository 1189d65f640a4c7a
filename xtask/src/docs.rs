//! Documentation that builds without a warning, so that no link in it is dead.

use crate::clippy::others;
use crate::features::{COMBINATIONS, Features};
use crate::process::Process;
use crate::step::{Context, Outcome, Step};
use crate::{tools, workspace};

/// One step for the other packages, then one per combination of features: the command has the
/// library's name, so the last to be built is the one that stays on disk. Beside them what docs.rs would show.
pub(crate) fn steps() -> Vec<Step> {
    let others = Step::new("docs: other packages", |context| {
        let doc = others(Process::cargo().arg("doc"));
        build(doc.arg("--document-private-items"), context)
    });
    let library = COMBINATIONS.into_iter().map(library);
    let published = Step::new("docs: as docs.rs builds them", |context| {
        let doc = Features::All.select(tools::nightly()?.arg("doc")).arg("--no-deps");
        doc.env("RUSTDOCFLAGS", "--cfg docsrs --deny warnings")
            .env("CARGO_TARGET_DIR", workspace::target_dir(".").join("docs-rs"))
            .check(context)
    });
    std::iter::once(others).chain(library).chain([published]).collect()
}

fn library(features: Features) -> Step {
    Step::new(format!("docs: {}", features.name()), move |context| {
        build(features.select(Process::cargo().arg("doc")), context)
    })
}

fn build(doc: Process, context: Context) -> Outcome {
    let doc = doc.arg("--no-deps");
    doc.env("RUSTDOCFLAGS", "--deny warnings").check(context)
}
