//! Fuzzes the parser of node files and lists.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| annulus_fuzz::nodes_file::check(bytes));
