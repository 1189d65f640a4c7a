//! What the ketama rings of memcached clients have in common: several points of a digest.

use core::ops::Range;

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
