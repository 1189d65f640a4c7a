//! Fuzzes the rings that agree with those of other systems.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: annulus_fuzz::profiles::Input| {
    annulus_fuzz::profiles::check(&input)
});
