//! The task queue, as it is and broken.

mod common;

use common::{holds, notices};

const QUEUE: &str = env!("CARGO_BIN_EXE_queue");

#[test]
fn the_story_holds() {
    holds(QUEUE);
}

#[test]
fn a_task_that_is_acknowledged_before_it_runs_is_lost() {
    notices(QUEUE, "ack-first", "none is lost");
}

#[test]
fn a_shard_that_goes_while_a_task_of_it_runs_has_two_run_at_once() {
    notices(QUEUE, "no-handover", "no task started while another of its entity ran");
}

#[test]
fn tasks_that_are_put_at_the_end_lose_their_order() {
    notices(QUEUE, "requeue", "out of order");
}

#[test]
fn a_worker_that_is_not_fenced_off_writes_out_of_order() {
    notices(QUEUE, "no-fence", "out of order");
}

#[test]
fn a_worker_of_one_thread_is_held_up_by_one_task() {
    notices(QUEUE, "one-thread", "others of its shard are done");
}
