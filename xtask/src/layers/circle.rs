//! Circles in a graph.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Nodes, and to which others they lead.
pub(super) type Graph<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Circles that have no node in common, a shortest one first: nodes of which each leads to the next and
/// the last to the first. There are none where the graph has no circle.
pub(super) fn disjoint<'a>(graph: &Graph<'a>) -> Vec<Vec<&'a str>> {
    let mut circles: Vec<_> = graph.keys().filter_map(|&start| from(graph, start)).collect();
    circles.sort_by_key(Vec::len);
    let mut seen = BTreeSet::new();
    circles.retain(|circle| {
        let is_new = circle.iter().all(|node| !seen.contains(node));
        if is_new {
            seen.extend(circle.iter().copied());
        }
        is_new
    });
    circles
}

/// A shortest circle through this node, found breadth first.
fn from<'a>(graph: &Graph<'a>, start: &'a str) -> Option<Vec<&'a str>> {
    let mut reached_from = BTreeMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(node) = open.pop_front() {
        for &next in graph.get(node).into_iter().flatten() {
            if next == start {
                let mut circle = vec![node];
                while let Some(&before) = reached_from.get(circle[circle.len() - 1]) {
                    circle.push(before);
                }
                circle.reverse();
                return Some(circle);
            }
            if !reached_from.contains_key(next) {
                reached_from.insert(next, node);
                open.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles(edges: &[(&'static str, &'static str)]) -> Vec<Vec<&'static str>> {
        let mut graph = Graph::new();
        for &(from, to) in edges {
            graph.entry(from).or_default().insert(to);
        }
        disjoint(&graph)
    }

    #[test]
    fn without_a_circle_there_is_none() {
        let none: [Vec<&str>; 0] = [];
        assert_eq!(circles(&[]), none);
        assert_eq!(circles(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]), none);
    }

    #[test]
    fn the_shortest_circle_is_found() {
        let long = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")];
        assert_eq!(circles(&long), [["a", "b", "c", "d"]]);
        let both = [long[0], long[1], long[2], long[3], ("d", "b")];
        assert_eq!(circles(&both), [["b", "c", "d"]]);
        assert_eq!(circles(&[("x", "a"), ("a", "c"), ("c", "a")]), [["a", "c"]]);
    }

    #[test]
    fn circles_apart_are_all_found() {
        let edges = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "x"), ("x", "y"), ("y", "x")];
        assert_eq!(circles(&edges), [vec!["x", "y"], vec!["a", "b", "c"]]);
    }
}
