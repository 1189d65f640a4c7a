//! The database, in its small sizes, whole and broken.

mod common;

use common::{holds, notices};

const PROGRAM: &str = env!("CARGO_BIN_EXE_database");

#[test]
fn every_key_is_read_through_failures_and_moves() {
    holds(PROGRAM);
}

#[test]
fn a_range_that_is_not_copied_is_noticed() {
    notices(PROGRAM, "lost-key", "those in the ranges were sent");
}

#[test]
fn an_older_value_over_a_newer_one_is_noticed() {
    notices(PROGRAM, "overwrite", "nor has an older value than was acknowledged");
}

#[test]
fn a_client_with_an_old_ring_that_is_served_is_noticed() {
    notices(PROGRAM, "stale-ring", "who knows the old ring alone");
}
