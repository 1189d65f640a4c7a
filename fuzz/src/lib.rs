//! What each fuzz target does with an input: the programs in `fuzz_targets` hand theirs to these, and
//! `tests/corpus.rs` hands over what the fuzzer has found before.
//!
//! A target whose input is a list of operations prints a failing one (`cargo fuzz fmt`) as a program
//! that reproduces the failure.

pub mod decode;
pub mod diff;
pub mod keys;
pub mod membership;
pub mod nodes_file;
pub mod profiles;
pub mod publish;

mod circle;
#[path = "../../tests/common/mod.rs"]
mod common;
// The command's modules, under the names that they know each other by.
#[allow(dead_code)]
#[path = "../../cli/src/error.rs"]
mod error;
#[allow(dead_code)]
#[path = "../../cli/src/nodes.rs"]
mod nodes;
#[allow(dead_code)]
#[path = "../../cli/src/peers.rs"]
mod peers;

use arbitrary::{Arbitrary, Unstructured};

/// A target's name, and how it takes the bytes of an input.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 7] = [
    ("membership", |bytes| structured(bytes, membership::check)),
    ("publish", |bytes| structured(bytes, publish::check)),
    ("diff", |bytes| structured(bytes, diff::check)),
    ("decode", decode::check),
    ("nodes_file", nodes_file::check),
    ("keys", |bytes| structured(bytes, keys::check)),
    ("profiles", |bytes| structured(bytes, profiles::check)),
];

/// Makes the input of the bytes as libFuzzer's harness does; too few bytes make none.
fn structured<'a, I: Arbitrary<'a>>(bytes: &'a [u8], check: fn(&I)) {
    if let Ok(input) = I::arbitrary_take_rest(Unstructured::new(bytes)) {
        check(&input);
    }
}
