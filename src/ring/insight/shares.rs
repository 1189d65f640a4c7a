//! How evenly the circle is shared out.

use crate::node::Node;
use crate::point::{Placement, PointsOf, Position};
use crate::ring::member::find;
use crate::ring::points::Layout;
use crate::ring::rule::RoomError;
use crate::ring::view::RingRef;

impl<N, P: Placement, H> RingRef<'_, N, P, H> {
    /// Counts the positions that each member owns into `out`, in the order of
    /// [`members`](Self::members).
    ///
    /// The counts are exact and add up to [`Position::CIRCLE`], or to 0 without points.
    /// O(points + nodes).
    ///
    /// ```
    /// use annulus::{Position, Ring};
    ///
    /// let mut ring = Ring::<&str, 3, 450>::new();
    /// ring.insert_all(["a", "b", "c"])?;
    /// let (view, mut shares) = (ring.view(), [0; 3]);
    /// view.shares(&mut shares)?;
    /// for (member, share) in view.members().iter().zip(shares) {
    ///     println!("{}: {:.1} %", member.node(), 100.0 * share as f64 / u32::CIRCLE as f64);
    /// }
    /// assert_eq!(shares.iter().sum::<u128>(), u32::CIRCLE);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RoomError::Shares`], with `out` untouched, unless `out` is [`len`](Self::len) long.
    pub fn shares(&self, out: &mut [u128]) -> Result<(), RoomError> {
        if out.len() != self.members.len() {
            return Err(RoomError::Shares { needed: self.members.len(), room: out.len() });
        }
        out.fill(0);
        for (range, owner) in self.key_ranges() {
            if let Some(share) = out.get_mut(owner) {
                *share += range.len();
            }
        }
        Ok(())
    }

    /// How evenly `shares`, as [`shares`](Self::shares) counts them, follow the weights.
    ///
    /// `None` when no node has points. O(nodes).
    ///
    /// ```
    /// use annulus::Ring;
    ///
    /// /// How far loads of ten nodes are from each other.
    /// fn spread(vnodes: u32) -> Result<f64, Box<dyn std::error::Error>> {
    ///     let mut ring = Ring::<[u8; 1], 10, 10_000>::with_vnodes(vnodes);
    ///     ring.insert_all((0..10).map(|number| [number]))?;
    ///     let mut shares = [0; 10];
    ///     ring.view().shares(&mut shares)?;
    ///     Ok(ring.view().balance(&shares).expect("the ring has points").std_dev)
    /// }
    ///
    /// // More points of each node share the circle out more evenly.
    /// assert!(spread(1_000)? < spread(100)? && spread(100)? < spread(10)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn balance(&self, shares: &[u128]) -> Option<Balance> {
        if self.points.len() == 0 {
            return None;
        }
        let weights = self.members.iter().map(|member| member.weight);
        Balance::of(weights.zip(shares.iter().copied()), P::Position::CIRCLE)
    }
}

impl<N: Node, P: PointsOf<N>, H> RingRef<'_, N, P, H> {
    /// The part of the circle, in [0, 1], that the node with this identity owns; `None` when it is
    /// not a member. O(points).
    ///
    /// ```
    /// use annulus::{BatchError, Ring};
    ///
    /// let mut ring = Ring::<&str, 2, 300>::new();
    /// ring.insert_all(["a", "b"])?;
    /// let [a, b] = ["a", "b"].map(|name| ring.view().share(name).expect("a member"));
    /// assert!((a + b - 1.0).abs() < 1e-9);
    /// assert_eq!(ring.view().share("c"), None);
    /// # Ok::<(), BatchError>(())
    /// ```
    pub fn share(&self, identity: impl AsRef<[u8]>) -> Option<f64> {
        let identity = identity.as_ref();
        let owner = find::<P, N>(self.members, identity).ok()?;
        let owned: u128 = self
            .key_ranges()
            .filter(|&(_, number)| number == owner)
            .map(|(range, _)| range.len())
            .sum();
        Some(owned as f64 / P::Position::CIRCLE as f64)
    }
}

/// How evenly the circle is shared out among the nodes that have a weight.
///
/// The figures are loads: a node's share of the circle divided by its fair share, which is its
/// part of the sum of weights. A ring of perfect balance has 1 everywhere and deviation 0; with
/// equal weights the deviation is near 1/√vnodes.
///
/// ```
/// use annulus::Ring;
///
/// let mut ring = Ring::<&str, 4, 600>::new();
/// ring.insert_all(["a", "b", "c", "d"])?;
/// let (view, mut shares) = (ring.view(), [0; 4]);
/// view.shares(&mut shares)?;
/// let balance = view.balance(&shares).expect("the ring has points");
/// // Plan so much capacity for each node, where the mean node needs 1,000 requests a second.
/// let needed = 1_000.0 * balance.max;
/// assert!((1_000.0..1_250.0).contains(&needed), "{needed}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Balance {
    /// The number of nodes counted: those of weight 0 are not.
    pub nodes: usize,
    /// The least load.
    pub min: f64,
    /// The greatest load. If weights are equal, it is the peak-to-mean ratio.
    pub max: f64,
    /// The mean load, 1 where weights are equal.
    pub mean: f64,
    /// The standard deviation of the loads over all the nodes counted.
    pub std_dev: f64,
}

impl Balance {
    /// The balance of nodes with these weights and shares, of which only those with a weight count.
    /// `all` is what they share out. `None` if there is nobody or nothing.
    pub(super) fn of(nodes: impl Iterator<Item = (u32, u128)> + Clone, all: u128) -> Option<Self> {
        let nodes = nodes.filter(|&(weight, _)| weight > 0);
        let weights: u64 = nodes.clone().map(|(weight, _)| u64::from(weight)).sum();
        let loads = nodes.map(move |(weight, share)| {
            let fair = f64::from(weight) / weights as f64;
            share as f64 / all as f64 / fair
        });
        let nodes = loads.clone().count();
        if nodes == 0 || all == 0 {
            return None;
        }
        let mean = loads.clone().sum::<f64>() / nodes as f64;
        let variance = loads.clone().map(|load| (load - mean) * (load - mean)).sum::<f64>();
        Some(Self {
            nodes,
            min: loads.clone().fold(f64::INFINITY, f64::min),
            max: loads.fold(0.0, f64::max),
            mean,
            std_dev: libm::sqrt(variance / nodes as f64),
        })
    }
}
