//! The staging: servers, clients and faults, what is counted, and what is claimed of it.

mod clients;
mod nginx;
pub(crate) mod prompt_server;
mod prompts;
mod sessions;
mod tally;

use std::net::Ipv4Addr;
use std::time::Duration;

use annulus::{HeapRing, SharedRing};
use annulus_uses::{Checks, Options};
use anyhow::{Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep};

use crate::Sabotage;
use crate::backend::Member;
use crate::health;
use crate::members::Members;

/// How backends are checked. The time for an answer is so long that a busy machine fails none.
const CHECKS: health::Checks = health::Checks {
    path: nginx::HEALTH,
    every: Duration::from_millis(50),
    within: Duration::from_secs(10),
    fall: 3,
    rise: 2,
};

/// How long the story waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tells both stories; if something is broken on purpose, the one that it is part of.
pub(crate) fn tell(options: Options<Sabotage>, checks: &mut Checks) -> Result<()> {
    raise_open_files()?;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // Servers are started in this thread, which outlives them.
    if options.sabotage != Some(Sabotage::WholePrompts) {
        runtime.block_on(sessions::tell(options, checks))?;
    }
    if matches!(options.sabotage, None | Some(Sabotage::WholePrompts)) {
        runtime.block_on(prompts::tell(options, checks))?;
    }
    Ok(())
}

/// Each request in flight takes three sockets of this process.
fn raise_open_files() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?)
}

/// A socket for the proxy, before which many may wait: one whom the kernel turned away would try again only after
/// seconds.
fn listen() -> Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    Ok(socket.listen(4_096)?)
}

/// A ring with these members, and its editor.
async fn ring_of(members: Vec<Member>) -> Result<(SharedRing<Member>, Members)> {
    let ring = SharedRing::new(HeapRing::new(), 16)?;
    let mut editor = Members::new(ring.owned_writer()?);
    editor.insert(members).await?;
    Ok((ring, editor))
}

/// Waits until something has come about.
async fn until(what: &str, come: impl Fn() -> bool) -> Result<()> {
    let started = Instant::now();
    while !come() {
        ensure!(started.elapsed() < PATIENCE, "{what}: not after {} s", PATIENCE.as_secs());
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Whether all members of the ring are up.
fn all_up(ring: &SharedRing<Member>) -> bool {
    ring.pin().view().members().iter().all(|member| member.node().node.health().is_up())
}

/// A number that looks random, the same for the same number (the finalizer of SplitMix64).
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
