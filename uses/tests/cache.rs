//! The cache on many servers, in small sizes.

mod common;

use common::{holds, notices};

const CACHE: &str = env!("CARGO_BIN_EXE_cache");

#[test]
fn it_holds() {
    holds(CACHE);
}

#[test]
fn clients_that_go_on_with_the_old_list() {
    notices(CACHE, "stale-ring", "right after: 1000 answers are those of the key's server");
}

#[test]
fn a_key_that_is_lost() {
    notices(CACHE, "lost-key", "before it each key is a hit");
}

#[test]
fn a_client_with_other_names() {
    notices(CACHE, "other-names", "at first: 1000 answers are those of the key's server");
}
