//! Fuzzes how keys are read.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: annulus_fuzz::keys::Input| annulus_fuzz::keys::check(&input));
