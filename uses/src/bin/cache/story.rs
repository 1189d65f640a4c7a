//! One server is lost, one is added: what is still there, and what the database behind has to do.

use std::fmt::{self, Display};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use annulus_uses::{Checks, Options, Table};
use anyhow::Result;

use crate::Sabotage;
use crate::connections::Reply;
use crate::hang::hang;
use crate::stage::{By, Machine, Stage, wait_until};
use crate::tally::Tally;
use crate::worker::{Database, Requests, Worker};

/// In how many parts the cache fills again while keys are drawn at random; then each is asked for once more.
const PARTS: usize = 4;

/// What happens to the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// The last one is killed.
    Lost,
    /// One more is added.
    Added,
}

impl Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "one lost",
            Self::Added => "one added",
        })
    }
}

/// What came of one event.
struct Outcome {
    /// The passes over the keys, in the order of the table: before, right after, while it fills, the rest.
    passes: Vec<Tally>,
    /// How often the database was asked from the event on.
    fetches: usize,
}

pub(crate) fn tell(options: &Options<Sabotage>, checks: &mut Checks) -> Result<()> {
    let keys = options.size(1_000, 100_000);
    // What hangs for whoever asks takes no more of them.
    let few = options.size(1_000, 25_000);
    let filling = ["1st", "2nd", "3rd", "4th"];
    let [first, second, third, fourth]: [&str; PARTS] = filling;
    let mut table = Table::new([
        "servers",
        "then",
        "keys by",
        "before",
        "right after",
        first,
        second,
        third,
        fourth,
        "the rest",
        "fetches",
    ]);
    for servers in [4, 10] {
        for event in [Event::Lost, Event::Added] {
            let outcomes =
                [By::Ring, By::Modulo].map(|by| scene(options, checks, by, event, servers, keys));
            let [ring, modulo] = outcomes;
            let (ring, modulo) = (ring?, modulo?);
            for (by, outcome) in [(By::Ring, &ring), (By::Modulo, &modulo)] {
                let percent = |tally: &Tally| format!("{:.1} %", tally.percent());
                let percents: Vec<String> = outcome.passes.iter().map(percent).collect();
                let mut row: Vec<&dyn Display> = vec![&servers, &event, &by];
                row.extend(percents.iter().map(|cell| cell as &dyn Display));
                row.push(&outcome.fetches);
                table.row(row);
            }
            let (ring, modulo) = (ring.fetches, modulo.fetches);
            let claim = format!(
                "{servers} servers, {event}: {ring} fetches by the ring, {modulo} by hash % N"
            );
            checks.check(2 * ring < modulo, format_args!("{claim}, more than twice as many"));
        }
        hang(checks, servers, few)?;
    }
    println!(
        "\n{keys} keys; hits, and how often the database was asked until all were back\n\n{table}"
    );
    Ok(())
}

/// Puts all keys in, has it happen, and fills the cache again.
fn scene(
    options: &Options<Sabotage>,
    checks: &mut Checks,
    by: By,
    event: Event,
    servers: usize,
    keys: usize,
) -> Result<Outcome> {
    let (all, living) = match event {
        Event::Lost => (servers, servers - 1),
        Event::Added => (servers + 1, servers + 1),
    };
    let title = format!("{servers} servers, {by}, {event}");
    let mut stage = Stage::new(by, [servers, all], keys, title.clone())?;
    let (old, new) = (stage.owners(0..servers)?, stage.owners(0..living)?);
    if options.breaks(&Sabotage::OtherNames) && by == By::Ring {
        stage.rename_for_one()?;
    }
    let filled = stage.pass(checks, "at first", &old, Requests::EachOnce, true)?;
    checks.equal(filled.fetches, keys, format_args!("{title}: at first each key is fetched"));
    if options.breaks(&Sabotage::LostKey) {
        let (_, key) = stage.key_of(0, &old)?;
        stage.machines[0].forget(&key)?;
    }
    let mut passes = vec![stage.pass(checks, "before", &old, Requests::EachOnce, true)?];
    checks.equal(passes[0].hits, keys, format_args!("{title}: before it each key is a hit"));

    match event {
        Event::Lost => lose(checks, &mut stage, &old, &new)?,
        Event::Added if options.breaks(&Sabotage::StaleRing) => {}
        Event::Added if by == By::Ring => add(checks, &mut stage, &old, &new, keys)?,
        Event::Added => stage.know(0..all)?,
    }

    let stayed = old.iter().zip(&new).filter(|(old, new)| old == new).count();
    // Each key once, and nothing is put in: this shows what is still there.
    let after = stage.pass(checks, "right after", &new, Requests::EachOnce, false)?;
    let claim = "keys whose server is the same are hits there, and no others are";
    checks.equal(after.hits, stayed, format_args!("{title}: {stayed} {claim}"));
    let ideal = servers.min(living) as f64 / servers.max(living) as f64;
    let share = after.hits as f64 / keys as f64;
    match by {
        By::Ring => checks.between(
            share,
            [ideal - 0.1, ideal + 0.1],
            format_args!("{title}: share of hits"),
        ),
        By::Modulo => checks.between(
            share,
            [0.0, 1.3 * (1.0 - ideal)],
            format_args!("{title}: share of hits"),
        ),
    }
    passes.push(after);

    for part in 1..=PARTS {
        let what = format!("part {part} of {PARTS} in which it fills");
        let drawn = Requests::Drawn(keys / PARTS);
        passes.push(stage.pass(checks, &what, &new, drawn, true)?);
    }
    if event == Event::Lost {
        // Nobody's keys move by that: the clients walk past the one that is lost already.
        stage.know(0..living)?;
    }
    passes.push(stage.pass(checks, "the rest", &new, Requests::EachOnce, true)?);
    let fetches: usize = passes[2..].iter().map(|tally| tally.fetches).sum();
    checks.equal(
        fetches,
        keys - stayed,
        format_args!("{title}: each key that moved is fetched once"),
    );
    Ok(Outcome { passes, fetches })
}

/// The last server is killed. One request finds out.
fn lose(checks: &mut Checks, stage: &mut Stage, old: &[usize], new: &[usize]) -> Result<()> {
    let lost = stage.machines.len() - 1;
    let (number, key) = stage.key_of(lost, old)?;
    stage.machines[lost].process.kill()?;
    let [first, second] = [stage.ask(&key)?, stage.ask(&key)?];
    let [gone, next] = [lost, new[number]].map(|number| &stage.machines[number].server);
    let (found, why) = match &first {
        Reply::Failed(error, server) => (server == gone, error.to_string()),
        other => (false, format!("{other:?}")),
    };
    let title = stage.title();
    checks.check(
        found,
        format_args!("{title}: the first request to it finds that it is down ({why})"),
    );
    let walked = matches!(&second, Reply::Miss(server) if server == next);
    checks.check(
        walked,
        format_args!("{title}: the second goes to the key's next server, {}", next.name()),
    );
    Ok(())
}

/// One more server is added while all threads ask for keys.
fn add(
    checks: &mut Checks,
    stage: &mut Stage,
    old: &[usize],
    new: &[usize],
    keys: usize,
) -> Result<()> {
    let (asked, by_new, stop) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let work = |worker: &mut Worker, machines: &[Machine], _: &Database| {
        let mut tally = Tally::default();
        // Whether this client has seen the new list.
        let mut newer = false;
        for at in (0..worker.entries.len()).cycle() {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let reply = worker.ask(at)?;
            let entry = &worker.entries[at];
            let [before, after] = [old[entry.number], new[entry.number]];
            // By the old list a hit, by the new one a miss; and never by the old one after the new one.
            let allowed = if newer { [after; 2] } else { [before, after] };
            tally.note(&reply, entry, &allowed, machines);
            if before != after && matches!(reply, Reply::Miss(_)) {
                newer = true;
                by_new.fetch_add(1, Ordering::Relaxed);
            }
            asked.fetch_add(1, Ordering::Relaxed);
        }
        Ok(tally)
    };
    let wait = |count| wait_until(|| Ok(asked.load(Ordering::Relaxed) >= count));
    let Tally { asked: all, wrong, failed, .. } = stage.together(work, |list, machines| {
        let outcome = wait(keys).and_then(|()| {
            list.set(machines.iter().map(|machine| machine.server.clone()).collect())?;
            wait(asked.load(Ordering::Relaxed) + keys)
        });
        stop.store(true, Ordering::Relaxed);
        outcome
    })?;
    let (by_new, right) = (by_new.into_inner(), all - wrong - failed);
    let claim = "are by the old list or, from then on, by the new one";
    checks.check(
        right == all && by_new > 0,
        format_args!(
            "{}: {right} of {all} answers {claim}, {by_new} from the new server",
            stage.title()
        ),
    );
    Ok(())
}
