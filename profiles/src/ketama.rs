//! What the ketama rings of memcached clients have in common: several points of a digest, shares in binary32.

use core::ops::Range;

use annulus::Counts;

use crate::hash::md5;
use crate::label::Label;
use crate::peer::Peer;
use crate::text::address;

/// The label `ADDRESS-`, to which a number is added.
pub(crate) fn label<N: Peer>(node: &N) -> Label {
    Label::new(format_args!("{}-", address(node)))
}

/// The points whose indices are in `range`, where label *k* is `label` with the number *k* behind it and gives
/// `PARTS` points, the first integers of its digest. No digest is computed twice. O(range).
pub(crate) fn points<const PARTS: u32>(
    mut label: Label,
    range: Range<u32>,
) -> impl Iterator<Item = u32> {
    let mut digest = None;
    range.map(move |r| {
        let (number, part) = (r / PARTS, r % PARTS);
        let known = digest.filter(|&(of, _)| of == number);
        let (_, words) = known.unwrap_or_else(|| {
            (number, md5::words(md5::digest(label.with(format_args!("{number}")))))
        });
        digest = Some((number, words));
        words.get(part as usize).copied().unwrap_or_default()
    })
}

/// The shares of libmemcached and twemproxy: of 40 labels a server, as many as its part of all weights, computed
/// in binary32 and rounded down; four points a label.
///
/// Each step is rounded, from the left. So 25 servers of equal weight have 39 labels each, and one of small weight
/// may
/// have none.
#[derive(Clone, Copy, Debug)]
pub struct Binary32 {
    total: f32,
    servers: f32,
}

impl<C> Counts<C> for Binary32 {
    const RELATIVE: bool = true;

    fn new(_: &C, weights: impl Iterator<Item = u32> + Clone) -> Self {
        let servers = weights.clone().count() as f32;
        Self { total: weights.map(u64::from).sum::<u64>() as f32, servers }
    }

    fn next(&mut self, weight: u32) -> u64 {
        let labels = weight as f32 / self.total * 160.0 / 4.0 * self.servers + 1e-10;
        // Neither negative nor too great: it is at most 40 times the number of servers, so this rounds down.
        4 * labels as u64
    }
}
