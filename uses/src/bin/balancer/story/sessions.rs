//! Sessions, before backends that fail their checks, are killed, come and go.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use annulus::{BalanceFactor, HeapRing, Ramp, SharedRing};
use annulus_uses::{Checks, Options, Table};
use anyhow::{Context, Result};
use hyper::{Method, StatusCode};
use tokio::time::{Instant, sleep};

use super::clients::{Answered, Clients, Session};
use super::nginx::{Web, Webs};
use super::tally::{Tallied, Tally};
use super::{CHECKS, PATIENCE, all_up, listen, mix, ring_of, until};
use crate::Sabotage;
use crate::backend::{Backend, Member};
use crate::balance::{Balance, Choice, RingBalance};
use crate::proxy::Proxy;
use crate::session;

const NAMES: [&str; 9] =
    ["web-1", "web-2", "web-3", "web-4", "web-5", "web-6", "web-7", "web-8", "web-9"];
const DRAINED: &str = "web-1";
const FAILING: &str = "web-2";
const KILLED: &str = "web-5";
const NEW: &str = "web-9";

/// How many are there from the beginning.
const FIRST: usize = 8;

/// One client in this many is of one and the same session: twice the share of a backend.
const HOT: usize = 4;

const FACTOR: BalanceFactor = BalanceFactor::percent(125).unwrap();

/// In how many steps a new backend comes in.
const STEPS: u32 = 5;

/// A time in which nothing changes.
struct Time {
    what: &'static str,
    /// The backend of each session.
    owners: Vec<&'static str>,
    /// The most requests that a backend may have in flight.
    cap: u32,
}

/// The settled times of the story, from a ring that is made for it alone.
fn times(keys: &[String], clients: usize) -> Result<Vec<Time>> {
    let mut ring = HeapRing::<&'static str>::new();
    ring.insert_all(NAMES[..FIRST].iter().copied())?;
    let time = |ring: &HeapRing<&'static str>, what, down| {
        let alive = |&name: &&'static str| Some(name) != down;
        let owner = |key: &String| ring.view().owner_where(key, alive).copied();
        let owners = keys.iter().map(owner).collect::<Option<_>>().context("nobody is up")?;
        let cap = ring.view().caps_where(FACTOR, alive).of(1, clients as u64 - 1);
        anyhow::Ok(Time { what, owners, cap: u32::try_from(cap)? })
    };
    let mut times = vec![
        time(&ring, "all are up", None)?,
        time(&ring, "web-2 fails its checks", Some(FAILING))?,
        time(&ring, "web-2 passes again", None)?,
        time(&ring, "web-5 was killed", Some(KILLED))?,
        time(&ring, "web-5 runs elsewhere", None)?,
    ];
    ring.insert(NEW)?;
    times.push(time(&ring, "web-9 has come", None)?);
    ring.remove(DRAINED)?;
    times.push(time(&ring, "web-1 was drained", None)?);
    Ok(times)
}

/// Who asks, what goes on, and what there is to see of it.
struct Scene {
    times: Vec<Time>,
    clients: Clients,
    tally: Arc<Tally>,
    /// The most that a backend had in flight in each of the times.
    most: Vec<u32>,
}

impl Scene {
    /// Begins the change to the next time.
    fn change(&self) {
        let next = self.most.len();
        self.tally.set_cap(self.cap(next.saturating_sub(2)..=next));
        self.clients.stage.time.store(2 * next - 1, Ordering::SeqCst);
    }

    /// The change is over: each client has three answers, at least two of which it asked for since.
    async fn settle(&mut self) -> Result<()> {
        let now = self.most.len();
        self.clients.stage.time.store(2 * now, Ordering::SeqCst);
        self.tally.set_cap(self.cap(now.saturating_sub(1)..=now));
        self.tally.take_most();
        self.clients.go_on(3).await?;
        self.most.push(self.tally.take_most());
        Ok(())
    }

    /// The highest cap of several times.
    fn cap(&self, times: RangeInclusive<usize>) -> u32 {
        let times = times.map(|time| self.times.get(time).map_or(0, |time| time.cap));
        times.max().unwrap_or(0)
    }
}

/// On purpose: hashing modulo the number of backends that are up.
struct Modulo(SharedRing<Member>);

impl Balance for Modulo {
    fn choose(&self, key: &str, tried: &[Arc<Backend>]) -> Option<Choice> {
        let pinned = self.0.pin();
        let members = pinned.view().members().iter().filter(|member| member.point_count() > 0);
        let able = |backend: &&Arc<Backend>| {
            backend.health().is_up() && !tried.iter().any(|tried| Arc::ptr_eq(tried, backend))
        };
        let able: Vec<_> = members.map(|member| &member.node().node).filter(able).collect();
        let hash = key.bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte)));
        let backend = Arc::clone(able.get(hash as usize % able.len().max(1))?);
        Some(Choice { backend, spilled: false, held: Box::new(()) })
    }
}

/// The session of each number: by header, by cookie, by address.
fn sessions(count: usize) -> Vec<Session> {
    let session = |number: usize| match number % 3 {
        0 => Session::Header(format!("user-{number}")),
        1 => Session::Cookie(format!("user-{number}")),
        _ => Session::Address(Ipv4Addr::from_bits(0x7f01_0001 + number as u32)),
    };
    (0..count).map(session).collect()
}

/// Tells it.
pub(crate) async fn tell(options: Options<Sabotage>, checks: &mut Checks) -> Result<()> {
    let count = options.size(240, 2_400);
    let takes = Duration::from_millis(options.size(200, 1_200));
    println!("# {count} requests in flight at any time, of {takes:?} each\n");

    let mut webs = Webs::new();
    for &name in &NAMES[..FIRST] {
        webs.insert(name, Web::start(name, takes)?);
    }
    let member = |name, webs: &Webs| Backend::member(name, webs[name].address());
    let members: Vec<Member> = NAMES[..FIRST].iter().map(|name| member(name, &webs)).collect();
    let (ring, mut editor) = ring_of(members.clone()).await?;
    let seen =
        if options.breaks(&Sabotage::StaleRing) { ring_of(members).await?.0 } else { ring.clone() };
    let watching = tokio::spawn(CHECKS.watch(ring.clone()));
    until("all backends are up", || all_up(&ring)).await?;

    // The proxy, and clients: each with a session of its own, but those of the hot one.
    let sessions = sessions(count - count / HOT + 1);
    let keys: Vec<String> = sessions.iter().map(Session::key).collect();
    let times = times(&keys, count)?;
    let tally = Tally::new(&NAMES, times[0].cap);
    let forgets = options.breaks(&Sabotage::NoCap);
    let balance: Arc<dyn Balance> = if options.breaks(&Sabotage::MovesAll) {
        Arc::new(Tallied { balance: Modulo(seen), tally: Arc::clone(&tally), forgets })
    } else {
        let balance = RingBalance::new(seen, FACTOR);
        Arc::new(Tallied { balance, tally: Arc::clone(&tally), forgets })
    };
    let listener = listen()?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(Proxy::new(balance, session::key).serve(listener));
    let clients = (0..count).map(|client| {
        let method = if client % 10 == 3 { Method::POST } else { Method::GET };
        ((client + 1).saturating_sub(count / HOT), method)
    });
    let clients = Clients::start(address, &sessions, clients).await?;
    let mut scene = Scene { times, clients, tally, most: Vec::new() };
    scene.settle().await?;

    // One fails its checks, and passes them again. It answers all the while, but nobody asks it.
    let health = |name| {
        let ring = &ring;
        move || {
            let pinned = ring.pin();
            let member = pinned.view().get(name);
            member.is_some_and(|member| member.node().node.health().is_up())
        }
    };
    for healthy in [false, true] {
        scene.change();
        webs[FAILING].set_healthy(healthy)?;
        let up = health(FAILING);
        until("its checks are noticed", || up() == healthy).await?;
        scene.settle().await?;
    }

    // One is killed, and started anew on another port.
    scene.change();
    until("it has requests in flight", || scene.tally.of(KILLED) > 0).await?;
    let lost = scene.tally.of(KILLED);
    webs.get_mut(KILLED).context("it was started")?.kill()?;
    let up = health(KILLED);
    until("its death is noticed", || !up()).await?;
    scene.settle().await?;
    scene.change();
    webs.insert(KILLED, Web::start(KILLED, takes)?);
    editor.replace(member(KILLED, &webs)).await?;
    until("it is up again", health(KILLED)).await?;
    scene.settle().await?;

    // A new one comes in by steps.
    scene.change();
    webs.insert(NEW, Web::start(NEW, takes)?);
    let ramp = Ramp::new(takes * 4);
    let mut points = Vec::new();
    editor.start_slowly(member(NEW, &webs), ramp, STEPS, |step| points.push(step)).await?;
    scene.settle().await?;

    // One gets no more requests, answers those that it has, and goes.
    scene.change();
    let left = editor.drain(DRAINED, takes * 8 + Duration::from_secs(5)).await?;
    scene.settle().await?;

    let Scene { times, clients, tally, most } = scene;
    let answered = clients.end().await?;
    println!("{}", table(&times, &answered, &most));
    println!("{}", steps(&keys, &points)?);

    claim_answers(checks, &answered, lost);
    claim_sessions(checks, &times, &answered);
    let above = tally.above();
    checks.equal(above, 0, "at every grant, the backend was within its cap by a count of our own");
    let own = answered.iter().filter(|answer| {
        let [from, to] = settled(answer);
        // One more for the check of its health.
        let cap = times[from.saturating_sub(1)..=to].iter().map(|time| time.cap + 1).max();
        cap.is_some_and(|cap| answer.in_flight > cap)
    });
    checks.equal(own.count(), 0, "and by the count of the backend itself, in each answer");
    checks.equal(left, 0, "web-1 had answered all that it had when it left");
    claim_logs(checks, &webs, &answered).await?;
    watching.abort();
    serving.abort();
    Ok(())
}

/// The first and the last settled time that an answer may be of.
fn settled(answer: &Answered) -> [usize; 2] {
    let [asked, answered] = answer.times;
    [asked / 2, answered.div_ceil(2)]
}

fn succeeded(answer: &Answered) -> bool {
    answer.status == Some(StatusCode::OK)
}

/// What went on in each of the times.
fn table(times: &[Time], answered: &[Answered], most: &[u32]) -> Table {
    let mut table =
        Table::new(["", "answers", "retried", "failed", "spilled", "most in flight", "cap"]);
    for (number, (time, most)) in times.iter().zip(most).enumerate() {
        // With the change that led to it.
        let of = |answer: &&Answered| answer.times[1].div_ceil(2) == number;
        let count = |what: fn(&Answered) -> bool| {
            answered.iter().filter(of).filter(|answer| what(answer)).count()
        };
        let spilled = 100.0 * count(|a| a.spilled) as f64 / count(|_| true).max(1) as f64;
        let [retried, failed] = [count(|a| a.tries > 1), count(|a| !succeeded(a))];
        let (all, spilled) = (count(|_| true), format!("{spilled:.0} %"));
        table
            .row([&time.what, &all, &retried, &failed, &spilled, most, &time.cap]
                as [&dyn Display; 7]);
    }
    table
}

/// How the new one came in.
fn steps(keys: &[String], points: &[u32]) -> Result<Table> {
    let mut ring = HeapRing::<&str>::new();
    ring.insert_all(NAMES)?;
    let mut table = Table::new(["points of web-9", "sessions"]);
    for points in points {
        ring.set_points(NEW, *points)?;
        let own = keys.iter().filter(|key| ring.owner(key.as_str()) == Some(&NEW)).count();
        table.row([points as &dyn Display, &own]);
    }
    Ok(table)
}

/// Nothing fails that had a living backend.
fn claim_answers(checks: &mut Checks, answered: &[Answered], lost: u32) {
    let (gets, posts): (Vec<&Answered>, Vec<_>) =
        answered.iter().partition(|answer| answer.method.is_idempotent());
    let failed = gets.iter().filter(|answer| !succeeded(answer)).count();
    checks.equal(failed, 0, format_args!("all of {} GETs were answered", gets.len()));
    let again = gets.iter().filter(|answer| answer.tries > 1).count();
    checks.check(
        again > 0,
        format_args!("web-5 had {lost} requests when it was killed, and {again} were sent on"),
    );
    // In the change to the time in which it is known to be down.
    let at_kill = |answer: &Answered| {
        answer.status == Some(StatusCode::BAD_GATEWAY)
            && (answer.times[0]..=answer.times[1]).contains(&5)
    };
    let failed: Vec<_> = posts.iter().filter(|answer| !succeeded(answer)).collect();
    let others = failed.iter().filter(|answer| !at_kill(answer)).count();
    checks.equal(
        others,
        0,
        format_args!(
            "of {} POSTs {} failed, all of them as web-5 was killed",
            posts.len(),
            failed.len()
        ),
    );
}

/// Sessions are where the ring has them, and only those move that must.
fn claim_sessions(checks: &mut Checks, times: &[Time], answered: &[Answered]) {
    let mut wrong = 0;
    let mut stayed = 0;
    // The backend of each session in each time.
    let mut seen = vec![BTreeMap::<usize, &str>::new(); times.len()];
    for answer in answered.iter().filter(|answer| succeeded(answer) && !answer.spilled) {
        let [from, to] = settled(answer);
        let owners = times[from..=to].iter().map(|time| time.owners[answer.session]);
        stayed += 1;
        wrong += usize::from(!owners.into_iter().any(|owner| owner == answer.backend));
        if from == to {
            seen[from].insert(answer.session, &answer.backend);
        }
    }
    checks.equal(
        wrong,
        0,
        format_args!(
            "all {stayed} answers that did not spill came from the backend of their session"
        ),
    );
    let spilled = answered.iter().filter(|answer| answer.spilled).count();
    let share = spilled as f64 / answered.len() as f64;
    checks.between(share, [0.0, 0.6], "the share that spilled");
    let few = seen.iter().map(BTreeMap::len).min().unwrap_or(0);
    let half = times[0].owners.len() / 2;
    checks.check(
        few >= half,
        format_args!("in each time {few} sessions or more were seen at their backends"),
    );

    // Who was seen elsewhere afterwards, of those who were seen in both times; and who should have been.
    let mut moves = |[before, after]: [usize; 2], claim: &str| {
        let both: Vec<_> = seen[before]
            .iter()
            .filter_map(|(&session, was)| Some((session, *was, *seen[after].get(&session)?)))
            .collect();
        let moved: Vec<_> = both.iter().filter(|(_, was, is)| was != is).collect();
        let must = |session: usize| times[before].owners[session] != times[after].owners[session];
        let others = moved.iter().filter(|&&&(session, ..)| !must(session)).count();
        let wanted = both.iter().filter(|&&(session, ..)| must(session)).count();
        checks.check(
            others == 0 && moved.len() == wanted,
            format_args!(
                "{claim}: of {} sessions {} moved, {wanted} must, {others} must not",
                both.len(),
                moved.len()
            ),
        );
    };
    moves([0, 1], "web-2 fails its checks, its sessions move");
    moves([0, 2], "web-2 passes again, all are where they were");
    moves([2, 3], "web-5 is killed, its sessions move");
    moves([2, 4], "web-5 runs elsewhere, all are where they were");
    moves([4, 5], "web-9 has come, sessions moved to it");
    moves([5, 6], "web-1 is drained, its sessions move");

    let gone = |name: &str, time: usize| {
        let here = |answer: &&Answered| settled(answer) == [time; 2] && answer.backend == name;
        answered.iter().filter(here).count()
    };
    for (name, time) in [(FAILING, 1), (KILLED, 3), (DRAINED, 6)] {
        checks.equal(gone(name, time), 0, format_args!("{name} got no request in its absence"));
    }
    for (name, time) in [(FAILING, 2), (KILLED, 4), (NEW, 5)] {
        checks.check(gone(name, time) > 0, format_args!("{name} got requests once it was there"));
    }
}

/// The logs of backends have what the clients have.
async fn claim_logs(checks: &mut Checks, webs: &Webs, answered: &[Answered]) -> Result<()> {
    let mut lines = 0;
    let mut wrong = Vec::new();
    // Of one that was killed the last answers may be in no log.
    for (&name, web) in webs.iter().filter(|&(&name, _)| name != KILLED) {
        let its = |answer: &&Answered| succeeded(answer) && answer.backend == name;
        let had = answered.iter().filter(its).count();
        // It writes a line after it has answered.
        let started = Instant::now();
        while web.answered()? < had && started.elapsed() < PATIENCE {
            sleep(Duration::from_millis(5)).await;
        }
        lines += had;
        if web.answered()? != had {
            wrong.push(format!("; {name} has {}, its clients {had}", web.answered()?));
        }
    }
    let wrong = wrong.concat();
    checks.check(
        wrong.is_empty(),
        format_args!("backends have logged the {lines} answers that clients have{wrong}"),
    );
    Ok(())
}
