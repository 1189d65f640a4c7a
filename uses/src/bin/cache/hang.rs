//! A server that hangs: who asks it waits, nobody else does, and then it is walked past.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use annulus_uses::Checks;
use anyhow::Result;

use crate::connections::{Patience, Reply};
use crate::memcached::Key;
use crate::stage::{By, Machine, Stage, THREADS, wait_until};
use crate::tally::Tally;
use crate::worker::{Database, Requests, Worker};

/// So short that a run is short, and so long that no server needs as much on a busy machine.
const SHORT: Patience = Patience { timeout: Duration::from_secs(8), pause: Duration::from_secs(1) };

/// The server that hangs.
const HUNG: usize = 0;

pub(crate) fn hang(checks: &mut Checks, servers: usize, keys: usize) -> Result<()> {
    let title = format!("{servers} servers, one hangs");
    let mut stage = Stage::new(By::Ring, [servers; 2], keys, title.clone())?;
    let owners = stage.owners(0..servers)?;
    let next = stage.owners(1..servers)?;
    let its_own = owners.iter().filter(|&&owner| owner == HUNG).count();
    stage.pass(checks, "at first", &owners, Requests::EachOnce, true)?;

    // One waits for it, as long as it takes. All others ask for what other servers have.
    let (mut patient, (_, key)) = (stage.client()?, stage.key_of(HUNG, &owners)?);
    let (starts, started) = mpsc::channel();
    stage.machines[HUNG].process.pause()?;
    let waiting = thread::spawn(move || {
        let key = Key::new(&key)?;
        starts.send(())?;
        anyhow::Ok(patient.get(key))
    });
    started.recv()?;
    let ask_others = |worker: &mut Worker, machines: &[Machine], _: &Database| {
        ask_all(worker, machines, |number| (owners[number] != HUNG).then_some([owners[number]; 2]))
    };
    let Tally { asked, hits, wrong, .. } = stage.together(ask_others, |_, _| Ok(()))?;
    let waits = !waiting.is_finished();
    stage.machines[HUNG].process.resume()?;
    let reply = waiting.join().expect("it does not panic")?;
    checks.check(
        waits && hits == asked && asked == keys - its_own && wrong == 0,
        format_args!(
            "{title}: while one request waits, {hits} of {asked} for keys of others are hits"
        ),
    );
    checks.check(
        matches!(&reply, Reply::Hit(_, server) if *server == stage.machines[HUNG].server),
        format_args!("{title}: the request that waits gets its value when the server goes on"),
    );

    // All ask for all keys, and wait for a short time only.
    stage.renew_clients(SHORT)?;
    stage.machines[HUNG].process.pause()?;
    let started = Instant::now();
    let ask = |worker: &mut Worker, machines: &[Machine], _: &Database| {
        ask_all(worker, machines, |number| Some([owners[number], next[number]]))
    };
    let Tally { hits, misses, failed, wrong, .. } = stage.together(ask, |_, _| Ok(()))?;
    let tries = started.elapsed().as_millis() / SHORT.pause.as_millis();
    checks.check(
        hits == keys - its_own && wrong == 0,
        format_args!(
            "{title}: {hits} of {} keys of others are hits on their servers",
            keys - its_own
        ),
    );
    let most = THREADS + tries as usize;
    checks.check(
        (1..=most).contains(&failed) && misses == its_own - failed,
        format_args!(
            "{title}: {failed} requests wait for it, of at most {most}; {misses} go to the next one"
        ),
    );

    // It goes on. The first request that is due finds out; then its keys are there as they were.
    stage.machines[HUNG].process.resume()?;
    let (_, key) = stage.key_of(HUNG, &owners)?;
    wait_until(|| Ok(matches!(stage.ask(&key)?, Reply::Hit(..))))?;
    let back = stage.pass(checks, "as it goes on", &owners, Requests::EachOnce, false)?;
    checks.equal(back.hits, keys, format_args!("{title}: as it goes on, all keys are hits"));
    Ok(())
}

/// Asks for each key that `owners` gives servers for: its owner, and who takes its place.
fn ask_all(
    worker: &mut Worker,
    machines: &[Machine],
    owners: impl Fn(usize) -> Option<[usize; 2]>,
) -> Result<Tally> {
    let mut tally = Tally::default();
    for at in 0..worker.entries.len() {
        let Some(owners) = owners(worker.entries[at].number) else { continue };
        let reply = worker.ask(at)?;
        tally.note(&reply, &worker.entries[at], &owners, machines);
    }
    Ok(tally)
}
