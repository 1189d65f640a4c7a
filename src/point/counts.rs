//! How many points each member has.

use core::fmt::Debug;

/// What a ring is made with, as its placement needs it: a
/// [`Placement::Config`](crate::Placement::Config).
///
/// A `u32` is the number of points of a node of weight 1. `()` is for placements that need nothing.
/// Unstable: this trait may change together with [`Placement`](crate::Placement).
#[doc(hidden)]
pub trait Config: Copy + PartialEq + Debug + 'static {
    /// The name of the field that has the configuration in the serialized form of a ring. It must not
    /// be that of another one: `form`, `placement`, `fingerprint` or `nodes`.
    const NAME: &'static str;

    /// A number that enters the fingerprint of a ring. It must differ between configurations that
    /// place nodes differently.
    fn fingerprint(&self) -> u64;
}

impl Config for u32 {
    const NAME: &'static str = "vnodes";

    fn fingerprint(&self) -> u64 {
        (*self).into()
    }
}

impl Config for () {
    const NAME: &'static str = "config";

    fn fingerprint(&self) -> u64 {
        0
    }
}

/// A rule that says how many points each member has. Unstable: this trait may change together with
/// [`Placement`](crate::Placement).
///
/// A value is made for one membership and is then asked for one member after the other, in the
/// order of [`members`](crate::RingRef::members). So a rule can keep the sum of all weights, or what
/// the members before have left over. Members of weight 0 have no points, and no rule is asked about
/// them.
///
/// A rule must not panic, overflow included. It must be a pure function of the configuration and the
/// weights, with the same results on every platform.
#[doc(hidden)]
pub trait Counts<C> {
    /// Whether the points of a member depend on other members. A rule that is not relative is also
    /// made for an empty membership and asked about a single member.
    const RELATIVE: bool;

    /// The rule for members of these weights, which are given in the order of the members.
    fn new(config: &C, weights: impl Iterator<Item = u32> + Clone) -> Self;

    /// How many points the next member has, which is of this weight.
    fn next(&mut self, weight: u32) -> u64;
}

/// `weight × vnodes` points, where the configuration is the vnodes.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct PerWeight(u32);

impl PerWeight {
    /// The number of points of a member of this weight.
    #[inline]
    pub(crate) const fn points(weight: u32, vnodes: u32) -> u64 {
        weight as u64 * vnodes as u64
    }
}

impl Counts<u32> for PerWeight {
    const RELATIVE: bool = false;

    #[inline]
    fn new(vnodes: &u32, _: impl Iterator<Item = u32> + Clone) -> Self {
        Self(*vnodes)
    }

    #[inline]
    fn next(&mut self, weight: u32) -> u64 {
        Self::points(weight, self.0)
    }
}
