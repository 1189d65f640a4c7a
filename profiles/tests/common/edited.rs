//! The edits that the ring of a recorded case goes through, and the servers that it has after each.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;

use annulus::{Change, HeapRing, Node as _, Position, RingRef};
use annulus_profiles::{Profile, ProfileError, Server, System};

use crate::common::{Case, Owned, Recorded, place, profile};

/// The most servers of a case that come into its ring. 25 of one weight are where libmemcached rounds.
pub(crate) const MOST_SERVERS: usize = 26;

/// The most points of a ring. Servers beyond stay away, but for three.
const MOST_POINTS: usize = 4_200;

/// An edit, and what comes of it.
pub(crate) struct Step<'c> {
    pub(crate) what: &'static str,
    pub(crate) edit: Edit<'c>,
    /// The servers after it.
    pub(crate) servers: Vec<Server<'c>>,
}

/// What is asked of a ring, or of its writer.
pub(crate) enum Edit<'c> {
    Insert(Server<'c>),
    Remove(&'c str),
    SetWeight(&'c str, u32),
    Apply(Vec<Change<'c, Server<'c>>>),
    Reconcile,
}

/// Carries out a step on a ring or on its writer: their verbs have the same names.
macro_rules! carry_out {
    ($ring:expr, $step:expr) => {
        match &$step.edit {
            Edit::Insert(server) => drop($ring.insert(*server).unwrap()),
            Edit::Remove(address) => drop($ring.remove(address).unwrap()),
            Edit::SetWeight(address, weight) => drop($ring.set_weight(address, *weight).unwrap()),
            Edit::Apply(changes) => $ring.apply(changes).unwrap(),
            Edit::Reconcile => drop($ring.reconcile(&mut $step.servers.clone()).unwrap()),
        }
    };
}
pub(crate) use carry_out;

/// The steps of a case, from an empty ring on.
///
/// Edits ask for a part of a server's points, if no more than that comes or goes. Where the library builds such a ring
/// anew, nobody does.
pub(crate) fn steps<'c, S: System<Server<'c>>>(case: &'c Case, config: S::Config) -> Vec<Step<'c>> {
    let all: Vec<_> = case.servers.iter().map(Owned::server).take(MOST_SERVERS).collect();
    let mut steps = Vec::new();
    let mut step = |what, edit, servers: &[_]| {
        steps.push(Step { what, edit, servers: servers.to_vec() });
    };

    let mut ring = HeapRing::<_, S, _>::with_hash(config, ());
    // From the last on: each comes before those that are there.
    let mut first = all.len();
    while first > 0 && (ring.view().point_count() < MOST_POINTS || all.len() - first < 3) {
        first -= 1;
        ring.insert(all[first]).unwrap();
        step("one more", Edit::Insert(all[first]), &all[first..]);
    }
    let servers = &all[first..];

    for at in BTreeSet::from([0, servers.len() / 2, servers.len() - 1]) {
        let server = servers[at];
        let mut others = servers.to_vec();
        others.remove(at);
        step("one has left", Edit::Remove(server.address), &others);
        step("it is back", Edit::Insert(server), servers);

        let mut changed = servers.to_vec();
        changed[at] = reweighted(server);
        let weight = Edit::SetWeight(server.address, changed[at].weight());
        step("one has another weight", weight, &changed);
        let weight = Edit::SetWeight(server.address, server.weight());
        step("it has its weight again", weight, servers);
    }

    if let [first, middle, .., last] = *servers {
        let mut changed = servers[1..].to_vec();
        changed[0] = reweighted(middle);
        let weight = Change::SetWeight(middle.address.as_bytes(), changed[0].weight());
        let remove = Change::Remove(first.address.as_bytes());
        let again = [Change::Remove(last.address.as_bytes()), Change::Insert(last)];
        let batch = [remove, weight].into_iter().chain(again).collect();
        step("a batch", Edit::Apply(batch), &changed);
        let weight = Change::SetWeight(middle.address.as_bytes(), middle.weight());
        let batch = vec![Change::Replace(last), Change::Insert(first), weight];
        step("a batch back", Edit::Apply(batch), servers);

        changed.pop();
        changed.reverse();
        step("another list", Edit::Reconcile, &changed);
        step("the first list", Edit::Reconcile, servers);
    }
    steps
}

/// The server with another weight: 1, 2 or 3, or half of its tokens.
fn reweighted(server: Server<'_>) -> Server<'_> {
    match server.tokens {
        [] => server.with_weight(server.weight % 3 + 1),
        tokens => {
            let kept = &tokens[..tokens.len().div_ceil(2)];
            let server = server.with_weight(kept.len() as u32);
            server.with_tokens(kept, server.data_center, server.rack)
        }
    }
}

/// All points in their order, each with the place of its server.
pub(crate) fn points<'c, S: System<Server<'c>>, H>(
    view: RingRef<'_, Server<'c>, S, H>,
) -> Vec<(u64, u32)> {
    view.points().map(|at| (at.position.to_u64(), place(view, at.member))).collect()
}

/// The names of the systems with recorded cases that `Profile` knows.
fn systems() -> Vec<String> {
    let folders = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")).unwrap();
    let systems = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap());
    let known = |system: &String| match Recorded::of(system).cases.first() {
        Some(case) => !matches!(Profile::parse(&case.profile), Err(ProfileError::Name(_))),
        None => false,
    };
    let has_cases = |system: &String| {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("vectors")
            .join(system)
            .join("cases.tsv")
            .exists()
    };
    systems.filter(has_cases).filter(known).collect()
}

/// The stack of each thread, in bytes. Unoptimized, rings in place lie on it several times.
const STACK: usize = 64 << 20;

/// Hands each system's name and recorded answers to `check`, each in a thread; no system may be missing.
pub(crate) fn each_system(check: impl Fn(&str, &Recorded) + Sync) {
    let check = |system: String| {
        let recorded = Recorded::of(&system);
        check(&system, &recorded);
        recorded.cases.iter().map(|case| profile(case).name()).collect::<BTreeSet<_>>()
    };
    let names: BTreeSet<_> = thread::scope(|scope| {
        let check = &check;
        let spawn = |system| {
            let thread = thread::Builder::new().stack_size(STACK);
            thread.spawn_scoped(scope, move || check(system)).expect("a thread is spawned")
        };
        let threads: Vec<_> = systems().into_iter().map(spawn).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    // The library tests its own placement, and Envoy's is that of gRPC.
    let expected =
        Profile::NAMES.iter().copied().filter(|name| !["native", "envoy"].contains(name));
    assert_eq!(names, expected.collect());
}
