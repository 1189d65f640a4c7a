//! [`System`]: a placement of another system, with how that system answers.

use annulus::{Placement, PointsOf, Position as _, RingRef};

use crate::peer::Peer;
use crate::refusal::Refusal;

/// What a system does about a server that is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Down {
    /// Its points stay, and lookups walk past them: `alive` is asked.
    WalkedPast,
    /// It leaves the ring: make the ring without it.
    Leaves,
    /// Its points stay, and it still holds its keys: answers leave it out, and no other takes its place.
    LeftOut,
}

/// A placement of another system, with how that system answers. Implemented by the placements of this crate.
///
/// A ring of a system is a ring: all verbs of [`RingRef`] are there. Where a system answers otherwise than by the
/// next distinct servers clockwise, [`owners_at`](Self::owners_at) is how it does.
///
/// What a ring is made with, and the strategy, may go to other threads: rings are published whichever system they are
/// of.
pub trait System<N: Peer>: PointsOf<N> + Placement<Config: Send + Sync> {
    /// How many servers hold a key, if the system says that and not its caller. It may borrow texts.
    type Strategy<'t>: Copy + Send + Sync;

    /// What the system does about a server that is down.
    const DOWN: Down;

    /// When the system takes any server in turn, which is when [`asks`](Self::asks) says no or
    /// [`owners_at`](Self::owners_at) finds none although servers are up. `None` where it never does.
    const IN_TURN: Option<&'static str> = None;

    /// Whether the system asks its ring about this key at all.
    #[inline]
    #[must_use]
    fn asks(_: &[u8]) -> bool {
        true
    }

    /// The position of a point as the number that the system has for it. Constant time.
    #[must_use]
    fn number(position: Self::Position) -> i128 {
        position.to_u64().into()
    }

    /// The [position of a key](RingRef::position) as the number that the system has for it. Constant time.
    ///
    /// That is one less where the system looks for the first point *after* a key.
    #[must_use]
    fn key_number(position: Self::Position) -> i128 {
        Self::number(position)
    }

    /// Whether the system would take this server.
    ///
    /// A ring takes servers that are refused here, and gives them points that no system has.
    ///
    /// # Errors
    ///
    /// What the system would refuse it for.
    fn check(config: &Self::Config, node: &N) -> Result<(), Refusal>;

    /// How many servers hold a key at most, if the system says that and not its caller.
    ///
    /// So much room [`owners_at`](Self::owners_at) needs for all of them.
    #[must_use]
    fn holders(_: &Self::Strategy<'_>) -> Option<usize> {
        None
    }

    /// The [numbers](RingRef#numbers) of the servers that hold `position`, as many as `out` has room for;
    /// returns how many there are. The rest of `out` becomes [`u32::MAX`].
    ///
    /// `alive` says by the number whether a server is up. Where [`DOWN`](Self::DOWN) is
    /// [`Leaves`](Down::Leaves), servers that are down are not in the ring, and it says so of all.
    ///
    /// Wait-free, given that `alive` is. O(points passed × room).
    fn owners_at<H>(
        _: &Self::Strategy<'_>,
        ring: RingRef<'_, N, Self, H>,
        position: Self::Position,
        alive: impl FnMut(u32) -> bool,
        out: &mut [u32],
    ) -> usize
    where
        Self: Sized,
    {
        ring.owner_numbers_where_at(position, alive, out)
    }
}
