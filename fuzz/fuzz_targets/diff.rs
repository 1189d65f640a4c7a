//! Fuzzes two memberships.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: annulus_fuzz::diff::Input| annulus_fuzz::diff::check(&input));
