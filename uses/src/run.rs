//! [`run`]: a program from its start to its exit status.

use std::process::{ExitCode, exit};
use std::thread;
use std::time::{Duration, Instant};

use crate::checks::Checks;

/// Something that the program claims did not hold.
const WRONG: u8 = 1;

/// The program could not be run: a server is missing, say.
const NOT_RUN: u8 = 2;

/// Runs a program, for at most this long: its exit status is 0 if all that it claims held, 1 if something did not,
/// and 2 if it could not be run to its end.
pub fn run(at_most: Duration, story: impl FnOnce(&mut Checks) -> anyhow::Result<()>) -> ExitCode {
    // Its servers end with it: the kernel sees to that.
    thread::spawn(move || {
        thread::sleep(at_most);
        eprintln!("not done after {} s", at_most.as_secs());
        exit(NOT_RUN.into());
    });
    let started = Instant::now();
    let mut checks = Checks::default();
    let ended = story(&mut checks);
    let (held, broken) = (checks.held(), checks.broken());
    println!("\n{held} claims held, {broken} did not; {:.1} s", started.elapsed().as_secs_f64());
    match ended {
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(NOT_RUN)
        }
        Ok(()) if broken > 0 => ExitCode::from(WRONG),
        // A story that claims nothing has shown nothing.
        Ok(()) if held == 0 => {
            eprintln!("nothing was checked");
            ExitCode::from(NOT_RUN)
        }
        Ok(()) => ExitCode::SUCCESS,
    }
}
