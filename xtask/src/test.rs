//! What `cargo xtask test` runs, cheapest answers first.

use crate::step::Step;
use crate::{
    api, bare_metal, beside, big_endian, clippy, deny, disassembly, docs, examples, firmware,
    format, fuzz, golden, instructions, layers, layouts, lock, loom, minimal_versions, miri, msrv,
    narrow, no_panic, package, sanitize, spin, suites, unsafe_code, uses,
};

/// The steps of the whole test.
pub(crate) fn steps() -> Vec<Step> {
    [
        lock::steps(),
        format::steps(),
        clippy::steps(),
        unsafe_code::steps(),
        layers::steps(),
        golden::steps(),
        docs::steps(),
        suites::steps(),
        examples::steps(),
        beside::steps(),
        uses::tests(),
        narrow::steps(),
        layouts::steps(),
        big_endian::steps(),
        no_panic::steps(),
        bare_metal::steps(),
        firmware::steps(firmware::Table::Check),
        vec![loom::models_step(), loom::mutants_step(loom::Unweakened::RunBefore)],
        spin::steps(),
        sanitize::steps(),
        fuzz::steps(fuzz::SECONDS, &[], fuzz::Count::Show),
        minimal_versions::steps(),
        msrv::steps().into_iter().map(Step::where_possible).collect(),
        miri::brief_steps(),
        package::steps(),
        api::steps(api::Use::Check).into_iter().map(Step::where_possible).collect(),
        deny::steps(),
        disassembly::steps(),
        instructions::steps(instructions::Use::Check),
    ]
    .into_iter()
    .flatten()
    .collect()
}
