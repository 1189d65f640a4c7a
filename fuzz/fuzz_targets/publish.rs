//! Fuzzes a writer and readers in any order.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: annulus_fuzz::publish::Input| annulus_fuzz::publish::check(
    &input
));
