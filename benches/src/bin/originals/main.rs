//! Rings of other systems beside the originals: the same servers, the same keys, in turns.

mod child;
mod ours;
mod pingora;
mod turn;

use annulus_bench::page::{folder, machine, replace};
use annulus_bench::rounds::{Rounds, Spread};
use annulus_profiles::{libmemcached, pingora as profile, uhashring};
use child::Program;
use clap::{Parser, ValueEnum};
use ours::Ours;
use pingora::Pingora;
use pingora_ketama::Version;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::time::Duration;
use turn::{Contender, Task, Work};

/// Measures rings of other systems beside the originals.
#[derive(Parser)]
struct Args {
    /// Rewrite the table of the page, which needs all originals.
    #[arg(long, conflicts_with = "only")]
    save: bool,
    /// Measure this original alone.
    #[arg(long, value_enum)]
    only: Option<Origin>,
}

/// Where an original comes from.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Origin {
    Pingora,
    Libmemcached,
    Uhashring,
}

/// An original, with what is measured of it.
#[derive(Clone, Copy)]
enum System {
    PingoraV1,
    PingoraV2,
    Libmemcached,
    LibmemcachedWeighted,
    Uhashring,
    UhashringKetama,
}

const SYSTEMS: [System; 6] = [
    System::PingoraV1,
    System::PingoraV2,
    System::Libmemcached,
    System::LibmemcachedWeighted,
    System::Uhashring,
    System::UhashringKetama,
];

/// How many servers there are.
const SERVERS: [u32; 3] = [10, 100, 1_000];

/// How often everything takes its turn.
const ROUNDS: usize = 31;

/// How often rings are built anew at least, and how long at most where that is more often.
const BUILDS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(5);

/// The points of a server of pingora's second version.
const POINTS: u32 = 160;

/// What the rounds call us and the original.
const OUR_LOOKUP: &str = "our lookup";
const OUR_BUILD: &str = "our rebuild";
const LOOKUP: &str = "lookup of the original";
const BUILD: &str = "rebuild of the original";

impl System {
    const fn origin(self) -> Origin {
        match self {
            Self::PingoraV1 | Self::PingoraV2 => Origin::Pingora,
            Self::Libmemcached | Self::LibmemcachedWeighted => Origin::Libmemcached,
            Self::Uhashring | Self::UhashringKetama => Origin::Uhashring,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::PingoraV1 => "pingora-ketama, version 1",
            Self::PingoraV2 => "pingora-ketama, version 2",
            Self::Libmemcached => "libmemcached, `KETAMA`",
            Self::LibmemcachedWeighted => "libmemcached, `KETAMA_WEIGHTED`",
            Self::Uhashring => "uhashring",
            Self::UhashringKetama => "uhashring, `ketama`",
        }
    }

    /// libmemcached ends the program where there are more.
    const fn most_servers(self) -> u32 {
        match self.origin() {
            Origin::Libmemcached => 100,
            Origin::Pingora | Origin::Uhashring => u32::MAX,
        }
    }

    /// Our ring and the original on the same work.
    fn contenders<'w>(
        self,
        work: &'w Work,
        program: Option<&Program>,
    ) -> Result<[Box<dyn Contender + 'w>; 2], Box<dyn Error>> {
        let start = |argument| -> Result<Box<dyn Contender>, Box<dyn Error>> {
            Ok(Box::new(program.ok_or("no program")?.start(argument, work)?))
        };
        let ours: Box<dyn Contender> = match self {
            Self::PingoraV1 => {
                Box::new(Ours::<profile::Pingora, _>::new(work, (), profile::Hash::default()))
            }
            Self::PingoraV2 => {
                Box::new(Ours::<profile::PingoraV2, _>::new(work, POINTS, profile::Hash::default()))
            }
            Self::Libmemcached => {
                let config = libmemcached::Config::default();
                let ours = Ours::<libmemcached::Libmemcached, _>::new(work, config, config.hash());
                Box::new(ours.in_place())
            }
            Self::LibmemcachedWeighted => {
                let labels = libmemcached::Labels::Plain;
                let hash = libmemcached::Hash::Md5;
                let ours = Ours::<libmemcached::LibmemcachedWeighted, _>::new(work, labels, hash);
                Box::new(ours.in_place())
            }
            Self::Uhashring => {
                Box::new(Ours::<uhashring::Uhashring, _>::new(work, (), uhashring::Hash))
            }
            Self::UhashringKetama => Box::new(Ours::<uhashring::UhashringKetama, _>::new(
                work,
                (),
                uhashring::KetamaHash::default(),
            )),
        };
        let original: Box<dyn Contender> = match self {
            Self::PingoraV1 => Box::new(Pingora::new(work, Version::V1)),
            Self::PingoraV2 => Box::new(Pingora::new(work, Version::V2 { point_multiple: POINTS })),
            Self::Libmemcached => start("plain")?,
            Self::LibmemcachedWeighted => start("weighted")?,
            Self::Uhashring => start("default")?,
            Self::UhashringKetama => start("ketama")?,
        };
        Ok([ours, original])
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let mut table = String::from("| original | |");
    for servers in SERVERS {
        write!(table, " {} servers |", thousands(servers))?;
    }
    table.push_str("\n|---|---|---|---|---|\n");
    let mut skipped = Vec::new();
    for origin in [Origin::Pingora, Origin::Libmemcached, Origin::Uhashring] {
        if args.only.is_some_and(|only| only != origin) {
            continue;
        }
        let program = match origin {
            Origin::Pingora => None,
            Origin::Libmemcached => Some(Program::libmemcached()),
            Origin::Uhashring => Some(Program::uhashring()),
        };
        let program = match program.transpose() {
            Ok(program) => program,
            Err(why) => {
                let origin = origin.to_possible_value().expect("a name");
                println!("skipped {}: {why}", origin.get_name());
                skipped.push(why);
                continue;
            }
        };
        for system in SYSTEMS.into_iter().filter(|system| system.origin() == origin) {
            table.push_str(&rows(system, program.as_ref())?);
        }
    }
    print!("{table}");
    if args.save {
        if !skipped.is_empty() {
            return Err("not saved: an original was skipped".into());
        }
        let path = folder().join("README.md");
        let page = replace(&fs::read_to_string(&path)?, "originals", &table)?;
        fs::write(path, replace(&page, "machine of originals", &format!("{}.\n", machine()))?)?;
    }
    Ok(())
}

/// The rows of the table for a system.
fn rows(system: System, program: Option<&Program>) -> Result<String, Box<dyn Error>> {
    let [mut lookups, mut builds] = [const { Vec::new() }; 2];
    for servers in SERVERS.into_iter().filter(|&servers| servers <= system.most_servers()) {
        let rounds = measure(system, &Work::new(servers), program)?;
        for (name, Spread { median, .. }) in rounds.times() {
            println!("{}, {servers} servers: {median:.1} ns, {name}", system.name());
        }
        lookups.extend(rounds.ratio(OUR_LOOKUP, LOOKUP));
        builds.extend(rounds.ratio(OUR_BUILD, BUILD));
    }
    let mut rows = String::new();
    for (what, ratios) in [("lookup", lookups), ("rebuild", builds)] {
        write!(rows, "| {} | {what} |", system.name())?;
        for at in 0..SERVERS.len() {
            write!(rows, " {} |", ratios.get(at).map_or("–".into(), |&ratio| cell(ratio)))?;
        }
        rows.push('\n');
    }
    Ok(rows)
}

/// Takes the times of a system on some work, once the owners are the same.
fn measure(
    system: System,
    work: &Work,
    program: Option<&Program>,
) -> Result<Rounds, Box<dyn Error>> {
    let [mut ours, mut original] = system.contenders(work, program)?;
    let (owners, expected) = (ours.owners()?, original.owners()?);
    let differ = |&(key, (owner, other)): &(&String, (&u32, &u32))| {
        // The first version leaves open who has a point that two servers have.
        owner != other && !(matches!(system, System::PingoraV1) && ours.is_tied(key, *other))
    };
    let pairs = work.keys.iter().zip(owners.iter().zip(&expected));
    let differences = pairs.clone().filter(differ).count();
    let tied = pairs.filter(|(_, (owner, other))| owner != other).count() - differences;
    let (name, servers, keys) = (system.name(), work.servers.len(), work.keys.len());
    print!(
        "{name}, {servers} servers: {} of {keys} keys have the same owner",
        keys - differences - tied
    );
    println!("{}", if tied > 0 { format!(", {tied} lie on a tie") } else { String::new() });
    if differences > 0 || owners.len() != expected.len() {
        return Err(format!("{name}: {differences} keys have another owner").into());
    }
    let mut rounds = Rounds::default();
    let mut spent = Duration::ZERO;
    for round in 0..ROUNDS {
        let mut both = |task, our_name, name| -> Result<Duration, Box<dyn Error>> {
            let turns = [(ours.turn(task)?, our_name), (original.turn(task)?, name)];
            let time = turns.iter().map(|(turn, _)| turn.time).sum();
            for (turn, name) in turns {
                rounds.record(name, turn.time, turn.times);
            }
            Ok(time)
        };
        both(Task::Lookup, OUR_LOOKUP, LOOKUP)?;
        if round < BUILDS || spent < PATIENCE {
            spent += both(Task::Build, OUR_BUILD, BUILD)?;
        }
    }
    Ok(rounds)
}

/// A ratio with the quarters around it; small ones with as many digits as they need.
fn cell(ratio: Spread) -> String {
    let Spread { median, low, high } = ratio;
    if median < 0.1 { format!("{median:.4} ({low:.4}–{high:.4})") } else { ratio.to_string() }
}

fn thousands(number: u32) -> String {
    match (number / 1_000, number % 1_000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
    }
}
