//! Notes: what is doubtful in a membership that was answered for, in one line on standard error.

use std::io::{Write as _, stderr};

use annulus::{Finding, Placement, RingRef, Ruled};

use crate::error::one_line;
use crate::output::table::counted;

/// Writes a note about `ring`, if its rule is over zones and something is doubtful about it.
pub(crate) fn write<N: annulus::Node, P: Placement, H>(ring: Ruled<'_, '_, N, P, H>) {
    write_line(&clauses(ring));
}

/// Writes one note about the memberships of `plan`.
pub(crate) fn write_both<N: annulus::Node, P: Placement, H>(
    old: Ruled<'_, '_, N, P, H>,
    new: Ruled<'_, '_, N, P, H>,
) {
    let (from, to) = (clauses(old), clauses(new));
    write_line(&match (&*from, &*to) {
        ("", "") => String::new(),
        ("", _) => format!("--to: {to}"),
        (_, "") => format!("--from: {from}"),
        _ if from == to => format!("--from and --to: {from}"),
        _ => format!("--from: {from}; --to: {to}"),
    });
}

/// Writes a note unless there is nothing to say.
pub(crate) fn write_line(line: &str) {
    if !line.is_empty() {
        // Where standard error is closed, nobody wants notes.
        let _ = writeln!(stderr(), "annulus: note: {}", one_line(line));
    }
}

/// What is doubtful in a membership under a rule over zones; nothing under another.
fn clauses<N: annulus::Node, P: Placement, H>(ring: Ruled<'_, '_, N, P, H>) -> String {
    if ring.rule().max_per_zone().is_none() {
        return String::new();
    }
    let clauses: Vec<String> = ring.check().map(|found| clause(ring.ring(), found)).collect();
    clauses.join("; ")
}

/// A finding in the words of the command.
fn clause<N: annulus::Node, P: Placement, H>(ring: RingRef<'_, N, P, H>, found: Finding) -> String {
    match found {
        Finding::ZonesMissing { members, first } => {
            format!("{} no zone{}", some(ring, members, "has", "have"), named(ring, members, first))
        }
        // The one zone of nodes without a name of one is none in a file.
        Finding::FewZones { replicas, .. } if nowhere(ring) => {
            format!("no zones for {}", counted(replicas, "replica"))
        }
        Finding::FewZones { zones, replicas } => {
            format!("{} for {}", counted(zones, "zone"), counted(replicas, "replica"))
        }
        Finding::SmallZones { zones, fewer_than } => {
            let verb = if zones == 1 { "has" } else { "have" };
            format!("{} {verb} fewer than {fewer_than} nodes", counted(zones, "zone"))
        }
        // Blank identities and ones with control characters are no nodes of this command.
        other => other.to_string(),
    }
}

/// So many nodes of all, with the verb that follows.
fn some<N, P: Placement, H>(
    ring: RingRef<'_, N, P, H>,
    members: usize,
    one: &str,
    more: &str,
) -> String {
    let verb = if members == 1 { one } else { more };
    format!("{members} of {} {verb}", counted(ring.len(), "node"))
}

/// The name of the node, or of the first of several.
fn named<N: annulus::Node, P: Placement, H>(
    ring: RingRef<'_, N, P, H>,
    members: usize,
    first: u32,
) -> String {
    let Some(member) = ring.member(first) else { return String::new() };
    let name = String::from_utf8_lossy(member.node().identity());
    if members == 1 { format!(" ({name:?})") } else { format!(" (first {name:?})") }
}

/// Whether no node has the name of a zone.
fn nowhere<N: annulus::Node, P: Placement, H>(ring: RingRef<'_, N, P, H>) -> bool {
    ring.members().iter().all(|member| member.node().zone().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use annulus::{HeapRing, Rule};

    /// Node files and lists have no such names, but which rule a note is for does not rest on that.
    #[test]
    fn identities_are_doubtful_under_a_rule_over_zones_alone() {
        let mut ring = HeapRing::<&str>::new();
        ring.insert_all([" ", "a\n", "b"]).unwrap();
        let view = ring.view();
        assert_eq!(clauses(view.under(Rule::replicas(2))), "");
        let all = clauses(view.under(Rule::over_zones(2)));
        let found = [" ", "a\n"].map(|name| view.number_of(name.as_bytes()).unwrap());
        let [blank, control] = found.map(|number| format!("of member {number}"));
        assert!(all.starts_with("no zones for 2 replicas; "), "{all}");
        assert!(all.contains(&blank) && all.contains(&control), "{all}");
    }
}
