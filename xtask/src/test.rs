//! What `cargo xtask test` runs, cheapest answers first.

use crate::step::Step;
use crate::{
    bare_metal, clippy, deny, disassembly, docs, emulate, format, instructions, lock, loom,
    no_panic, package, sanitize, suites,
};

/// The steps of the whole test.
pub(crate) fn steps() -> Vec<Step> {
    [
        lock::steps(),
        format::steps(),
        clippy::steps(),
        docs::steps(),
        suites::steps(),
        no_panic::steps(),
        bare_metal::steps(),
        emulate::steps(None),
        vec![loom::models_step(), loom::mutants_step()],
        sanitize::steps(),
        package::steps(),
        deny::steps(),
        disassembly::steps(),
        instructions::steps(instructions::Use::Check),
    ]
    .into_iter()
    .flatten()
    .collect()
}
