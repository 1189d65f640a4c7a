//! What the naive ring knows of a placement without asking the placement.

use annulus::{ByIdentity, PointsOf, Position};

use super::membership::Node;

/// How a placement differs from the native one.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// The points of a member depend on the other members.
    pub(crate) relative: bool,
    /// The nearest point owns a position, not the next one.
    pub(crate) nearest: bool,
    /// Of several points on one position only the first counts.
    pub(crate) once: bool,
    /// Nodes of one identity may differ in their points or in their order, so that the fingerprint has the
    /// seeds.
    pub(crate) seeds: bool,
    /// Members are in the order of [`Subject::rank`] before that of their identities.
    pub(crate) ranks: bool,
}

impl Rules {
    /// Those of the native placement.
    pub(crate) const NATIVE: Self =
        Self { relative: false, nearest: false, once: false, seeds: false, ranks: false };
}

/// A placement that is compared with the naive ring. The naive ring takes single points from it; what else
/// it needs is said here once more, in the plainest way.
pub(crate) trait Subject<N = Node>: PointsOf<N, Config = u32> {
    /// How this placement differs from the native one.
    const RULES: Rules = Rules::NATIVE;

    /// How many points members of these weights have, in the order of members. No weight is 0.
    fn counts(vnodes: u32, weights: &[u32]) -> Vec<u64> {
        weights.iter().map(|&weight| u64::from(weight) * u64::from(vnodes)).collect()
    }

    /// Members are in the order of this number, then of their identities.
    fn rank(_: &N) -> u64 {
        0
    }

    /// The hash of a key that is placed at `position`.
    fn aim(position: u64) -> u64 {
        position << (64 - Self::Position::BITS)
    }
}

impl<N: annulus::Node, P: ByIdentity> Subject<N> for P {}
