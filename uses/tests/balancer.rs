//! The balancer before real servers, in small sizes, and that it notices what is broken.

mod common;

use common::{holds, notices};

const BALANCER: &str = env!("CARGO_BIN_EXE_balancer");

#[test]
fn sessions_stay_and_prompts_hit() {
    holds(BALANCER);
}

#[test]
fn loads_that_are_not_counted_are_noticed() {
    notices(BALANCER, "no-cap", "within its cap");
}

#[test]
fn sessions_that_all_move_are_noticed() {
    notices(BALANCER, "moves-all", "web-2 fails its checks, its sessions move");
}

#[test]
fn a_ring_that_nobody_edits_is_noticed() {
    notices(BALANCER, "stale-ring", "web-9 got requests once it was there");
}

#[test]
fn prompts_that_are_told_apart_to_their_ends_are_noticed() {
    notices(BALANCER, "whole-prompts", "beginnings is read once");
}
