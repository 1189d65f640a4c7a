//! Owners spread over zones in rounds, on every storage; and what rules answer about a whole ring: ranges,
//! effective shares, room that is too short, and what is doubtful in a membership.

mod common;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use annulus::{Diff, Finding, NamedNode, Native, Ring, RingRef, RomRing, RoomError, Rule};
use common::Random;
use common::lent;
use common::membership::Node;
use common::oracle::Naive;
use common::placements::{Aimed, Coarse};
use common::places::{Side, places};

/// No maximum a zone.
const ANY: usize = usize::MAX;

const fn node(name: &'static str, zone: &'static str) -> Node {
    NamedNode::new(name).with_zone(zone)
}

/// Zones whose nodes have points as densely as those of the others.
static TWO_ZONES: RomRing<10, 160, Aimed> = RomRing::with_hash(
    16,
    Aimed,
    [
        node("a", "east"),
        node("b", "east"),
        node("c", "east"),
        node("d", "east"),
        node("e", "east"),
        node("f", "west"),
        node("g", "west"),
        node("h", "west"),
        node("i", "west"),
        node("j", "west"),
    ],
);
static THREE_ZONES: RomRing<12, 192, Aimed> = RomRing::with_hash(
    16,
    Aimed,
    [
        node("a", "east"),
        node("b", "east"),
        node("c", "east"),
        node("d", "east"),
        node("e", "west"),
        node("f", "west"),
        node("g", "west"),
        node("h", "west"),
        node("i", ""),
        node("j", ""),
        node("k", ""),
        node("l", ""),
    ],
);
/// Zones of one, two and five nodes, and one whose only node has no points.
static UNEVEN: RomRing<9, 126, Aimed> = RomRing::with_hash(
    7,
    Aimed,
    [
        node("a", "large").with_weight(3),
        node("b", "middle").with_weight(5),
        node("c", "large"),
        node("d", "small"),
        node("e", "drained").with_weight(0),
        node("f", "large").with_weight(2),
        node("g", "large"),
        node("h", "middle"),
        node("i", "large").with_weight(4),
    ],
);
static WITHOUT_ZONES: RomRing<5, 80, Aimed> = RomRing::with_hash(
    16,
    Aimed,
    [node("a", ""), node("b", ""), node("c", ""), node("d", ""), node("e", "")],
);
static ZONE_EACH: RomRing<5, 80, Aimed> = RomRing::with_hash(
    16,
    Aimed,
    [node("a", "1"), node("b", "2"), node("c", ""), node("d", "4"), node("e", "5")],
);

type View<'a> = RingRef<'a, Node, Native, Aimed>;

/// Checks a ring in flash, and rings of its members on each other storage.
fn on_every_storage<const NODES: usize, const POINTS: usize>(
    rom: &RomRing<NODES, POINTS, Aimed>,
    check: impl Fn(View<'_>),
) {
    let vnodes = rom.view().vnodes();
    let nodes = || rom.view().members().iter().map(|member| *member.node());
    check(rom.view());
    let mut inline = Box::new(Ring::<Node, NODES, POINTS, Native, Aimed>::with_hash(vnodes, Aimed));
    inline.insert_all(nodes()).unwrap();
    check(inline.view());
    let mut lent = lent::ring::<Node, Native, Aimed>((NODES, POINTS), 64, vnodes, Aimed);
    lent.insert_all(nodes()).unwrap();
    check(lent.view());
    #[cfg(feature = "alloc")]
    {
        let mut heap = annulus::HeapRing::<Node, Native, Aimed>::with_hash(vnodes, Aimed);
        heap.insert_all(nodes()).unwrap();
        check(heap.view());
    }
}

/// Keys of every class: whichever key there is has the owners of one of these.
fn keys(view: View<'_>) -> Vec<u64> {
    view.ranges().map(|owned| u64::from(owned.range.end) << 32).collect()
}

/// The owners of a key under a rule, by all verbs.
fn owners<'a>(view: View<'a>, key: u64, rule: Rule<'a>) -> Vec<&'a Node> {
    let ruled = view.under(rule);
    let mut out = vec![None; rule.count()];
    let found = ruled.owners(&key, &mut out);
    let mut numbers = vec![7; rule.count()];
    assert_eq!(ruled.owner_numbers(&key, &mut numbers), found);
    for (node, number) in out.iter().zip(&numbers) {
        assert_eq!(node.map(|node| node.name), view.member(*number).map(|m| m.node().name));
    }
    if let Some(max) = rule.max_per_zone() {
        let up = |number| !rule.is_down(number);
        let mut same = vec![None; rule.count()];
        let up_node = |node: &Node| up(view.number_of(node.name.as_bytes()).unwrap());
        assert_eq!(view.owners_over_zones(&key, max, up_node, &mut same), found);
        assert_eq!(same, out);
        let mut same = vec![7; rule.count()];
        assert_eq!(view.owner_numbers_over_zones(&key, max, up, &mut same), found);
        assert_eq!(same, numbers);
    }
    assert_eq!(ruled.owner(&key), out.first().copied().flatten());
    assert!(out[found..].iter().all(Option::is_none));
    out.into_iter().flatten().collect()
}

/// How many of some nodes each zone has.
fn by_zone<'a>(nodes: &[&Node]) -> BTreeMap<&'a str, usize> {
    let mut zones = BTreeMap::new();
    nodes.iter().for_each(|node| *zones.entry(node.zone).or_default() += 1);
    zones
}

/// The bitmap of the members in this zone, which are down.
fn zone_down(view: View<'_>, zone: &str) -> [u64; 1] {
    let numbered = view.members().iter().enumerate();
    let down = numbered.filter(|(_, member)| member.node().zone == zone);
    [down.map(|(number, _)| 1 << number).sum()]
}

#[test]
fn two_zones_have_two_each_of_four_replicas() {
    on_every_storage(&TWO_ZONES, |view| {
        for key in keys(view) {
            let owners = owners(view, key, Rule::over_zones(4));
            assert_eq!(by_zone(&owners), [("east", 2), ("west", 2)].into());
            // Each round has both zones, and begins with the node that comes first.
            assert_ne!(owners[0].zone, owners[1].zone);
            assert_eq!(Some(owners[0]), view.owner(&key));
        }
    });
}

#[test]
fn three_zones_have_two_each_of_six_replicas() {
    on_every_storage(&THREE_ZONES, |view| {
        for key in keys(view) {
            let owners = owners(view, key, Rule::over_zones(6));
            assert_eq!(by_zone(&owners), [("", 2), ("east", 2), ("west", 2)].into());
            assert_eq!(by_zone(&owners[..3]), [("", 1), ("east", 1), ("west", 1)].into());
        }
    });
}

/// Where a zone is down, a maximum of one leaves a short answer. Without a maximum the others fill in.
#[test]
fn with_a_zone_down_a_strict_answer_is_short() {
    on_every_storage(&THREE_ZONES, |view| {
        for zone in ["", "east", "west"] {
            let down = zone_down(view, zone);
            for key in keys(view) {
                let strict = Rule::over_zones(3).with_max_per_zone(1).with_down(&down);
                let strict = owners(view, key, strict);
                assert_eq!((strict.len(), by_zone(&strict).len()), (2, 2));
                assert!(strict.iter().all(|node| node.zone != zone));
                let lenient = owners(view, key, Rule::over_zones(3).with_down(&down));
                assert_eq!((lenient.len(), by_zone(&lenient).len()), (3, 2));
                assert_eq!(lenient[..2], strict);
                let owner = owners(view, key, Rule::owner().with_down(&down));
                assert_eq!(owner, strict[..1]);
            }
        }
        let all = [u64::MAX];
        for rule in [Rule::owner(), Rule::replicas(3), Rule::over_zones(3)] {
            assert!(owners(view, 1, rule.with_down(&all)).is_empty());
        }
    });
}

/// Rounds of three, two, one, one and one node. Weights decide how near nodes are, not how many count.
#[test]
fn uneven_zones_give_what_they_have() {
    on_every_storage(&UNEVEN, |view| {
        let naive = Naive::of(view);
        for key in keys(view) {
            for (k, max, expected) in [
                (3, ANY, [1, 1, 1]),
                (5, ANY, [2, 2, 1]),
                (6, ANY, [3, 2, 1]),
                (9, ANY, [5, 2, 1]),
                (9, 2, [2, 2, 1]),
                (9, 3, [3, 2, 1]),
                (9, 1, [1, 1, 1]),
                (9, 0, [0, 0, 0]),
            ] {
                let rule = Rule::over_zones(k).with_max_per_zone(max);
                let zones = by_zone(&owners(view, key, rule));
                let found = ["large", "middle", "small"].map(|zone| zones.get(zone).copied());
                assert_eq!(found.map(Option::unwrap_or_default), expected, "{k}, {max} a zone");
                assert!(!zones.contains_key("drained"));
            }
            for (k, max) in (0..11).flat_map(|k| (0..7).map(move |max| (k, max))) {
                let mut expected = naive.rounds(key >> 32, |_| true, max);
                expected.truncate(k);
                let owners = owners(view, key, Rule::over_zones(k).with_max_per_zone(max));
                let found: Vec<&[u8]> = owners.iter().map(|node| node.name.as_bytes()).collect();
                assert_eq!(found, expected, "{k}, {max} a zone");
            }
        }
    });
}

/// Nodes without the name of a zone are in one zone together, also for the maximum.
#[test]
fn where_no_zone_has_a_name_owners_are_those_of_the_walk() {
    on_every_storage(&WITHOUT_ZONES, |view| {
        for key in keys(view) {
            for k in 0..7 {
                let plain = owners(view, key, Rule::replicas(k));
                assert_eq!(owners(view, key, Rule::over_zones(k)), plain);
                for max in 0..7 {
                    let most = plain.len().min(max);
                    let rule = Rule::over_zones(k).with_max_per_zone(max);
                    assert_eq!(owners(view, key, rule), plain[..most]);
                }
            }
        }
    });
}

#[test]
fn where_each_node_has_a_zone_of_its_own_owners_are_those_of_the_walk() {
    on_every_storage(&ZONE_EACH, |view| {
        for key in keys(view) {
            for k in 0..7 {
                let plain = owners(view, key, Rule::replicas(k));
                assert_eq!(owners(view, key, Rule::over_zones(k)), plain);
                assert_eq!(owners(view, key, Rule::over_zones(k).with_max_per_zone(1)), plain);
            }
        }
    });
}

#[test]
fn rules_are_equal_where_they_ask_for_the_same() {
    assert_eq!(Rule::owner(), Rule::replicas(1));
    assert_ne!(Rule::owner(), Rule::over_zones(1));
    assert_eq!(Rule::over_zones(4), Rule::replicas(4).with_max_per_zone(ANY));
    assert_ne!(Rule::over_zones(4), Rule::over_zones(4).with_max_per_zone(1));
    let down = [5, 1];
    let rule = Rule::over_zones(4).with_max_per_zone(2).with_down(&down);
    assert_eq!(rule, Rule::replicas(4).with_down(&down).with_max_per_zone(2));
    assert_eq!((rule.count(), rule.max_per_zone()), (4, Some(2)));
    assert_eq!(Rule::replicas(3).with_down(&down).max_per_zone(), None);
    // The bits that are set, and no other number.
    let down: Vec<u32> = (0..300).filter(|&number| rule.is_down(number)).collect();
    assert_eq!(down, [0, 2, 64]);
    assert!(!rule.is_down(u32::MAX));
}

/// In a ring of more members than one word has bits, by bitmaps of no word, too few, enough and too many.
#[test]
fn members_past_the_end_of_a_bitmap_are_up() {
    const NODES: usize = 130;
    static NAMES: LazyLock<Vec<String>> =
        LazyLock::new(|| (0..NODES).map(|i| format!("n{i:03}")).collect());
    let names: &'static [String] = &NAMES;
    // In the second ring there are more zones than a word has bits: one for each node.
    let zones = ["east", "north", "west"];
    let zoned = |of: &dyn Fn(usize) -> &'static str| {
        let mut ring = Box::new(Ring::<_, NODES, 520, Native, Aimed>::with_hash(4, Aimed));
        let nodes = names.iter().enumerate();
        let node = |(at, name): (usize, &'static String)| NamedNode::new(name).with_zone(of(at));
        ring.insert_all(nodes.map(node)).unwrap();
        ring
    };
    for ring in [zoned(&|at| zones[at % 3]), zoned(&|at| &names[at])] {
        let view = ring.view();
        for words in 0..4 {
            let down = [u64::MAX; 4];
            let down = &down[..words];
            let up = NODES.saturating_sub(64 * words);
            for rule in [Rule::replicas(NODES), Rule::over_zones(NODES)] {
                let mut numbers = [7; NODES];
                let under = view.under(rule.with_down(down));
                assert_eq!(under.owner_numbers(&1, &mut numbers), up);
                numbers[..up].sort_unstable();
                assert!(numbers[..up].iter().copied().eq((NODES - up) as u32..NODES as u32));
            }
        }
    }
}

/// A ring on a coarse circle, with zones that are few or many.
fn coarse(random: &mut Random) -> Box<Ring<Node, 12, 1_024, Coarse<8>, Aimed>> {
    const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let mut ring = Box::new(Ring::with_hash(1 + random.below(20) as u32, Aimed));
    let nodes = random.below(NAMES.len() + 1);
    let zones = [1, 2, 3, 12][random.below(4)];
    ring.insert_all(NAMES[..nodes].iter().map(|name| {
        let (weight, zone) = (random.below(4) as u32, NAMES[random.below(zones)]);
        NamedNode::new(name).with_weight(weight).with_zone(zone)
    }))
    .unwrap();
    ring
}

/// The ring of a test, and what is asked of it.
fn side<'a>(view: RingRef<'a, Node, Coarse<8>, Aimed>, random: &mut Random) -> Side<'a> {
    let mut down: Vec<_> = view.members().iter().map(|member| member.node().name).collect();
    let often = [0, 2, 8][random.below(3)];
    down.retain(|_| random.below(16) < often);
    let over_zones = [None, Some(1), Some(2), Some(ANY)][random.below(4)];
    Side { view, replicas: random.below(8), over_zones, down }
}

#[test]
fn shares_and_ranges_are_what_counting_gives() {
    for seed in 0..if cfg!(annulus_brief) { 60 } else { 300 } {
        let mut random = Random(seed);
        let ring = coarse(&mut random);
        let side = side(ring.view(), &mut random);
        let words = side.words();
        let ruled = side.under(&words);
        let holders = match side.view.point_count() {
            0 => vec![],
            _ => side.holders(),
        };
        let mut room = vec![7; side.replicas.min(side.view.len())];
        let mut shares = vec![7; side.view.len()];
        ruled.shares(&mut room, &mut shares).unwrap();
        // Positions after one place and up to the next have the owners of the next.
        let copies = holders.iter().map(|holders| (holders.len() as u128) << 24);
        assert_eq!(shares.iter().sum::<u128>(), copies.sum::<u128>());
        for nobody in [side.view.len() as u32, u32::MAX] {
            assert_eq!(ruled.ranges_of(nobody, &mut room).unwrap().count(), 0);
        }
        for (number, member) in (0..).zip(side.view.members()) {
            let name = member.node().name;
            let holds = (0..).zip(&holders).filter(|(_, holders)| holders.contains(&name));
            let expected: Vec<u32> = holds.map(|(place, _)| place).collect();
            assert_eq!(shares[number as usize], (expected.len() as u128) << 24, "{name}");
            let ranges: Vec<_> = ruled.ranges_of(number, &mut room).unwrap().collect();
            let mut held = Vec::new();
            ranges.iter().for_each(|range| places(*range, |place| held.push(place)));
            held.sort_unstable();
            assert_eq!(held, expected, "{name}");
            assert!(
                ranges.windows(2).all(|pair| pair[0].end < pair[1].start),
                "neighbours are one"
            );
        }
    }
}

/// Nobody is down, and there are enough nodes: each position has K holders.
#[test]
fn shares_add_up_to_so_many_circles() {
    let mut shares = [0; 12];
    let view = THREE_ZONES.view();
    for (rule, copies) in [
        (Rule::owner(), 1),
        (Rule::replicas(4), 4),
        (Rule::over_zones(6), 6),
        (Rule::over_zones(6).with_max_per_zone(1), 3),
        (Rule::over_zones(40), 12),
        (Rule::over_zones(6).with_max_per_zone(0), 0),
    ] {
        view.under(rule).shares(&mut [0; 12], &mut shares).unwrap();
        assert_eq!(shares.iter().sum::<u128>(), copies << 32, "{rule:?}");
    }
    // Nobody shares with the only node of a zone.
    let mut shares = [0; 9];
    UNEVEN.view().under(Rule::over_zones(3)).shares(&mut [0; 3], &mut shares).unwrap();
    let small = UNEVEN.view().number_of(b"d").unwrap();
    assert_eq!(shares[small as usize], 1 << 32);
    let by_zone = |zone| {
        let members = UNEVEN.view().members().iter().zip(shares);
        members
            .filter(|(member, _)| member.node().zone == zone)
            .map(|(_, share)| share)
            .sum::<u128>()
    };
    assert_eq!(["large", "middle", "drained"].map(by_zone), [1 << 32, 1 << 32, 0]);
}

/// Room may be longer than it need be, and shares may not. Whoever refuses has written nothing.
#[test]
fn what_does_not_fit_into_the_room_is_refused() {
    let view = UNEVEN.view();
    let (nodes, shares) = (view.len(), &mut [7; 9]);
    for rule in [Rule::owner(), Rule::replicas(4), Rule::over_zones(9), Rule::over_zones(40)] {
        let ruled = view.under(rule);
        let needed = rule.count().min(nodes);
        for len in 0..needed + 2 {
            let (mut room, mut owners) = (vec![7; len], vec![None; len]);
            let mut enough = vec![None; needed];
            let expected = RoomError::Owners { needed, room: len };
            let expected = if len < needed { Err(expected) } else { Ok(()) };
            assert_eq!(ruled.ranges_of(0, &mut room).map(drop), expected);
            shares.fill(7);
            assert_eq!(ruled.shares(&mut room, shares), expected);
            assert_eq!(*shares == [7; 9], expected.is_err());
            let diff = Diff::under(view.under(Rule::replicas(0)), ruled);
            let mut visits = 0;
            let visit = |_, _: &[_], _: &[_]| visits += 1;
            let found = diff.visit_replica_moves(&mut [], &mut owners, visit);
            assert_eq!((found.map(drop), visits > 0), (expected, expected.is_ok()));
            let diff = Diff::under(ruled, view.under(Rule::replicas(0)));
            let found = diff.visit_replica_moves(&mut owners, &mut [], |_, _, _| {});
            assert_eq!(found.map(drop), expected);
            let diff = Diff::under(ruled, ruled);
            let found = diff.visit_replica_moves(&mut owners, &mut enough, |_, _, _| {});
            assert_eq!(found.map(drop), expected);
        }
    }
    for len in [0, nodes - 1, nodes + 1] {
        let mut shares = vec![7; len];
        let expected = RoomError::Shares { needed: nodes, room: len };
        assert_eq!(view.under(Rule::owner()).shares(&mut [0], &mut shares), Err(expected));
        assert!(shares.iter().all(|&share| share == 7));
    }
    let errors =
        [RoomError::Owners { needed: 3, room: 2 }, RoomError::Shares { needed: 9, room: 8 }];
    assert_eq!(
        errors.map(|error| error.to_string()),
        [
            "room for 2 owners of a position, of which there may be 3",
            "room for the shares of 8 members, of which there are 9",
        ]
    );
}

/// Names for up to 26 nodes, in their order.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";

/// Zones of so many nodes each.
fn zoned(zones: &[(&'static str, usize)]) -> Vec<Node> {
    let zones = zones.iter().flat_map(|&(zone, nodes)| vec![zone; nodes]);
    zones.enumerate().map(|(at, zone)| node(&LETTERS[at..=at], zone)).collect()
}

/// What is doubtful in a membership under a rule.
fn findings(nodes: Vec<Node>, rule: Rule<'_>) -> Vec<Finding> {
    let mut ring = Box::new(Ring::<Node, 26, 52>::with_vnodes(2));
    ring.insert_all(nodes).unwrap();
    ring.view().under(rule).check().collect()
}

#[test]
fn some_members_without_a_zone_are_found() {
    let rule = Rule::over_zones(2);
    assert_eq!(findings(zoned(&[("", 3), ("x", 3)]), rule), [missing(3, 0)]);
    assert_eq!(findings(zoned(&[("x", 5), ("", 4), ("y", 4)]), rule), [missing(4, 5)]);
    // Of one zone in the order of members, the first need not come first.
    let mut nodes = zoned(&[("x", 2), ("", 1), ("x", 1), ("", 1)]);
    assert_eq!(findings(nodes.clone(), rule), [missing(2, 2)]);
    // All have one, or none has.
    nodes.iter_mut().for_each(|node| node.zone = if node.zone.is_empty() { "y" } else { "x" });
    assert_eq!(findings(nodes, rule), []);
    assert_eq!(findings(zoned(&[("", 6)]), Rule::over_zones(1)), []);
    // Zones do not matter to other rules.
    assert_eq!(findings(zoned(&[("", 3), ("x", 3)]), Rule::replicas(2)), []);
    assert_eq!(findings(vec![], rule), []);
}

fn missing(members: usize, first: u32) -> Finding {
    Finding::ZonesMissing { members, first }
}

#[test]
fn fewer_zones_than_replicas_are_found() {
    let zones = [("x", 3), ("y", 3), ("z", 3)];
    assert_eq!(findings(zoned(&zones), Rule::over_zones(3)), []);
    let few = |zones, replicas| [Finding::FewZones { zones, replicas }];
    assert_eq!(findings(zoned(&zones), Rule::over_zones(4)), few(3, 4));
    assert_eq!(findings(zoned(&zones), Rule::over_zones(4).with_max_per_zone(1)), few(3, 4));
    assert_eq!(findings(zoned(&zones), Rule::replicas(4)), []);
    // A zone counts if any of its nodes has points.
    let mut nodes = zoned(&zones);
    nodes[6..8].iter_mut().for_each(|node| node.weight = 0);
    let small = Finding::SmallZones { zones: 1, fewer_than: 2 };
    assert_eq!(findings(nodes.clone(), Rule::over_zones(3)), [small]);
    nodes[8].weight = 0;
    assert_eq!(findings(nodes.clone(), Rule::over_zones(3)), few(2, 3));
    nodes.iter_mut().for_each(|node| node.weight = 0);
    assert_eq!(findings(nodes, Rule::over_zones(3)), []);
    // Who is down is a member still.
    let mut ring = Box::new(Ring::<Node, 26, 52>::with_vnodes(2));
    ring.insert_all(zoned(&zones)).unwrap();
    let down = [u64::MAX];
    assert_eq!(ring.view().under(Rule::over_zones(3).with_down(&down)).check().count(), 0);
}

#[test]
fn zones_that_are_too_small_are_found() {
    let small = |zones, fewer_than| Finding::SmallZones { zones, fewer_than };
    let of = |sizes: [usize; 3], rule| {
        findings(zoned(&[("x", sizes[0]), ("y", sizes[1]), ("z", sizes[2])]), rule)
    };
    // Half the average, rounded up, is 2 for 12 nodes and 3 for 13.
    assert_eq!(of([2, 4, 6], Rule::over_zones(3)), []);
    assert_eq!(of([1, 5, 6], Rule::over_zones(3)), [small(1, 2)]);
    // With fewer replicas than zones, a small zone has no replica of many keys.
    assert_eq!(of([1, 5, 6], Rule::over_zones(2)), []);
    assert_eq!(of([1, 1, 10], Rule::over_zones(3)), [small(2, 2)]);
    assert_eq!(of([2, 4, 7], Rule::over_zones(3)), [small(1, 3)]);
    assert_eq!(of([3, 3, 7], Rule::over_zones(3)), []);
    // A part of the replicas, rounded up, is 2 for six replicas and 3 for seven.
    let few = |replicas| Finding::FewZones { zones: 3, replicas };
    assert_eq!(of([2, 4, 6], Rule::over_zones(6)), [few(6)]);
    assert_eq!(of([2, 4, 6], Rule::over_zones(7)), [few(7), small(1, 3)]);
    assert_eq!(of([2, 2, 8], Rule::over_zones(7)), [few(7), small(2, 3)]);
    assert_eq!(of([2, 4, 6], Rule::replicas(7)), []);
    // Where there are more replicas than nodes, zones of one size are not to blame.
    assert_eq!(of([2, 2, 2], Rule::over_zones(20)), [few(20)]);
    assert_eq!(findings(zoned(&[("x", 1)]), Rule::over_zones(1)), []);
}

#[test]
fn doubtful_identities_are_found_under_every_rule() {
    for rule in [Rule::owner(), Rule::replicas(2), Rule::over_zones(1)] {
        let found = |names: &[&'static str]| {
            findings(names.iter().map(|name| NamedNode::new(name)).collect(), rule)
        };
        let blank = |members, first| Finding::BlankIdentities { members, first };
        let control = |members, first| Finding::ControlCharacters { members, first };
        assert_eq!(found(&["a", "a b", " c", "d ", "\u{e4}"]), []);
        assert_eq!(found(&["", "a"]), [blank(1, 0)]);
        assert_eq!(found(&["a", " ", "   "]), [blank(2, 0)]);
        assert_eq!(found(&["a", "\u{a0}\u{3000}"]), [blank(1, 1)]);
        assert_eq!(found(&["!", " ", "a\n"]), [blank(1, 0), control(1, 2)]);
        assert_eq!(found(&["a", "a\n"]), [control(1, 1)]);
        assert_eq!(found(&["a\u{7f}", "a~", "b\u{85}", "\0", "\u{1f}"]), [control(4, 0)]);
        assert_eq!(found(&["\t"]), [blank(1, 0), control(1, 0)]);
    }
    // Bytes that are no text have no characters.
    let mut ring = Ring::<[u8; 2], 2, 4>::with_vnodes(2);
    ring.insert(*b"\xff\n").unwrap();
    assert_eq!(ring.view().under(Rule::owner()).check().next(), None);
    ring.insert(*b"a\n").unwrap();
    assert_eq!(ring.view().under(Rule::owner()).check().count(), 1);
}

#[test]
fn findings_are_clauses() {
    let findings = [
        missing(3, 7),
        Finding::FewZones { zones: 2, replicas: 3 },
        Finding::SmallZones { zones: 1, fewer_than: 4 },
        Finding::BlankIdentities { members: 2, first: 5 },
        Finding::ControlCharacters { members: 6, first: 8 },
    ];
    assert_eq!(
        findings.map(|finding| finding.to_string()),
        [
            "members without a zone while others have one: 3, first member 7",
            "replicas: 3, zones: 2",
            "zones with fewer than 4 nodes: 1",
            "blank identities: 2, first that of member 5",
            "identities with control characters: 6, first that of member 8",
        ]
    );
}

/// Answers borrow the ring, but not the bitmap of who is down.
#[test]
fn answers_outlive_the_rule() {
    fn next<'a>(view: View<'a>, key: u64) -> Option<&'a Node> {
        let owner = view.owner_number(&key)?;
        let mut down = vec![0; view.len().div_ceil(64)];
        down[owner as usize / 64] |= 1 << (owner % 64);
        view.under(Rule::over_zones(2).with_down(&down)).owner(&key)
    }
    let mut ring = Box::new(Ring::<Node, 4, 40, Native, Aimed>::with_hash(10, Aimed));
    ring.insert_all(zoned(&[("x", 2), ("y", 2)])).unwrap();
    for key in (0..100).map(|key| key << 57) {
        let view = ring.view();
        let second = view.replicas::<2>(&key)[1];
        assert_eq!(next(view, key), Some(second));
    }
}
