//! What moves, as tables and as records.

use std::io::{self, Write};

use annulus_profiles::System;
use serde::Serialize;

use super::changes::Changes;
use super::part;
use super::totals::{Totals, figure};
use crate::error::Error;
use crate::fingerprints::Fingerprint;
use crate::nodes::Node;
use crate::output::figure::Figure;
use crate::output::side::Side;
use crate::output::table::{self, Align, label, percent};
use crate::output::{Records, Stdout};

/// The columns of records that are lines.
pub(super) const COLUMNS: &[&str] =
    &["kind", "node", "from", "to", "moves", "share", "before", "after", "gives", "takes", "ideal"];

/// What moves from the same to the same.
#[derive(Serialize)]
struct MoveRecord<'a> {
    kind: &'static str,
    from: &'a Side<'a>,
    to: &'a Side<'a>,
    moves: Figure,
    share: f64,
}

/// What tells both rings from others.
#[derive(Serialize)]
pub(super) struct FingerprintRecord {
    kind: &'static str,
    from: String,
    to: String,
}

impl FingerprintRecord {
    pub(super) fn new(Fingerprint { kind, digits: [from, to], .. }: Fingerprint<2>) -> Self {
        Self { kind, from, to }
    }
}

/// Writes tables for people.
pub(super) fn table<S: System<Node>>(
    out: &mut impl Write,
    changes: &Changes<'_>,
    totals: &Totals<'_, S>,
    fingerprints: Vec<Fingerprint<2>>,
) -> io::Result<()> {
    let share = |positions: u128| percent(part::<S>(positions));
    match changes.copies {
        None => {
            writeln!(out, "{} of the key space moves", share(changes.moves))?;
            if let Some(ideal) = totals.ideal() {
                let ideal = share(ideal.round() as u128);
                writeln!(out, "{ideal} would move if shares were fair before and after")?;
            }
        }
        Some([gained, lost]) => {
            writeln!(out, "{} of the key space changes its replicas", share(changes.moves))?;
            writeln!(out, "{} of it to copy to new nodes", share(gained))?;
            writeln!(out, "{} of it to drop from old ones", share(lost))?;
        }
    }
    if !changes.pairs.is_empty() {
        let rows: Vec<Vec<String>> = by_size(changes)
            .into_iter()
            .map(|([from, to], moves)| vec![joined(from), "->".into(), joined(to), share(moves)])
            .collect();
        let header = [
            ("from", Align::Left),
            ("", Align::Left),
            ("to", Align::Left),
            ("share", Align::Right),
        ];
        writeln!(out)?;
        table::write(out, &header, &rows)?;
    }
    totals.table(out)?;
    writeln!(out)?;
    fingerprint_lines(out, fingerprints)
}

/// Writes what tells both rings from others, for people.
pub(super) fn fingerprint_lines(
    out: &mut impl Write,
    fingerprints: Vec<Fingerprint<2>>,
) -> io::Result<()> {
    fingerprints.into_iter().try_for_each(|Fingerprint { label, digits: [from, to], .. }| {
        writeln!(out, "{label} {from} before, {to} after")
    })
}

/// Writes records for programs.
pub(super) fn records<S: System<Node>>(
    mut records: Records<Stdout>,
    changes: &Changes<'_>,
    totals: &Totals<'_, S>,
    fingerprints: Vec<Fingerprint<2>>,
) -> Result<(), Error> {
    totals.nodes(&mut records)?;
    for ([from, to], moves) in by_size(changes) {
        let (moves, share) = (figure::<S>(moves), part::<S>(moves));
        records.write(&MoveRecord { kind: "move", from, to, moves, share })?;
    }
    totals.total(&mut records, changes.moves)?;
    for fingerprint in fingerprints {
        records.write(&FingerprintRecord::new(fingerprint))?;
    }
    records.finish()
}

/// What moves from whom to whom, the most first.
fn by_size<'c, 'a>(changes: &'c Changes<'a>) -> Vec<(&'c [Side<'a>; 2], u128)> {
    let mut pairs: Vec<_> = changes.pairs.iter().map(|(sides, &moves)| (sides, moves)).collect();
    pairs.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    pairs
}

/// Names as a table has them; a dash for none.
fn joined(side: &Side<'_>) -> String {
    match side.names() {
        [] => "-".into(),
        names => names.iter().map(|name| label(name)).collect::<Vec<_>>().join(","),
    }
}
