//! The library beside its peers: everything takes its turn in one process, and what counts is the
//! ratio of the times within a round.

mod builds;
mod data;
mod keys;
mod page;
mod pins;
mod plot;
mod rows;
mod search;
mod threads;
mod zones;

use annulus_bench::rounds::Rounds;
use annulus_bench::workload::SIZES;
use clap::Parser;
use data::Data;
use rows::Section;
use std::error::Error;
use std::process::ExitCode;

/// Measures the library beside its peers.
#[derive(Parser)]
struct Args {
    /// Fail if a ratio is not what is required of it.
    #[arg(long)]
    check: bool,
    /// Keep what was measured: the data, the tables of the page, the plots.
    #[arg(long, conflicts_with = "only")]
    save: bool,
    /// Measure nothing: make the tables of the page and the plots from the data that is kept.
    #[arg(long, conflicts_with_all = ["save", "check", "only"])]
    plot: bool,
    /// Measure this section alone.
    #[arg(long, value_enum)]
    only: Option<Section>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args = Args::parse();
    if args.plot {
        page::draw(&Data::load()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut data = Data::of_this_machine();
    let sections = args.only.map_or(rows::SECTIONS.to_vec(), |only| vec![only]);
    for &section in &sections {
        measure(section, &mut data);
        print!("{}", page::text(section, &data));
    }
    if args.save {
        data.save()?;
        // As they are read again: the file has fewer digits.
        page::draw(&Data::load()?)?;
    }
    let missed: Vec<String> = rows::missed(&data, &sections).collect();
    for row in &missed {
        println!("missed: {row}");
    }
    let failed = args.check && !missed.is_empty();
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Takes the times of a section for every membership.
fn measure(section: Section, data: &mut Data) {
    if section == Section::Pins {
        // Nothing depends on the membership.
        data.add(pins::SIZE, section, &pins::measure());
        return;
    }
    for size in SIZES {
        let mut rounds = Rounds::default();
        match section {
            Section::Keys => keys::measure(size, &mut rounds),
            Section::Search => search::measure(size, &mut rounds),
            Section::Zones => zones::measure(size, &mut rounds),
            Section::Builds => builds::measure(size, &mut rounds),
            Section::Memory => data.add_memory(size),
            Section::Threads => threads::measure(size, &mut rounds),
            Section::Pins => {}
        }
        data.add(size, section, &rounds);
    }
}
