//! Names and keys chosen by somebody who knows the placement: what they can do, and what they cannot.

mod common;

use annulus::{ByIdentity, Change, Native, Ring, Rule, SipHash13, Xxh3};
use common::names;
use common::oracle::Naive;
use common::placements::Aimed;

/// How many names, or keys, the attacker has.
const MANY: usize = if cfg!(miri) { 200 } else { 10_000 };

type Crowd = Ring<[u8; 8], MANY, MANY>;

/// A ring of nodes with a point each, and the names in the order of those.
fn crowd(points: impl Iterator<Item = u64>) -> Box<Crowd> {
    let mut ring = Box::new(Crowd::with_vnodes(1));
    ring.insert_all(points.map(names::for_point)).unwrap();
    ring
}

#[test]
fn names_can_be_computed_for_any_point() {
    for point in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef, 1 << 63] {
        let name = names::for_point(point);
        let seed = <Native>::seed(&name);
        assert_eq!(<Native<u64>>::point(seed, 0), point);
        assert_eq!(<Native>::point(seed, 0), (point >> 32) as u32);
    }
}

/// What a lookup does in such a ring is right; how many comparisons it takes is counted in the
/// library's own tests.
#[test]
fn a_crowd_in_one_bucket_or_on_one_position_is_found() {
    let start = 0x7654_3210_u64;
    for step in [1u64 << 32, 1] {
        let ring = crowd((0..MANY as u64).map(|i| (start << 32) + i * step));
        let view = ring.view();
        let naive = Naive::of(view);
        let points = view.points().map(|point| (u64::from(point.position), &point.node[..]));
        assert!(points.eq(naive.points.iter().map(|point| (point.0, point.1))));
        let many = MANY as u64;
        let last = [start + many / 2, start + many - 1, start + many];
        for at in [0, start - 1, start, start + 1].into_iter().chain(last) {
            let owner = view.owner_at(at as u32).map(|node| &node[..]);
            assert_eq!(owner, naive.owner(at), "{step:#x}: {at:#x}");
        }
    }
}

/// The last point of the circle, in the smallest ring, which has no index: nothing lies behind it.
#[test]
fn the_last_point_of_the_circle_comes_and_goes() {
    let name = names::for_point(u64::MAX);
    let mut ring = Ring::<[u8; 8], 1, 1, Native<u64>>::with_vnodes(1);
    let points = |ring: &Ring<[u8; 8], 1, 1, Native<u64>>| -> Vec<u64> {
        ring.view().points().map(|point| point.position).collect()
    };
    ring.insert(name).unwrap();
    assert_eq!(points(&ring), [u64::MAX]);
    assert_eq!(ring.view().owner_at(0), Some(&name));
    assert_eq!(ring.set_weight(name, 0), Ok(1));
    assert_eq!(points(&ring), []);
    assert_eq!(ring.set_weight(name, 1), Ok(0));
    assert_eq!(points(&ring), [u64::MAX]);
    assert_eq!(ring.remove(name), Ok(name));
    assert_eq!(points(&ring), []);
    ring.apply(&[Change::Insert(name)]).unwrap();
    assert_eq!(points(&ring), [u64::MAX]);
    ring.apply(&[Change::Remove(&name)]).unwrap();
    assert_eq!(points(&ring), []);
}

#[test]
fn keys_aimed_at_one_node_spread_under_a_secret() {
    const NODES: usize = 100;
    let nodes: Vec<String> = (0..NODES).map(|i| format!("cache-{i:03}")).collect();
    let mut open = Box::new(Ring::<&str, NODES, 15_000>::new());
    open.insert_all(nodes.iter().map(String::as_str)).unwrap();
    let open = open.view();
    let victim = "cache-042";
    // A hundredth of all keys are the victim's: those in search of them try a hundred for each.
    let mut tries = 0u64;
    let keys: Vec<[u8; 8]> = std::iter::repeat_with(|| {
        tries += 1;
        tries.to_le_bytes()
    })
    .filter(|key| open.owner(key) == Some(&victim))
    .take(MANY)
    .collect();
    assert_eq!(keys.len(), MANY);
    assert!(tries < 200 * MANY as u64, "{tries} tries");

    let secret = SipHash13::new(*b"known to us only");
    let mut keyed =
        Box::new(Ring::<&str, NODES, 15_000, Native, SipHash13>::with_hash(150, secret));
    keyed.insert_all(nodes.iter().map(String::as_str)).unwrap();
    let keyed = keyed.view();
    let mut counts = vec![0u32; NODES];
    for key in &keys {
        let owner = keyed.owner(key).unwrap();
        counts[nodes.iter().position(|name| name == owner).unwrap()] += 1;
    }
    // Against the shares of the circle, by chi-squared with 99 degrees of freedom: 99 with a
    // deviation of 14. Above 183 is less likely than one in a million.
    let chi_squared: f64 = nodes
        .iter()
        .zip(&counts)
        .map(|(name, &count)| {
            let expected = keyed.share(name.as_bytes()).unwrap() * MANY as f64;
            (f64::from(count) - expected).powi(2) / expected
        })
        .sum();
    assert!(chi_squared < 183.0, "{chi_squared}");
    let _: &Xxh3 = open.key_hash();
}

/// A node whose weight is another each time that it is asked for.
#[derive(Clone)]
struct Fickle<'c>(&'static str, &'c std::cell::Cell<u32>);

impl annulus::Node for Fickle<'_> {
    fn identity(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn weight(&self) -> u32 {
        self.1.set(self.1.get() + 1);
        self.1.get()
    }
}

/// A node whose zone is another each time that it is asked for.
#[derive(Clone)]
struct Nomad<'c>(String, &'c std::cell::Cell<usize>);

impl annulus::Node for Nomad<'_> {
    fn identity(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn zone(&self) -> &[u8] {
        self.1.set(self.1.get() * 5 % 7 + 1);
        &b"zones"[..self.1.get() % 4]
    }
}

/// Edits do not panic, and walks over zones end. They give no node twice, and none that is down.
#[test]
fn a_zone_that_changes_makes_no_walk_wrong_but_in_its_zones() {
    fn check(begin: usize, many: u8) {
        let asked = std::cell::Cell::new(begin);
        let node = |name: u8| Nomad(format!("n{name}"), &asked);
        let mut ring = Box::new(Ring::<Nomad<'_>, 48, 192, Native, Aimed>::with_hash(4, Aimed));
        ring.insert_all((0..many).map(node)).unwrap();
        for name in 0..many {
            match name % 3 {
                0 => drop(ring.remove(node(name).0.as_bytes()).unwrap()),
                1 => assert!(ring.insert(node(many + name)).is_ok()),
                _ => drop(ring.set_weight(node(name).0.as_bytes(), 2 * u32::from(name % 2))),
            }
            let (view, down) = (ring.view(), [0b1001]);
            for k in [1, 3, 48] {
                for max in [1, 2, usize::MAX] {
                    let mut numbers = [0; 48];
                    let rule = Rule::over_zones(k).with_max_per_zone(max).with_down(&down);
                    let found = view.under(rule).owner_numbers(&u64::from(name), &mut numbers);
                    let found = &mut numbers[..found];
                    found.sort_unstable();
                    assert!(found.is_sorted_by(|a, b| a < b) && found.len() <= k);
                    assert!(!found.iter().any(|number| [0, 3].contains(number)));
                }
            }
        }
    }
    for begin in 0..if cfg!(miri) { 1 } else { 7 } {
        check(begin, 2);
        check(begin, 9);
        check(begin, 24);
    }
}

/// Whether changes are sorted or not, the ring has as many points as its members' weights say, or none.
#[test]
fn a_weight_that_changes_leaves_no_ring_half_made() {
    fn check<const POINTS: usize>() {
        let asked = std::cell::Cell::new(0);
        let mut ring = Ring::<Fickle<'_>, 4, POINTS>::with_vnodes(1);
        let changes = ["a", "b"].map(|name| Change::Insert(Fickle(name, &asked)));
        let apply = std::panic::AssertUnwindSafe(|| ring.apply(&changes));
        if std::panic::catch_unwind(apply).is_err() {
            assert!(ring.view().is_empty());
        }
        let weights: u32 = ring.view().members().iter().map(|member| member.weight()).sum();
        assert_eq!(ring.view().point_count(), weights as usize);
        for member in ring.view().members() {
            let name = member.node().0;
            let owned = ring.view().points().filter(|point| point.node.0 == name).count();
            assert_eq!(owned, member.weight() as usize, "{name}");
        }
    }
    check::<40>();
    check::<400>();
}
