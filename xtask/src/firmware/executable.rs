//! What the firmware's executables must not contain.
//!
//! A ring in flash lies in read-only data and nowhere else; no program has an allocator; and nothing
//! that a reader runs can panic, masks interrupts, or calls a helper for want of an instruction.

use super::Program;
use super::code::Code;
use crate::step::{Context, Note, Problem, Step};
use crate::thumb::Machine;
use object::read::elf::{ElfFile32, ProgramHeader as _};
use object::{Object, ObjectSection, ObjectSymbol};
use std::fs;

/// What an allocator's functions are called.
const ALLOCATOR: [&str; 4] = ["__rust_alloc", "__rust_realloc", "__rust_dealloc", "malloc"];

/// What a reader must not call: panics, and what stands in for instructions that a core lacks.
const FORBIDDEN: [&str; 5] = ["panic", "__sync", "__atomic", "__aeabi_", "critical_section"];

/// The ring in flash, a part of its symbol's name.
const RING: &str = "3rom4RING";

/// The function of a reader.
const READER: &str = "9footprint4read";

/// The step for one machine.
pub(super) fn step(machine: Machine) -> Step {
    Step::new(format!("firmware: executables for {}", machine.cpu), move |context| {
        let ring = ring_in_flash(&load(&Program::new("rom", machine), context)?)?;
        let footprint = Program { features: "batch", ..Program::new("footprint", machine) };
        let footprint = load(&footprint, context)?;
        no_allocator(&footprint)?;
        no_allocator(&load(&Program::new("gateway", machine), context)?)?;
        let reader = reader(&footprint)?;
        Ok(Note(Some(format!("{ring}; {reader}"))))
    })
}

fn load(program: &Program, context: Context) -> Result<Vec<u8>, Problem> {
    let path = program.build(context)?;
    fs::read(&path).map_err(|error| Problem::Failed(format!("{}: {error}", path.display())))
}

fn parse(bytes: &[u8]) -> Result<ElfFile32<'_>, Problem> {
    ElfFile32::parse(bytes).map_err(|error| Problem::Failed(error.to_string()))
}

/// The ring lies in read-only data, where no start-up code writes, and in no section that has RAM.
fn ring_in_flash(bytes: &[u8]) -> Result<String, Problem> {
    let elf = parse(bytes)?;
    let rings: Vec<_> = elf
        .symbols()
        .filter(|symbol| symbol.name().is_ok_and(|name| name.contains(RING)))
        .collect();
    let [ring] = rings[..] else {
        return Err(Problem::Failed(format!("{} symbols for one ring", rings.len())));
    };
    let section = ring.section_index().and_then(|index| elf.section_by_index(index).ok());
    let section = section.as_ref().and_then(|section| section.name().ok()).unwrap_or("no section");
    if section != ".rodata" {
        return Err(Problem::Failed(format!("the ring lies in {section}")));
    }
    let size = |name| elf.section_by_name(name).map_or(0, |section| section.size());
    let ram = size(".data") + size(".bss");
    if ram >= ring.size() {
        return Err(Problem::Failed(format!("{ram} bytes of RAM could hold the ring")));
    }
    // What start-up code copies is loaded to another address than it lies at.
    let endian = elf.endian();
    let copied = |header: &&object::elf::ProgramHeader32<_>| {
        header.p_vaddr(endian) != header.p_paddr(endian) && header.p_filesz(endian) != 0
    };
    let copied: u32 =
        elf.elf_program_headers().iter().filter(copied).map(|h| h.p_filesz(endian)).sum();
    if u64::from(copied) >= ring.size() {
        return Err(Problem::Failed(format!("start-up code copies {copied} bytes")));
    }
    Ok(format!("ring of {} bytes in .rodata, {ram} bytes of RAM", ring.size()))
}

fn no_allocator(bytes: &[u8]) -> Result<(), Problem> {
    let elf = parse(bytes)?;
    let allocates = |name: &&str| ALLOCATOR.iter().any(|part| name.contains(part));
    match elf.symbols().filter_map(|symbol| symbol.name().ok()).find(allocates) {
        Some(name) => Err(Problem::Failed(format!("an allocator: {name}"))),
        None => Ok(()),
    }
}

/// All that a reader can run, to the last call.
fn reader(bytes: &[u8]) -> Result<String, Problem> {
    let code = Code::new(parse(bytes)?);
    let reached = code.reached_from(READER).map_err(Problem::Failed)?;
    let bad = |name: &&String| FORBIDDEN.iter().any(|part| name.contains(part));
    if let Some(name) = reached.functions.iter().find(bad) {
        return Err(Problem::Failed(format!("a reader can call {name}")));
    }
    if let Some(what) = reached.findings.first() {
        return Err(Problem::Failed(format!("a reader can run {what}")));
    }
    let functions = reached.functions.len();
    Ok(format!("a reader runs {} bytes of {functions} functions", reached.bytes))
}
