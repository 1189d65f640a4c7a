//! Fuzzes the edits and queries of one ring.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: annulus_fuzz::membership::Input| {
    annulus_fuzz::membership::check(&input)
});
