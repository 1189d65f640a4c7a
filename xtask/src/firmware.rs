//! The firmware: its programs run in an emulator, what their executables must not contain, and
//! what lookups, pins and updates cost.

mod budget;
mod code;
mod executable;
mod figures;
mod page;
mod record;

pub(crate) use budget::Table;

use crate::process::Process;
use crate::step::{Context, Note, Problem, Step};
use crate::thumb::{self, MACHINES, Machine};
use crate::tools::QEMU_ARM;
use crate::workspace;
use std::path::PathBuf;
use std::time::Duration;

/// The programs that say whether all is well, each a binary of the workspace, and the last two of
/// packages of their own.
const PROGRAMS: [&str; 7] =
    ["golden", "profiles", "rom", "gateway", "preempt", "embassy-tasks", "rtic-tasks"];

/// The folder of the workspace.
const FIRMWARE: &str = "firmware";

/// Far more than any program takes: a core that has crashed sits in a loop for ever.
const DEADLINE: Duration = Duration::from_secs(120);

/// One step per program and machine, for the executables, and for the costs.
pub(crate) fn steps(table: Table) -> Vec<Step> {
    let mut steps: Vec<Step> = PROGRAMS.into_iter().flat_map(program).collect();
    steps.extend(MACHINES.map(executable::step));
    steps.push(budget::step(table));
    steps
}

/// One step per machine for one program.
pub(crate) fn program(program: impl Into<String>) -> Vec<Step> {
    let program = program.into();
    let step = |machine: Machine| {
        let program = Program::new(&program, machine);
        Step::new(program.step(), move |context| {
            let output = program.run(context)?;
            Ok(Note(output.lines().last().map(str::to_owned)))
        })
    };
    MACHINES.map(step).into()
}

/// A binary of the firmware as it is built for a machine.
#[derive(Clone)]
struct Program {
    name: String,
    machine: Machine,
    profile: &'static str,
    features: &'static str,
}

impl Program {
    /// The program for speed, without features.
    fn new(name: &str, machine: Machine) -> Self {
        Self { name: name.into(), machine, profile: "release", features: "" }
    }

    fn step(&self) -> String {
        format!("firmware: {} on {} ({})", self.name, self.machine.cpu, self.machine.board)
    }

    /// The frameworks' programs have packages of their own, lest one's start-up code be the others'.
    fn package(&self) -> &'static str {
        match &*self.name {
            "embassy-tasks" => "firmware-embassy",
            "rtic-tasks" => "firmware-rtic",
            _ => "firmware",
        }
    }

    /// Builds it; says where it is.
    fn build(&self, context: Context) -> Result<PathBuf, Problem> {
        let Self { machine, profile, .. } = self;
        let build = thumb::cargo_profile("build", FIRMWARE, machine.target, profile)?;
        let build = build.args(["--package", self.package(), "--bin", &self.name]);
        build.args(["--features", self.features]).check(context)?;
        let products = workspace::target_dir(FIRMWARE).join(machine.target);
        Ok(products.join(profile).join(&self.name))
    }

    /// Builds and runs it; what it wrote, if its exit status was 0.
    fn run(&self, context: Context) -> Result<String, Problem> {
        let qemu = QEMU_ARM.find()?;
        let elf = self.build(context)?;
        let qemu = Process::new(qemu).args(arguments(self.machine));
        qemu.arg(elf).at_most(DEADLINE).finish(context)?.success()
    }
}

/// The emulator's arguments but for the program, which comes last.
fn arguments(machine: Machine) -> [&'static str; 10] {
    let semihosting = "enable=on,target=native";
    // Every instruction takes 2^7 ns, so that a run is the same on any machine.
    let clock = "shift=7,sleep=off";
    let Machine { cpu, board, .. } = machine;
    [
        "-cpu",
        cpu,
        "-machine",
        board,
        "-nographic",
        "-icount",
        clock,
        "-semihosting-config",
        semihosting,
        "-kernel",
    ]
}
