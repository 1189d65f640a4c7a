//! A ring that is edited has the points of one that is built at once, for all systems with recorded answers.
//!
//! `cargo test -p annulus-profiles --all-features --test edits -- --nocapture` prints how many edits there are of
//! each.

#[allow(dead_code, reason = "other tests use the rest of it")]
mod common;
#[allow(dead_code, reason = "other tests use the rest of it")]
#[path = "common/edited.rs"]
mod edited;

use annulus::{HeapRing, KeyHash, Position};
use annulus_profiles::{Server, System, Visit};
use common::{Case, profile};
use edited::{Edit, carry_out, each_system, points, steps};

/// Edits the ring of a case in all ways, and answers how many edits there were.
///
/// Parts of a server's points are compared with the whole besides.
struct Edited<'c>(&'c Case);

impl<'c> Visit<Server<'c>> for Edited<'c> {
    type Answer = usize;

    fn visit<S: System<Server<'c>>, H: KeyHash<[u8]> + Clone>(
        self,
        config: S::Config,
        hash: H,
        _: S::Strategy<'_>,
    ) -> usize {
        let mut ring = HeapRing::<_, S, _>::with_hash(config, hash);
        let mut built = ring.clone();
        let steps = steps::<S>(self.0, config);
        for step in &steps {
            carry_out!(ring, step);
            built.clear();
            built.insert_all(step.servers.iter().copied()).unwrap();
            let same = points(ring.view()) == points(built.view());
            assert!(same, "{}: {}", self.0.name, step.what);
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
        steps.len()
    }
}

#[test]
fn edited_rings_have_the_points_of_built_ones() {
    each_system(|system, recorded| {
        let edits: usize =
            recorded.cases.iter().map(|case| profile(case).visit(Edited(case))).sum();
        println!("{system}: {edits} edits of {} rings", recorded.cases.len());
        assert!(edits >= 5 * recorded.cases.len(), "{system}: {edits} edits");
    });
}
