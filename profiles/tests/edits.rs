//! A ring that is edited has the points of one that is built at once, for all systems with recorded answers.
//!
//! `cargo test -p annulus-profiles --all-features --test edits -- --nocapture` prints how many edits there are of
//! each.

#[allow(dead_code, reason = "other tests use the rest of it")]
mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;

use annulus::{Change, HeapRing, KeyHash, Node as _, Position};
use annulus_profiles::{Profile, ProfileError, Server, System, Visit};
use common::{Case, Owned, Recorded, place, profile};

/// The most servers of a case that come into its ring. 25 of one weight are where libmemcached rounds.
const MOST_SERVERS: usize = 26;

/// The most points of a ring. Servers beyond stay away, but for three.
const MOST_POINTS: usize = 4_200;

/// Edits the ring of a case in all ways, and answers how many edits there were.
///
/// Edits ask for a part of a server's points, if no more than that comes or goes. Where the library builds such a ring
/// anew, nobody does, so that parts are compared with the whole besides.
struct Edit<'c>(&'c Case);

impl<'c> Visit<Server<'c>> for Edit<'c> {
    type Answer = usize;

    fn visit<S: System<Server<'c>>, H: KeyHash<[u8]> + Clone>(
        self,
        config: S::Config,
        hash: H,
        _: S::Strategy<'_>,
    ) -> usize {
        let mut built = HeapRing::<Server<'c>, S, H>::with_hash(config, hash);
        let mut ring = built.clone();
        let mut edits = 0;
        let mut compare =
            |ring: &HeapRing<Server<'c>, S, H>, servers: &[Server<'c>], what: &str| {
                built.clear();
                built.insert_all(servers.iter().copied()).unwrap();
                let of = |ring: &HeapRing<Server<'c>, S, H>| -> Vec<_> {
                    let view = ring.view();
                    let points = view.points();
                    points.map(|at| (at.position.to_u64(), place(view, at.member))).collect()
                };
                edits += 1;
                assert!(of(ring) == of(&built), "{}: {what}", self.0.name);
                ring.len()
            };

        let all: Vec<_> = self.0.servers.iter().map(Owned::server).take(MOST_SERVERS).collect();
        // From the last on: each comes before those that are there.
        let mut first = all.len();
        while first > 0 && (ring.view().point_count() < MOST_POINTS || all.len() - first < 3) {
            first -= 1;
            ring.insert(all[first]).unwrap();
            compare(&ring, &all[first..], "one more");
        }
        let servers = &all[first..];

        for at in BTreeSet::from([0, servers.len() / 2, servers.len() - 1]) {
            let server = servers[at];
            let mut others = servers.to_vec();
            others.remove(at);
            ring.remove(server.address).unwrap();
            compare(&ring, &others, "one has left");
            ring.insert(server).unwrap();
            compare(&ring, servers, "it is back");

            let mut changed = servers.to_vec();
            changed[at] = reweighted(server);
            ring.set_weight(server.address, changed[at].weight()).unwrap();
            compare(&ring, &changed, "one has another weight");
            ring.set_weight(server.address, server.weight()).unwrap();
            compare(&ring, servers, "it has its weight again");
        }

        if let [first, middle, .., last] = *servers {
            let mut changed = servers[1..].to_vec();
            changed[0] = reweighted(middle);
            ring.remove(last.address).unwrap();
            let weight = Change::SetWeight(middle.address.as_bytes(), changed[0].weight());
            let remove = Change::Remove(first.address.as_bytes());
            ring.apply(&[remove, weight, Change::Insert(last)]).unwrap();
            compare(&ring, &changed, "a batch");
            let weight = Change::SetWeight(middle.address.as_bytes(), middle.weight());
            ring.apply(&[Change::Replace(last), Change::Insert(first), weight]).unwrap();
            compare(&ring, servers, "a batch back");
        }
        for member in ring.view().members() {
            let (node, end) = (member.node(), member.point_count());
            let seed = S::seed(&config, node);
            let points = |range| S::points(&config, node, seed, range).map(Position::to_u64);
            let stream: Vec<_> = points(0..end).collect();
            for from in [1, 2, 3, end / 2, end.saturating_sub(1)].map(|from| from.min(end)) {
                let after = points(from..end);
                assert!(
                    after.eq(stream[from as usize..].iter().copied()),
                    "{}: from {from}",
                    self.0.name
                );
            }
        }
        edits
    }
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

#[test]
fn edited_rings_have_the_points_of_built_ones() {
    let edit = |system: String| {
        let recorded = Recorded::of(&system);
        let edits: usize = recorded.cases.iter().map(|case| profile(case).visit(Edit(case))).sum();
        println!("{system}: {edits} edits of {} rings", recorded.cases.len());
        assert!(edits >= 5 * recorded.cases.len(), "{system}: {edits} edits");
        recorded.cases.iter().map(|case| profile(case).name()).collect::<BTreeSet<_>>()
    };
    let names: BTreeSet<_> = thread::scope(|scope| {
        let threads: Vec<_> =
            systems().into_iter().map(|system| scope.spawn(move || edit(system))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    // The library tests its own placement, and Envoy's is that of gRPC.
    let expected =
        Profile::NAMES.iter().copied().filter(|name| !["native", "envoy"].contains(name));
    assert_eq!(names, expected.collect());
}
