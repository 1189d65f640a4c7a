//! Placements that differ from the native one, each in one or two of the ways that placements may, on
//! circles so coarse that points collide.
//!
//! What a node of these tests brings besides its identity is its zone: a batch may replace a node by one of
//! its identity from another zone.

use std::cmp::Reverse;
use std::ops::Range;

use annulus::{Counts, Native, PerWeight, Placement, PointsOf};
use xxhash_rust::xxh3::xxh3_64;

use super::membership::{NAMES, Node, ZONES};
use super::rules::{Rules, Subject};

/// The circle on which most subjects have their points has 2^`BITS` positions.
const BITS: u32 = 5;

/// The upper `bits` bits of a hash, as those of a position.
fn upper(hash: u64, bits: u32) -> u32 {
    ((hash >> (64 - bits)) as u32) << (32 - bits)
}

/// The hash of two texts and a number.
fn mixed(text: &str, more: &str, number: u32) -> u64 {
    let parts = [text.as_bytes(), &[0xff], more.as_bytes(), &number.to_le_bytes()];
    xxh3_64(&parts.concat())
}

fn named(node: &Node) -> u64 {
    xxh3_64(node.name.as_bytes())
}

/// Implements [`Placement`] with keys where [`Native`] has them.
macro_rules! placement {
    ($subject:ident $(<$(const $bits:ident),*>)?, $position:ty, $counts:ty $(, $constant:ident)?) => {
        impl $(<$(const $bits: u32),*>)? Placement for $subject $(<$($bits),*>)? {
            type Position = $position;
            type Config = u32;
            type Counts = $counts;
            const NAME: &'static str = stringify!($subject);
            $(const $constant: bool = true;)?

            fn key(hash: u64) -> $position {
                <Native<$position>>::key(hash)
            }
        }
    };
}

/// The hash of a name is where the node's chain begins, and each link is the hash of the one before.
pub(crate) struct Chain;

placement!(Chain, u32, PerWeight);

impl PointsOf<Node> for Chain {
    const BY_IDENTITY: bool = true;
    const COSTLY: bool = true;

    fn seed(_: &u32, node: &Node) -> u64 {
        named(node)
    }

    fn points(_: &u32, _: &Node, seed: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        let next = |link: &u64| Some(xxh3_64(&link.to_le_bytes()));
        let chain = std::iter::successors(Some(seed), next).map(|link| upper(link, BITS));
        chain.skip(range.start as usize).take(range.len())
    }
}

impl Subject for Chain {}

/// One hash gives four points: those of a label. The points of a node need not be whole labels.
pub(crate) struct FourALabel;

placement!(FourALabel, u32, PerWeight);

impl PointsOf<Node> for FourALabel {
    const BY_IDENTITY: bool = true;
    const COSTLY: bool = true;

    fn seed(_: &u32, node: &Node) -> u64 {
        named(node)
    }

    fn points(_: &u32, node: &Node, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        let labels = range.start / 4..range.end.div_ceil(4);
        let points = labels.flat_map(|label| {
            let hash = mixed(node.name, "label", label);
            [48, 32, 16, 0].map(|shift| upper(hash << shift, BITS))
        });
        points.skip(range.start as usize % 4).take(range.len())
    }
}

impl Subject for FourALabel {}

/// The points come with the node, from its zone and its name. The seed tells the nodes of one name apart.
pub(crate) struct Tokens;

placement!(Tokens, u32, PerWeight);

impl PointsOf<Node> for Tokens {
    fn seed(_: &u32, node: &Node) -> u64 {
        mixed(node.zone, node.name, 0)
    }

    fn points(
        config: &u32,
        node: &Node,
        seed: u64,
        range: Range<u32>,
    ) -> impl Iterator<Item = u32> {
        assert_eq!(seed, Self::seed(config, node), "the seed of another node");
        range.map(|r| upper(mixed(node.zone, node.name, r + 1), BITS))
    }
}

impl Subject for Tokens {
    const RULES: Rules = Rules { seeds: true, ..Rules::NATIVE };
}

/// The points of [`Native`] on 2^`HIGH` places of the circle, at each of which are 2^`LOW` neighbouring
/// positions; whichever is nearest owns. At least one of the two is not 0.
pub(crate) struct Nearest<const HIGH: u32, const LOW: u32>;

placement!(Nearest<const HIGH, const LOW>, u32, PerWeight, NEAREST);

impl<const HIGH: u32, const LOW: u32> PointsOf<Node> for Nearest<HIGH, LOW> {
    const BY_IDENTITY: bool = true;

    fn seed(_: &u32, node: &Node) -> u64 {
        named(node)
    }

    fn points(_: &u32, _: &Node, seed: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        let [high, low] = [u32::MAX.unbounded_shl(32 - HIGH), (1 << LOW) - 1];
        range.map(move |r| <Native as annulus::ByIdentity>::point(seed, r) & (high | low))
    }
}

impl<const HIGH: u32, const LOW: u32> Subject for Nearest<HIGH, LOW> {
    const RULES: Rules = Rules { nearest: true, ..Rules::NATIVE };
}

/// The nearest point owns, on a 64-bit circle: at each of eight places are four neighbouring positions.
pub(crate) struct NearestWide;

placement!(NearestWide, u64, PerWeight, NEAREST);

impl PointsOf<Node> for NearestWide {
    const BY_IDENTITY: bool = true;

    fn seed(_: &u32, node: &Node) -> u64 {
        named(node)
    }

    fn points(_: &u32, _: &Node, seed: u64, range: Range<u32>) -> impl Iterator<Item = u64> {
        let kept = 7 << 61 | 3;
        range.map(move |r| <Native<u64> as annulus::ByIdentity>::point(seed, r) & kept)
    }
}

impl Subject for NearestWide {
    const RULES: Rules = Rules { nearest: true, ..Rules::NATIVE };
}

/// Of several points on one position only the first counts.
pub(crate) struct Once;

placement!(Once, u32, PerWeight, EQUAL_POINTS_ONCE);

impl PointsOf<Node> for Once {
    const BY_IDENTITY: bool = true;

    fn seed(_: &u32, node: &Node) -> u64 {
        named(node)
    }

    fn points(_: &u32, node: &Node, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        range.map(|r| upper(mixed(node.name, "once", r), BITS))
    }
}

impl Subject for Once {
    const RULES: Rules = Rules { once: true, ..Rules::NATIVE };
}

/// Members are in the order of their zones, the last zone first: of points on one position the one of the
/// last zone owns.
pub(crate) struct LastZoneFirst;

placement!(LastZoneFirst, u32, PerWeight);

impl PointsOf<Node> for LastZoneFirst {
    const ORDERS: bool = true;

    fn seed(_: &u32, node: &Node) -> u64 {
        named(node)
    }

    fn points(_: &u32, node: &Node, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        range.map(|r| upper(mixed(node.name, "ordered", r), BITS))
    }

    fn order(node: &Node) -> impl Ord {
        Reverse(node.zone)
    }
}

/// Where zones are in the order of [`LastZoneFirst`].
fn zone_rank(node: &Node) -> u64 {
    ZONES.iter().chain(&NAMES).filter(|zone| **zone > node.zone).count() as u64
}

impl Subject for LastZoneFirst {
    const RULES: Rules = Rules { seeds: true, ranks: true, ..Rules::NATIVE };

    fn rank(node: &Node) -> u64 {
        zone_rank(node)
    }
}

/// The first point after a key's hash owns the key, not one at it: keys lie one position further.
pub(crate) struct After;

impl Placement for After {
    type Position = u32;
    type Config = u32;
    type Counts = PerWeight;
    const NAME: &'static str = "After";

    fn key(hash: u64) -> u32 {
        <Native>::key(hash).wrapping_add(1)
    }
}

impl PointsOf<Node> for After {
    const BY_IDENTITY: bool = true;

    fn seed(_: &u32, node: &Node) -> u64 {
        named(node)
    }

    fn points(_: &u32, node: &Node, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        range.map(|r| upper(mixed(node.name, "after", r), BITS))
    }
}

impl Subject for After {
    fn aim(position: u64) -> u64 {
        u64::from((position as u32).wrapping_sub(1)) << 32
    }
}

/// What a rule that looks at the whole membership was told, and how much of it was asked for: rules are
/// asked in the order of members, about those with a weight.
struct Told {
    weights: Vec<u32>,
    asked: usize,
}

impl Told {
    fn new(weights: impl Iterator<Item = u32>) -> Self {
        let weights: Vec<u32> = weights.collect();
        assert!(!weights.contains(&0), "a member without weight has no points");
        Self { weights, asked: 0 }
    }

    fn total(&self) -> u64 {
        self.weights.iter().map(|&weight| u64::from(weight)).sum()
    }

    fn asked(&mut self, weight: u32) {
        assert_eq!(self.weights.get(self.asked), Some(&weight), "of {:?}", self.weights);
        self.asked += 1;
    }
}

/// Each member has its share of `vnodes` points for each member, rounded down in binary32, as libmemcached
/// counts them: the share of the weights times vnodes times members, plus 10⁻¹⁰ in binary64.
pub(crate) struct Shares {
    told: Told,
    vnodes: u32,
}

impl Counts<u32> for Shares {
    const RELATIVE: bool = true;

    fn new(vnodes: &u32, weights: impl Iterator<Item = u32> + Clone) -> Self {
        Self { told: Told::new(weights), vnodes: *vnodes }
    }

    fn next(&mut self, weight: u32) -> u64 {
        self.told.asked(weight);
        let share = weight as f32 / self.told.total() as f32;
        let points = share * self.vnodes as f32 * self.told.weights.len() as f32;
        (f64::from(points) + 1e-10) as f32 as u64
    }
}

/// Points as [`Shares`] counts them, on a circle of 2^`BITS` positions.
pub(crate) struct ByShare<const BITS: u32>;

placement!(ByShare<const BITS>, u32, Shares);

impl<const BITS: u32> PointsOf<Node> for ByShare<BITS> {
    const BY_IDENTITY: bool = true;
    const COSTLY: bool = true;

    fn seed(_: &u32, node: &Node) -> u64 {
        named(node)
    }

    fn points(_: &u32, node: &Node, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        range.map(|r| upper(mixed(node.name, "share", r), BITS))
    }
}

impl<const BITS: u32> Subject for ByShare<BITS> {
    const RULES: Rules = Rules { relative: true, ..Rules::NATIVE };

    fn counts(vnodes: u32, weights: &[u32]) -> Vec<u64> {
        let mut total = 0;
        for &weight in weights {
            total += u64::from(weight);
        }
        let mut counts = Vec::new();
        for &weight in weights {
            let product = weight as f32 / total as f32 * vnodes as f32 * weights.len() as f32;
            let product = (f64::from(product) + 1e-10) as f32;
            counts.push(product.floor() as u64);
        }
        counts
    }
}

/// As many points as a running sum asks for, as Envoy counts them: the target grows by each member's part
/// of the weights times a scale, and a member has points until there are as many as the target.
///
/// The scale is such that the lightest member has whole points, and that there are 4 × vnodes points at
/// least, but at most 16 × vnodes. So a member that leaves can make others have more points than it had.
pub(crate) struct Running {
    told: Told,
    scale: f64,
    target: f64,
    points: u64,
}

impl Counts<u32> for Running {
    const RELATIVE: bool = true;

    fn new(vnodes: &u32, weights: impl Iterator<Item = u32> + Clone) -> Self {
        let told = Told::new(weights);
        let vnodes = f64::from(*vnodes);
        let scale = told.weights.iter().min().map_or(0.0, |&least| {
            let least = f64::from(least) / told.total() as f64;
            ((least * 4.0 * vnodes).ceil() / least).min(16.0 * vnodes)
        });
        Self { told, scale, target: 0.0, points: 0 }
    }

    fn next(&mut self, weight: u32) -> u64 {
        self.told.asked(weight);
        self.target += self.scale * (f64::from(weight) / self.told.total() as f64);
        let before = std::mem::replace(&mut self.points, self.target.ceil() as u64);
        self.points - before
    }
}

/// What [`Running`] comes to, point by point.
fn running(vnodes: u32, weights: &[u32]) -> Vec<u64> {
    let mut total = 0.0;
    let mut least = f64::INFINITY;
    for &weight in weights {
        total += f64::from(weight);
        least = least.min(f64::from(weight));
    }
    let least = least / total;
    let mut scale = (least * f64::from(4 * vnodes)).ceil() / least;
    if scale > f64::from(16 * vnodes) {
        scale = f64::from(16 * vnodes);
    }
    let (mut points, mut target) = (0.0, 0.0);
    let mut counts = Vec::new();
    for &weight in weights {
        target += scale * (f64::from(weight) / total);
        let mut count = 0;
        while points < target {
            points += 1.0;
            count += 1;
        }
        counts.push(count);
    }
    counts
}

/// Points as [`Running`] counts them, on a circle of 2^`BITS` positions.
pub(crate) struct RunningSum<const BITS: u32>;

placement!(RunningSum<const BITS>, u32, Running);

impl<const BITS: u32> PointsOf<Node> for RunningSum<BITS> {
    const BY_IDENTITY: bool = true;

    fn seed(_: &u32, node: &Node) -> u64 {
        named(node)
    }

    fn points(_: &u32, node: &Node, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        range.map(|r| upper(mixed(node.name, "sum", r), BITS))
    }
}

impl<const BITS: u32> Subject for RunningSum<BITS> {
    const RULES: Rules = Rules { relative: true, ..Rules::NATIVE };

    fn counts(vnodes: u32, weights: &[u32]) -> Vec<u64> {
        running(vnodes, weights)
    }
}

/// [`RunningSum`] over members in the order of [`LastZoneFirst`], so that a node's zone changes how the
/// points are shared out.
pub(crate) struct RunningSumByZone;

placement!(RunningSumByZone, u32, Running);

impl PointsOf<Node> for RunningSumByZone {
    const ORDERS: bool = true;

    fn seed(_: &u32, node: &Node) -> u64 {
        named(node)
    }

    fn points(_: &u32, node: &Node, _: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        range.map(|r| upper(mixed(node.name, "zones", r), BITS))
    }

    fn order(node: &Node) -> impl Ord {
        Reverse(node.zone)
    }
}

impl Subject for RunningSumByZone {
    const RULES: Rules = Rules { relative: true, seeds: true, ranks: true, ..Rules::NATIVE };

    fn counts(vnodes: u32, weights: &[u32]) -> Vec<u64> {
        running(vnodes, weights)
    }

    fn rank(node: &Node) -> u64 {
        zone_rank(node)
    }
}
