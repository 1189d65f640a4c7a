//! The firmware programs, run in an emulator; their exit status comes out through semihosting.

use crate::process::Process;
use crate::step::{Note, Step};
use crate::thumb::{self, MACHINES, Machine};
use crate::tools::QEMU_ARM;
use crate::workspace;
use std::path::PathBuf;
use std::time::Duration;

/// The programs, each a binary of `firmware`.
const PROGRAMS: [&str; 1] = ["golden"];

/// The folder of their workspace.
const FIRMWARE: &str = "firmware";

/// Far more than any program takes: a core that has crashed sits in a loop for ever.
const DEADLINE: Duration = Duration::from_secs(120);

/// One step per program and machine, of all programs or of one.
pub(crate) fn steps(only: Option<&str>) -> Vec<Step> {
    let programs: Vec<String> = match only {
        Some(program) => vec![program.into()],
        None => PROGRAMS.map(String::from).into(),
    };
    let steps = programs
        .into_iter()
        .flat_map(|program| MACHINES.map(|machine| step(program.clone(), machine)));
    steps.collect()
}

fn step(program: String, machine: Machine) -> Step {
    let name = format!("emulate: {program} on {} ({})", machine.cpu, machine.board);
    Step::new(name, move |context| {
        let qemu = QEMU_ARM.find()?;
        let build = thumb::cargo("build", FIRMWARE, machine.target)?;
        build.args(["--bin", &program]).check(context)?;
        let qemu = Process::new(qemu).args(arguments(machine));
        let finished = qemu.arg(elf(&program, machine)).at_most(DEADLINE).finish(context)?;
        let output = finished.success()?;
        Ok(Note(output.lines().last().map(str::to_owned)))
    })
}

/// The emulator's arguments but for the program, which comes last.
fn arguments(machine: Machine) -> [&'static str; 8] {
    let semihosting = "enable=on,target=native";
    let Machine { cpu, board, .. } = machine;
    ["-cpu", cpu, "-machine", board, "-nographic", "-semihosting-config", semihosting, "-kernel"]
}

fn elf(program: &str, machine: Machine) -> PathBuf {
    let products = workspace::target_dir(FIRMWARE);
    products.join(machine.target).join("release").join(program)
}
