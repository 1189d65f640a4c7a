//! Comparisons of a view with the naive ring: everything that a view answers.

use annulus::{Balance, BalanceFactor, NamedNode, Node as _, Position, RingRef, Rule};

use super::Random;
use super::holders::{Asked, any_down, any_maximum};
use super::membership::Node;
use super::oracle::{Naive, joined, joined_in_order};
use super::placements::Aimed;
use super::rules::Subject;

pub(crate) fn names<'a>(out: &[Option<&'a Node>]) -> Vec<&'a [u8]> {
    out.iter().flatten().map(|node| node.name.as_bytes()).collect()
}

/// Members and points are those of the naive ring, and every position finds its owner.
pub(crate) fn check_arrays<P: Subject>(
    view: RingRef<'_, Node, P, Aimed>,
    naive: &Naive<'_>,
) -> Vec<u64> {
    let members = view.members().iter().map(|member| {
        let node = member.node();
        (node.identity(), member.weight(), node.zone())
    });
    assert!(members.eq(naive.nodes.iter().copied()), "members");
    for &(identity, ..) in &naive.nodes {
        let number = naive.number(identity);
        assert_eq!(view.number_of(identity), Some(number));
        assert_eq!(view.member(number).unwrap().node().identity(), identity);
    }
    assert!(view.member(naive.nodes.len() as u32).is_none() && view.member(u32::MAX).is_none());
    assert_eq!(view.number_of(b"nobody"), None);
    assert_eq!(view.len(), naive.nodes.len());
    assert_eq!(view.is_empty(), naive.nodes.is_empty());
    assert_eq!(view.point_count(), naive.points.len());
    let points = view.points();
    let points = points.map(|p| (p.position.to_u64(), p.node.identity(), p.member));
    assert!(points.eq(naive.points.iter().map(|p| (p.0, p.1, naive.number(p.1)))), "points");
    assert_eq!(view.fingerprint(), naive.fingerprint());
    let max = P::Position::MAX.to_u64();
    let mut positions = vec![0, 1, max, max - 1, max / 2, max / 2 + 1];
    let ends = naive.key_ranges().into_iter().map(|range| range.1);
    for position in naive.points.iter().map(|point| point.0).chain(ends) {
        let before = position.wrapping_sub(1) & max;
        positions.extend([before, position, position.wrapping_add(1) & max]);
    }
    positions.sort_unstable();
    positions.dedup();
    for &position in &positions {
        let (at, expected) = (P::key(P::aim(position)), naive.owner(position));
        let owner = view.owner_at(at).map(|node| node.identity());
        assert_eq!(owner, expected, "at {position:#x}");
        let number = expected.map(|identity| naive.number(identity));
        assert_eq!(view.owner_number_at(at), number, "at {position:#x}");
    }
    positions
}

/// All walks from `position`.
pub(crate) fn check_walks<P: Subject>(
    view: RingRef<'_, Node, P, Aimed>,
    naive: &Naive<'_>,
    position: u64,
    random: &mut Random,
) {
    check_order(view, naive, position);
    for _ in 0..3 {
        check_bounded(view, naive, position, random);
    }
    // None alive, each alone, all, all but each, and any.
    let nodes = naive.nodes.len();
    let everyone = (1u64 << nodes) - 1;
    let alone = (0..nodes).map(|i| 1 << i);
    let mut sets: Vec<u64> = alone.flat_map(|bit| [bit, everyone & !bit]).collect();
    sets.extend([0, everyone, random.next() & everyone, random.next() & everyone]);
    for set in sets {
        for k in [0, 1, 2, 3, nodes, nodes + 1, random.below(nodes + 2)] {
            check_living(view, naive, position, set, k);
        }
        check_over_zones(view, naive, position, set, random.below(nodes + 2), any_maximum(random));
    }
}

/// The owners of a position, nearest first, by every verb that gives them whoever is alive.
pub(crate) fn check_order<P: Subject>(
    view: RingRef<'_, Node, P, Aimed>,
    naive: &Naive<'_>,
    position: u64,
) {
    let key = P::aim(position);
    let at = P::key(key);
    assert_eq!(view.position(&key), at);
    assert_eq!(at.to_u64(), position);
    assert_eq!(view.owner(&key).map(|node| node.identity()), naive.owner(position));
    let number = naive.owner(position).map(|identity| naive.number(identity));
    assert_eq!(view.owner_number(&key), number);
    let walk = view.points_from(at).map(|point| (point.node.identity(), point.member));
    let expected = naive.points_from(position).map(|identity| (identity, naive.number(identity)));
    assert!(walk.eq(expected), "walk from {position:#x}");

    let order = naive.order(position, |_| true);
    let stale = NamedNode::new("stale");
    let nodes = naive.nodes.len();
    for k in 0..=nodes + 1 {
        let mut out = vec![Some(&stale); k];
        assert_eq!(view.owners(&key, &mut out), order.len().min(k));
        assert!(out[order.len().min(k)..].iter().all(Option::is_none));
        assert_eq!(names(&out), order[..order.len().min(k)], "{k} from {position:#x}");
        let mut at_position = vec![Some(&stale); k];
        assert_eq!(view.owners_at(at, &mut at_position), order.len().min(k));
        assert_eq!(at_position, out);
    }
    fn ids<'a>(nodes: &[&'a Node]) -> Vec<&'a [u8]> {
        nodes.iter().map(|node| node.name.as_bytes()).collect()
    }
    assert_eq!(ids(&view.replicas::<0>(&key)), order[..0]);
    assert_eq!(ids(&view.replicas::<1>(&key)), order[..order.len().min(1)]);
    assert_eq!(ids(&view.replicas::<3>(&key)), order[..order.len().min(3)]);
    assert_eq!(ids(&view.replicas::<16>(&key)), order);
    assert_eq!(ids(&view.replicas_at::<0>(at)), order[..0]);
    assert_eq!(ids(&view.replicas_at::<3>(at)), order[..order.len().min(3)]);
    assert_eq!(ids(&view.replicas_at::<16>(at)), order);
}

/// The walks to `k` owners from `position` among the nodes whose bits `set` has.
pub(crate) fn check_living<P: Subject>(
    view: RingRef<'_, Node, P, Aimed>,
    naive: &Naive<'_>,
    position: u64,
    set: u64,
    k: usize,
) {
    let (key, stale) = (P::aim(position), NamedNode::new("stale"));
    let at = P::key(key);
    let alive = |identity: &[u8]| {
        set >> naive.nodes.iter().position(|node| node.0 == identity).unwrap() & 1 == 1
    };
    let living = |node: &Node| alive(node.identity());
    let order = naive.order(position, alive);
    let owner = view.owner_where(&key, living);
    assert_eq!(owner.map(|node| node.identity()), order.first().copied());
    assert_eq!(view.owner_where_at(at, living), owner);
    // The bits are in the order of the naive ring's nodes, so a bit's place is a number.
    let numbers: Vec<u32> = order.iter().map(|identity| naive.number(identity)).collect();
    let up = |number: u32| set >> number & 1 == 1;
    assert_eq!(view.owner_number_where(&key, up), numbers.first().copied());
    assert_eq!(view.owner_number_where_at(at, up), numbers.first().copied());
    let found = order.len().min(k);
    let mut out = vec![7; k];
    assert_eq!(view.owner_numbers_where(&key, up, &mut out), found);
    assert_eq!(out[..found], numbers[..found], "{k} alive of {set:b} from {position:#x}");
    assert!(out[found..].iter().all(|&number| number == u32::MAX));
    let mut at_position = vec![7; k];
    assert_eq!(view.owner_numbers_where_at(at, up, &mut at_position), found);
    assert_eq!(at_position, out);
    let mut out = vec![Some(&stale); k];
    assert_eq!(view.owners_where(&key, living, &mut out), found);
    assert_eq!(names(&out), order[..found], "{k} alive of {set:b} from {position:#x}");
    assert!(out[found..].iter().all(Option::is_none));
    let mut at_position = vec![Some(&stale); k];
    assert_eq!(view.owners_where_at(at, living, &mut at_position), found);
    assert_eq!(at_position, out);
}

/// The first node with room, where loads are any: below the caps or at them, by a factor near 1 or not.
pub(crate) fn check_bounded<P: Subject>(
    view: RingRef<'_, Node, P, Aimed>,
    naive: &Naive<'_>,
    position: u64,
    random: &mut Random,
) {
    let percent = [101, 125, 200, u32::MAX][random.below(4)];
    let caps = view.caps(BalanceFactor::percent(percent).unwrap());
    let owning = |node: &(&[u8], u32, &[u8])| naive.points.iter().any(|point| point.1 == node.0);
    let weights: u128 =
        naive.nodes.iter().filter(|node| owning(node)).map(|node| u128::from(node.1)).sum();
    // About as many units as fit, spread as chance will have it; more than the total, where it is stale.
    let total = random.below(4 * naive.nodes.len() + 1) as u64;
    let mut loads = vec![0; naive.nodes.len()];
    for _ in 0..total + random.below(3) as u64 {
        let number = random.below(loads.len().max(1));
        loads.get_mut(number).into_iter().for_each(|load| *load += 1);
    }
    let cap = |weight: u32| -> u128 {
        let units = u128::from(percent) * u128::from(weight) * u128::from(total + 1);
        if weights == 0 { 0 } else { units.div_ceil(100 * weights) }
    };
    let has_room = |identity: &[u8]| {
        let number = naive.number(identity) as usize;
        u128::from(loads[number]) < cap(naive.nodes[number].1)
    };
    for node in &naive.nodes {
        assert_eq!(u128::from(caps.of(node.1, total)), cap(node.1), "{percent} % of {total}");
    }
    // A node that no walk comes by is asked last.
    let hidden = naive.nodes.iter().find(|node| owning(node) && has_room(node.0));
    let expected = naive.order(position, has_room).first().copied().or(hidden.map(|node| node.0));
    if loads.iter().sum::<u64>() <= total && !naive.points.is_empty() {
        assert!(expected.is_some(), "refused while a node has room");
    }
    let (key, load) = (P::aim(position), |number: u32| loads[number as usize]);
    let at = P::key(key);
    let number = expected.map(|identity| naive.number(identity));
    assert_eq!(view.owner_number_bounded(&key, &caps, total, load), number, "{loads:?}");
    assert_eq!(view.owner_number_bounded_at(at, &caps, total, load), number);
    let owner = view.owner_bounded(&key, &caps, total, load);
    assert_eq!(owner.map(|node| node.identity()), expected);
    let owner = view.owner_bounded_at(at, &caps, total, load);
    assert_eq!(owner.map(|node| node.identity()), expected);
}

/// The walks over zones to `k` owners from `position`, at most `max` of a zone, among the nodes whose bits
/// `set` has; and the holders under each kind of rule, where the others are down.
pub(crate) fn check_over_zones<P: Subject>(
    view: RingRef<'_, Node, P, Aimed>,
    naive: &Naive<'_>,
    position: u64,
    set: u64,
    k: usize,
    max: usize,
) {
    let (key, stale) = (P::aim(position), NamedNode::new("stale"));
    let at = P::key(key);
    let up = |number: u32| set >> number & 1 == 1;
    let mut expected = naive.rounds(position, |identity| up(naive.number(identity)), max);
    expected.truncate(k);
    let found = expected.len();
    let mut out = vec![Some(&stale); k];
    let living = |node: &Node| up(naive.number(node.identity()));
    assert_eq!(view.owners_over_zones(&key, max, living, &mut out), found);
    assert_eq!(names(&out), expected, "{k}, {max} a zone, {set:b} from {position:#x}");
    assert!(out[found..].iter().all(Option::is_none));
    let mut at_position = vec![Some(&stale); k];
    assert_eq!(view.owners_over_zones_at(at, max, living, &mut at_position), found);
    assert_eq!(at_position, out);
    let mut out = vec![7; k];
    assert_eq!(view.owner_numbers_over_zones(&key, max, up, &mut out), found);
    let numbers = expected.iter().map(|identity| naive.number(identity));
    assert!(out[..found].iter().copied().eq(numbers), "{k}, {max} a zone, {set:b}");
    assert!(out[found..].iter().all(|&number| number == u32::MAX));
    let mut at_position = vec![7; k];
    assert_eq!(view.owner_numbers_over_zones_at(at, max, up, &mut at_position), found);
    assert_eq!(at_position, out);

    let down = [!set];
    for asked in [(1, None), (k, None), (k, Some(max))] {
        let asked = Asked::new(asked.0, asked.1, &down);
        check_holders(view, naive, position, asked.rule(), &asked);
    }
}

/// The holders of a position under a rule, which is what `asked` says, in room for more of them than there may
/// be, and for fewer.
fn check_holders<P: Subject>(
    view: RingRef<'_, Node, P, Aimed>,
    naive: &Naive<'_>,
    position: u64,
    rule: Rule<'_>,
    asked: &Asked<'_>,
) {
    let (key, stale) = (P::aim(position), NamedNode::new("stale"));
    let at = P::key(key);
    let ruled = view.under(rule);
    let holders = naive.holders(position, asked);
    let numbers: Vec<u32> = holders.iter().map(|identity| naive.number(identity)).collect();
    if asked.replicas == 1 {
        assert_eq!(ruled.owner(&key).map(|node| node.identity()), holders.first().copied());
        assert_eq!(ruled.owner_at(at).map(|node| node.identity()), holders.first().copied());
        assert_eq!(ruled.owner_number(&key), numbers.first().copied());
        assert_eq!(ruled.owner_number_at(at), numbers.first().copied());
    }
    for (room, by_position) in [(asked.replicas + 1, false), (asked.replicas / 2, true)] {
        let found = holders.len().min(room);
        let mut out = vec![Some(&stale); room];
        let len = match by_position {
            false => ruled.owners(&key, &mut out),
            true => ruled.owners_at(at, &mut out),
        };
        assert_eq!(len, found, "{asked:?} at {position:#x}");
        assert_eq!(names(&out), holders[..found], "{asked:?} at {position:#x}");
        assert!(out[found..].iter().all(Option::is_none));
        let mut out = vec![7; room];
        let len = match by_position {
            false => ruled.owner_numbers_at(at, &mut out),
            true => ruled.owner_numbers(&key, &mut out),
        };
        assert_eq!(len, found, "{asked:?} at {position:#x}");
        assert_eq!(out[..found], numbers[..found], "{asked:?} at {position:#x}");
        assert!(out[found..].iter().all(|&number| number == u32::MAX));
    }
}

/// What can be asked of the whole circle under a rule: the ranges of each member, shares and balance.
pub(crate) fn check_rule<P: Subject>(
    view: RingRef<'_, Node, P, Aimed>,
    naive: &Naive<'_>,
    asked: &Asked<'_>,
) {
    let ruled = view.under(asked.rule());
    assert_eq!(ruled.rule(), asked.rule());
    assert_eq!(ruled.ring().fingerprint(), view.fingerprint());
    let held = naive.held_ranges(asked);
    let mut room = vec![7; asked.replicas.min(view.len())];
    let mut expected_shares = vec![0; view.len()];
    for &(identity, ..) in &naive.nodes {
        let number = naive.number(identity);
        let holds = held.iter().filter(|(_, holders)| holders.contains(&identity));
        let expected: Vec<_> = holds.map(|(range, _)| (*range, ())).collect();
        expected_shares[number as usize] =
            expected.iter().map(|(range, ())| naive.range_len(*range)).sum::<u128>();
        let ranges = ruled.ranges_of(number, &mut room).unwrap();
        let ranges: Vec<_> =
            ranges.map(|range| ((range.start.to_u64(), range.end.to_u64()), ())).collect();
        if naive.ends_are_promised() {
            assert_eq!(ranges, joined_in_order(expected), "{asked:?}, of {number}");
        } else {
            assert_eq!(joined(ranges), joined(expected), "{asked:?}, of {number}");
        }
    }
    for nobody in [view.len() as u32, u32::MAX] {
        assert_eq!(ruled.ranges_of(nobody, &mut room).unwrap().count(), 0);
    }
    let mut shares = vec![7; view.len()];
    ruled.shares(&mut room, &mut shares).unwrap();
    assert_eq!(shares, expected_shares, "{asked:?}");
    let copies =
        held.iter().map(|(range, holders)| naive.range_len(*range) * holders.len() as u128);
    assert_eq!(shares.iter().sum::<u128>(), copies.sum::<u128>());

    let up = |number: usize| naive.nodes[number].1 > 0 && !asked.is_down(number as u32);
    let up: Vec<usize> = (0..view.len()).filter(|&number| up(number)).collect();
    let weight = |number: usize| f64::from(naive.nodes[number].1);
    let weights: f64 = up.iter().map(|&number| weight(number)).sum();
    let total = shares.iter().sum::<u128>() as f64;
    let load = |&number: &usize| shares[number] as f64 / (weight(number) / weights * total);
    let loads: Vec<f64> = up.iter().map(load).collect();
    check_balance(ruled.balance(&shares), &loads, total == 0.0);
}

/// What can be asked of the whole circle under some rules.
pub(crate) fn check_rules<P: Subject>(
    view: RingRef<'_, Node, P, Aimed>,
    naive: &Naive<'_>,
    random: &mut Random,
) {
    for _ in 0..3 {
        let down = any_down(random);
        let asked = Asked::any(random, naive.nodes.len(), &down);
        check_rule(view, naive, &asked);
        // With as many words as the bitmap has, whether there are too few or too many of them.
        let position = random.next() & P::Position::MAX.to_u64();
        check_holders(view, naive, position, asked.rule(), &asked);
        check_subset(view, naive, &asked, random);
    }
}

/// The members that are chosen for some tenant as `asked` says, and the holders of a position within these.
fn check_subset<P: Subject>(
    view: RingRef<'_, Node, P, Aimed>,
    naive: &Naive<'_>,
    asked: &Asked<'_>,
    random: &mut Random,
) {
    let max = P::Position::MAX.to_u64();
    let (tenant, position) = (random.next() & max, random.next() & max);
    let chosen = naive.subset(tenant, asked, |hash| P::key(hash).to_u64());
    let words = view.len().div_ceil(64);
    let (mut room, mut at_position) = (vec![7; words + 1], vec![7; words]);
    let ruled = view.under(asked.rule());
    let subset = ruled.subset(&P::aim(tenant), &mut room).unwrap();
    assert_eq!(ruled.subset_at(P::key(P::aim(tenant)), &mut at_position), Ok(subset));
    let mut numbers: Vec<u32> = chosen.iter().map(|identity| naive.number(identity)).collect();
    numbers.sort_unstable();
    assert_eq!(subset.numbers().collect::<Vec<_>>(), numbers, "{asked:?} for {tenant:#x}");
    assert_eq!((subset.len(), subset.is_empty()), (numbers.len(), numbers.is_empty()));

    let bitmap = any_down(random);
    let asked = Asked::any(random, naive.nodes.len(), &bitmap);
    let down = |number: u32| asked.is_down(number) || !numbers.contains(&number);
    let mut words = vec![0; words];
    for number in (0..view.len() as u32).filter(|&number| down(number)) {
        words[number as usize / 64] |= 1 << (number % 64);
    }
    let within = asked.rule().within(subset);
    check_holders(view, naive, position, within, &Asked { down: &words, ..asked });
}

/// Ranges tile the circle, shares and balance follow from them, batches agree with single lookups.
pub(crate) fn check_insight<P: Subject>(
    view: RingRef<'_, Node, P, Aimed>,
    naive: &Naive<'_>,
    positions: &[u64],
) {
    let ranges: Vec<_> = view.ranges().collect();
    let owned_ranges: Vec<_> = ranges
        .iter()
        .map(|owned| {
            let range = (owned.range.start.to_u64(), owned.range.end.to_u64());
            (range, owned.node.identity())
        })
        .collect();
    if naive.ends_are_promised() {
        assert_eq!(owned_ranges, naive.owned_ranges(), "ranges");
    } else {
        assert!(owned_ranges.is_sorted_by(|a, b| a.0.1 < b.0.1), "in the order of their ends");
        assert_eq!(joined(owned_ranges), joined(naive.owned_ranges()), "ranges");
    }
    let covered: u128 = ranges.iter().map(|owned| owned.range.len()).sum();
    let circle = if naive.points.is_empty() { 0 } else { P::Position::CIRCLE };
    assert_eq!(covered, circle);
    for owned in &ranges {
        assert_eq!(owned.node.identity(), naive.owner(owned.range.end.to_u64()).unwrap());
    }
    let queries: Vec<_> = positions.iter().map(|&p| P::key(P::aim(p))).collect();
    for &query in &queries {
        let mut holders = ranges.iter().filter(|owned| owned.range.contains(query));
        let holder = holders.next().map(|owned| owned.node.name);
        assert_eq!(holder, view.owner_at(query).map(|node| node.name));
        assert!(holders.next().is_none(), "ranges overlap");
    }
    let mut batch = vec![None; queries.len()];
    view.owners_batch(&queries, &mut batch).unwrap();
    for (query, owner) in queries.iter().zip(&batch) {
        assert_eq!(owner.map(|node| node.name), view.owner_at(*query).map(|node| node.name));
    }
    let kept = batch.clone();
    assert!(view.owners_batch(&queries[1..], &mut batch).is_err());
    assert_eq!(batch, kept);
    let mut numbers = vec![7; queries.len()];
    view.owner_numbers_batch(&queries, &mut numbers).unwrap();
    for (&position, &number) in positions.iter().zip(&numbers) {
        let expected = naive.owner(position).map_or(u32::MAX, |identity| naive.number(identity));
        assert_eq!(number, expected, "at {position:#x}");
    }

    let expected = naive.shares();
    let mut shares = vec![7; naive.nodes.len()];
    view.shares(&mut shares).unwrap();
    assert_eq!(shares, expected);
    assert_eq!(shares.iter().sum::<u128>(), circle);
    let mut long = vec![7; naive.nodes.len() + 1];
    assert!(view.shares(&mut long).is_err());
    assert!(long.iter().all(|&share| share == 7));
    for (node, share) in naive.nodes.iter().zip(&expected) {
        let exact = *share as f64 / P::Position::CIRCLE as f64;
        assert_eq!(view.share(node.0), Some(exact));
        assert_eq!(view.get(node.0).unwrap().node().identity(), node.0);
    }
    assert!(view.share(b"nobody").is_none() && view.get(b"nobody").is_none());

    let weights: f64 = naive.nodes.iter().map(|node| f64::from(node.1)).sum();
    let loads: Vec<f64> = naive
        .nodes
        .iter()
        .zip(&expected)
        .filter(|(node, _)| node.1 > 0)
        .map(|(node, &share)| {
            share as f64 / P::Position::CIRCLE as f64 * weights / f64::from(node.1)
        })
        .collect();
    check_balance(view.balance(&shares), &loads, naive.points.is_empty());
}

/// The balance of nodes of these loads; there is none where nobody has a share.
fn check_balance(balance: Option<Balance>, loads: &[f64], nobody: bool) {
    let Some(balance) = balance else {
        assert!(nobody);
        return;
    };
    assert!(!nobody);
    let max = loads.iter().copied().fold(0.0, f64::max);
    // Numbers from some 10^5 on have no nine decimals. Of these the last few bits may differ, and of the
    // deviation those of the numbers from which it is computed.
    let bits = |of: f64| 16.0 * f64::EPSILON * of;
    let within = |a: f64, b: f64, rounding: f64| {
        assert!((a - b).abs() < rounding.max(1e-9), "{a} is not {b}");
    };
    let close = |a: f64, b: f64| within(a, b, bits(b));
    let mean = loads.iter().sum::<f64>() / loads.len() as f64;
    let squares = loads.iter().map(|load| (load - mean).powi(2)).sum::<f64>();
    assert_eq!(balance.nodes, loads.len());
    close(balance.mean, mean);
    within(balance.std_dev, (squares / loads.len() as f64).sqrt(), bits(max));
    close(balance.min, loads.iter().copied().fold(f64::INFINITY, f64::min));
    close(balance.max, max);
}

pub(crate) fn check_all<P: Subject>(
    view: RingRef<'_, Node, P, Aimed>,
    naive: &Naive<'_>,
    random: &mut Random,
) {
    let positions = check_arrays(view, naive);
    check_insight(view, naive, &positions);
    check_rules(view, naive, random);
    for _ in 0..6 {
        check_walks(view, naive, positions[random.below(positions.len())], random);
    }
    let anywhere = random.next() & P::Position::MAX.to_u64();
    check_walks(view, naive, anywhere, random);
}
