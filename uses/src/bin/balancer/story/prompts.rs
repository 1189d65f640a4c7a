//! Prompts with long beginnings in common, before servers that keep beginnings: who is asked decides what is kept.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use annulus::{BalanceFactor, HeapRing};
use annulus_uses::{Checks, Options, Server, Table};
use anyhow::{Context, Result, ensure};
use hyper::header::{HeaderMap, HeaderName};
use hyper::{Method, StatusCode};

use super::clients::{Connection, count_of};
use super::nginx::IN_FLIGHT;
use super::prompt_server::{BEGINNING, HIT, PromptServer};
use super::{CHECKS, all_up, listen, mix, ring_of, until};
use crate::Sabotage;
use crate::backend::{Backend, Member};
use crate::balance::{Balance, Choice, RingBalance};
use crate::proxy::{KeyOf, Proxy};

const NAMES: [&str; 4] = ["gpu-1", "gpu-2", "gpu-3", "gpu-4"];

/// How many prompts are in flight at any time.
const CLIENTS: u32 = 48;

/// How many beginnings there are, and how many of them a server keeps: a third more than its share.
const BEGINNINGS: u32 = 96;
const KEPT: usize = 32;

const FACTOR: BalanceFactor = BalanceFactor::percent(125).unwrap();
const ANY: BalanceFactor = BalanceFactor::percent(u32::MAX).unwrap();

/// How much of the hit rate the bounded ring is ahead, at least, of those that know nothing of caches.
const AHEAD: f64 = 0.05;

/// How a server is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    Random,
    LeastLoaded,
    Ring,
    Bounded,
}

impl Policy {
    const ALL: [Self; 4] = [Self::Random, Self::LeastLoaded, Self::Ring, Self::Bounded];
}

impl Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Random => "random",
            Self::LeastLoaded => "least loaded",
            Self::Ring => "plain ring",
            Self::Bounded => "bounded ring",
        })
    }
}

/// What came of a policy.
#[derive(Debug, Default)]
struct Outcome {
    hits: usize,
    misses: usize,
    /// How long each answer took, from the shortest to the longest.
    took: Vec<Duration>,
    /// The most that a server had in flight, by its own count.
    most: u32,
}

impl Outcome {
    fn hit_rate(&self) -> f64 {
        self.hits as f64 / (self.hits + self.misses).max(1) as f64
    }

    /// How long no more than one in a hundred took longer than.
    fn p99(&self) -> Duration {
        self.took.get(self.took.len() * 99 / 100).copied().unwrap_or_default()
    }
}

/// A server at random, or the one with the least in flight: what balancers do that know nothing of caches.
struct Unaware {
    servers: Vec<(Arc<Backend>, Arc<AtomicU32>)>,
    least: bool,
    asked: AtomicU64,
}

impl Balance for Unaware {
    fn choose(&self, _: &str, tried: &[Arc<Backend>]) -> Option<Choice> {
        let random = mix(self.asked.fetch_add(1, Ordering::Relaxed)) as usize;
        let able = |(backend, _): &&(Arc<Backend>, _)| {
            backend.health().is_up() && !tried.iter().any(|tried| Arc::ptr_eq(tried, backend))
        };
        let mut able: Vec<_> = self.servers.iter().filter(able).collect();
        // Of several with as little, any.
        let middle = random % able.len().max(1);
        able.rotate_left(middle);
        if self.least {
            able.sort_by_key(|(_, in_flight)| in_flight.load(Ordering::Relaxed));
        }
        let (backend, in_flight) = able.first()?;
        in_flight.fetch_add(1, Ordering::Relaxed);
        let held = Box::new(InFlight(Arc::clone(in_flight)));
        Some(Choice { backend: Arc::clone(backend), spilled: false, held })
    }
}

/// A prompt in flight, until it is dropped.
struct InFlight(Arc<AtomicU32>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The key of a prompt: its beginning.
fn beginning(headers: &HeaderMap, _: SocketAddr) -> String {
    count_of(headers, &BEGINNING).to_string()
}

/// On purpose: a prompt with all that it has of its own.
fn whole(headers: &HeaderMap, peer: SocketAddr) -> String {
    static PROMPTS: AtomicUsize = AtomicUsize::new(0);
    format!("{} {}", beginning(headers, peer), PROMPTS.fetch_add(1, Ordering::Relaxed))
}

/// Tells it.
pub(crate) async fn tell(options: Options<Sabotage>, checks: &mut Checks) -> Result<()> {
    let count = options.size(1_200, 20_000);
    println!("# {count} prompts with {BEGINNINGS} beginnings, {CLIENTS} in flight at any time\n");
    let prompts: Arc<[u32]> = prompts(count).into();
    let key = if options.breaks(&Sabotage::WholePrompts) { whole } else { beginning };

    // The ring that all those are of which have these servers.
    let mut ring = HeapRing::<&str>::new();
    ring.insert_all(NAMES)?;
    let most_kept = NAMES.map(|name| {
        let own = |beginning: &u32| ring.owner(&*beginning.to_string()) == Some(&name);
        (0..BEGINNINGS).filter(own).count()
    });
    let cap = ring.view().caps(FACTOR).of(1, u64::from(CLIENTS) - 1);

    let mut table = Table::new(["who is asked", "hits", "most in flight", "median", "p99"]);
    let mut outcomes = Vec::new();
    for policy in Policy::ALL {
        let outcome = under(policy, Arc::clone(&prompts), key).await?;
        let hits = format!("{:.1} %", 100.0 * outcome.hit_rate());
        let median = outcome.took.get(count / 2).copied().unwrap_or_default();
        let [median, p99] = [median, outcome.p99()].map(|time| format!("{} ms", time.as_millis()));
        table.row([&policy as &dyn Display, &hits, &outcome.most, &median, &p99]);
        outcomes.push(outcome);
    }
    println!("{table}");

    let [random, least, plain, bounded] = &outcomes[..] else { unreachable!("there are four") };
    let asked = prompts.iter().collect::<BTreeSet<_>>().len();
    let most = most_kept.into_iter().max().unwrap_or(0);
    checks.check(
        most <= KEPT,
        format_args!("no server has more than {most} beginnings on the ring, and keeps {KEPT}"),
    );
    checks.equal(
        plain.misses,
        asked,
        format_args!("on a plain ring each of {asked} beginnings is read once"),
    );
    checks.check(
        u64::from(plain.most) > cap,
        format_args!(
            "but a server has {} prompts in flight, where its share would be {}",
            plain.most,
            CLIENTS as usize / NAMES.len()
        ),
    );
    checks.check(
        u64::from(bounded.most) <= cap,
        format_args!("on a bounded ring none has more than {cap}, by its own count"),
    );
    let rate = |outcome: &Outcome| outcome.hit_rate();
    checks.between(
        rate(bounded),
        [rate(random) + AHEAD, rate(plain)],
        "bounded: more hits than at random",
    );
    checks.between(
        rate(bounded),
        [rate(least) + AHEAD, rate(plain)],
        "bounded: more hits than where least is in flight",
    );
    Ok(())
}

/// The beginnings of all prompts: the nth is asked for in proportion to 1/n^1.1.
fn prompts(count: usize) -> Vec<u32> {
    let weights = (1..=BEGINNINGS).map(|n| f64::from(n).powf(-1.1));
    let sums: Vec<f64> = weights
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect();
    let all = sums.last().copied().unwrap_or_default();
    let prompt = |number| {
        let drawn = mix(number) as f64 / u64::MAX as f64 * all;
        sums.partition_point(|&sum| sum < drawn).min(BEGINNINGS as usize - 1) as u32
    };
    (0..count as u64).map(prompt).collect()
}

/// Sends all prompts to servers with empty caches, under a policy.
async fn under(policy: Policy, prompts: Arc<[u32]>, key: KeyOf) -> Result<Outcome> {
    let start = |_| {
        Server::start_self("prompt server", |port| {
            let server = PromptServer { port, keeps: KEPT, at_once: 4, hit_ms: 15, miss_ms: 60 };
            Ok(server.arguments())
        })
    };
    let servers = NAMES.iter().map(start).collect::<Result<Vec<_>>>()?;
    let named = NAMES.iter().zip(&servers);
    let members: Vec<Member> =
        named.map(|(name, server)| Backend::member(name, server.address())).collect();
    let (ring, _) = ring_of(members.clone()).await?;
    let watching = tokio::spawn(CHECKS.watch(ring.clone()));
    until("all servers are up", || all_up(&ring)).await?;

    let unaware = |least| {
        let servers = members.iter().map(|member| (Arc::clone(&member.node), Arc::default()));
        Unaware { servers: servers.collect(), least, asked: AtomicU64::new(0) }
    };
    let balance: Arc<dyn Balance> = match policy {
        Policy::Random => Arc::new(unaware(false)),
        Policy::LeastLoaded => Arc::new(unaware(true)),
        Policy::Ring => Arc::new(RingBalance::new(ring, ANY)),
        Policy::Bounded => Arc::new(RingBalance::new(ring, FACTOR)),
    };
    let listener = listen()?;
    let proxy = listener.local_addr()?;
    let serving = tokio::spawn(Proxy::new(balance, key).serve(listener));

    let next = Arc::new(AtomicUsize::new(0));
    let client = |_| tokio::spawn(ask(proxy, Arc::clone(&prompts), Arc::clone(&next)));
    let clients: Vec<_> = (0..CLIENTS).map(client).collect();
    let mut outcome = Outcome::default();
    for client in clients {
        let its = client.await??;
        outcome.hits += its.hits;
        outcome.misses += its.misses;
        outcome.most = outcome.most.max(its.most);
        outcome.took.extend(its.took);
    }
    outcome.took.sort_unstable();
    watching.abort();
    serving.abort();
    Ok(outcome)
}

/// A client, who sends the next prompt as soon as the last one is answered.
async fn ask(proxy: SocketAddr, prompts: Arc<[u32]>, next: Arc<AtomicUsize>) -> Result<Outcome> {
    let mut connection = Connection::open(Ipv4Addr::LOCALHOST, proxy).await?;
    let mut outcome = Outcome::default();
    while let Some(beginning) = prompts.get(next.fetch_add(1, Ordering::Relaxed)) {
        let asked = Instant::now();
        let header: (HeaderName, &str) = (BEGINNING, &beginning.to_string());
        let answer = connection.ask(Method::GET, header).await.context("a prompt has no answer")?;
        ensure!(answer.status() == StatusCode::OK, "a prompt is answered {}", answer.status());
        outcome.took.push(asked.elapsed());
        let hit = count_of(answer.headers(), &HIT) == 1;
        *(if hit { &mut outcome.hits } else { &mut outcome.misses }) += 1;
        outcome.most = outcome.most.max(count_of(answer.headers(), &IN_FLIGHT));
    }
    Ok(outcome)
}
