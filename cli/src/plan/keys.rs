//! Which keys of a file move.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use annulus::KeyHash;
use annulus_profiles::System;
use serde::Serialize;

use super::Plan;
use super::changes::names;
use super::show::{FingerprintRecord, fingerprint_lines};
use crate::answers::Answers;
use crate::error::Error;
use crate::fingerprints::Fingerprint;
use crate::inputs;
use crate::keying::Keying;
use crate::keys::lines;
use crate::nodes::Node;
use crate::output::side::Side;
use crate::output::table::{percent, thousands};
use crate::output::{self, Format, Stdout};
use crate::progress::{Progress, Unit};

/// How many keys there are, and how many of them move.
#[derive(Serialize)]
struct Total {
    kind: &'static str,
    keys: u64,
    moved: u64,
    share: f64,
}

/// Who has a key, with room for the answer.
struct Holders<'a, 't, S: System<Node>, H> {
    answers: Answers<'a, 't, S, H>,
    room: Vec<u32>,
    nodes: Vec<&'a Node>,
}

impl<'a, 't, S: System<Node>, H: KeyHash<[u8]>> Holders<'a, 't, S, H> {
    fn new(answers: Answers<'a, 't, S, H>) -> Self {
        Self { answers, room: vec![0; answers.most()], nodes: Vec::new() }
    }

    /// The nodes that have this key, the nearest first.
    fn of(&mut self, key: &[u8]) -> &[&'a Node] {
        self.nodes.clear();
        if S::asks(key) {
            let position = self.answers.ring().position(key);
            self.nodes.extend(self.answers.nodes_at(position, &mut self.room));
        }
        &self.nodes
    }
}

impl<S: System<Node>, H: KeyHash<[u8]>> Plan<'_, '_, S, H> {
    /// Writes the keys in `files` that move, and how many they are.
    pub(super) fn keys(
        &self,
        files: &[PathBuf],
        keying: Keying,
        format: Format,
    ) -> Result<(), Error> {
        let (mut old, mut new) = (Holders::new(self.old), Holders::new(self.new));
        let mut out = output::stdout();
        let mut progress = Progress::of_stream(Unit::Bytes, inputs::total_len(files));
        let (mut keys, mut moved) = (0, 0);
        if format == Format::Tsv {
            let names = if self.of_owners() { "from\tto" } else { "before\tafter" };
            writeln!(out, "#kind\tkey\t{names}").map_err(Error::output)?;
        }
        let unopened = |file: &Path, error| Error::of("--keys", Error::file(file, error));
        inputs::visit(files, unopened, |block, input| {
            let mut some = || {
                for line in lines(block) {
                    let key = keying.key(line).map_err(|cause| input.error(0, cause))?;
                    let (before, after) = (old.of(key), new.of(key));
                    if !is_same_set(before, after) {
                        let sides = [before, after].map(|owners| self.side(owners));
                        written(&mut out, keying, format, line, key, &sides)
                            .map_err(Error::output)?;
                        moved += 1;
                    }
                    keys += 1;
                    input.advance(1);
                }
                Ok(())
            };
            let done = some();
            // What was found is written before there is more to read, and before an error.
            out.flush().map_err(Error::output)?;
            done?;
            progress.advance(block.len() as u64);
            Ok(())
        })?;
        drop(progress);
        let share = if keys > 0 { moved as f64 / keys as f64 } else { 0.0 };
        let total = Total { kind: "total", keys, moved, share };
        let end = end(&mut out, format, &total, self.fingerprints());
        end.and_then(|()| out.flush()).map_err(Error::output)
    }

    /// Nodes as they are shown.
    fn side<'n>(&self, owners: &[&'n Node]) -> Side<'n> {
        if self.of_owners() {
            Side::Owner(owners.first().map(|node| &*node.identity))
        } else {
            Side::Set(names(owners))
        }
    }
}

/// Whether both are the same nodes in any order; none is there twice.
fn is_same_set(some: &[&Node], others: &[&Node]) -> bool {
    let is_among = |node: &&Node| others.iter().any(|other| other.identity == node.identity);
    some.len() == others.len() && some.iter().all(is_among)
}

/// Writes a key that moves.
fn written(
    out: &mut Stdout,
    keying: Keying,
    format: Format,
    line: &[u8],
    key: &[u8],
    sides: &[Side<'_>; 2],
) -> io::Result<()> {
    if format == Format::Json {
        return keying.moving(out, line, key, sides);
    }
    if format == Format::Tsv {
        out.write_all(b"key\t")?;
    }
    let [before, after] = sides;
    out.write_all(line)?;
    writeln!(out, "\t{before}\t{after}")
}

/// Writes what follows the keys.
fn end(
    out: &mut Stdout,
    format: Format,
    total: &Total,
    fingerprints: Vec<Fingerprint<2>>,
) -> io::Result<()> {
    let Total { keys, moved, share, .. } = *total;
    match format {
        Format::Table => {
            let (keys, moved) = (thousands(keys), thousands(moved));
            writeln!(out, "\n{moved} of {keys} keys move, {}", percent(share))?;
            fingerprint_lines(out, fingerprints)
        }
        Format::Tsv => {
            writeln!(out, "total\t{keys}\t{moved}\t{share}")?;
            for Fingerprint { kind, digits: [from, to], .. } in fingerprints {
                writeln!(out, "{kind}\t-\t{from}\t{to}")?;
            }
            Ok(())
        }
        Format::Json => {
            serde_json::to_writer(&mut *out, total)?;
            out.write_all(b"\n")?;
            for fingerprint in fingerprints {
                serde_json::to_writer(&mut *out, &FingerprintRecord::new(fingerprint))?;
                out.write_all(b"\n")?;
            }
            Ok(())
        }
    }
}
