//! Fuzzes the decoding of serialized memberships.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| annulus_fuzz::decode::check(bytes));
