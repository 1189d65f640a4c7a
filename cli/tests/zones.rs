//! Replicas over zones: as `route` gives them, as `plan` and `balance` count them, and the notes of what
//! is doubtful.

mod common;

use std::collections::{HashMap, HashSet};

use annulus::HeapRing;
use common::{Dir, answers, keys, noted, percent, ranges, run, text};

/// Uneven zones and weights, one node without a zone and one without points.
const NODES: &str = "a 1 x\nb 2 x\nc 1 x\nd 3 x\ne 1 y\nf 1 y\ng 2 z\nh 1\ni 0 w\n";

/// How many keys are routed to compare shares with.
const KEYS: usize = 100_000;

/// What the command writes on success, whether or not a note follows.
fn output(args: &[&str], input: &[u8]) -> String {
    let output = run(args, input);
    assert_eq!(output.status.code(), Some(0), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The zone of every node of a file; none is the empty one.
fn zones(file: &str) -> HashMap<&str, &str> {
    let fields = file.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    fields.map(|fields| (fields[0], *fields.get(2).unwrap_or(&""))).collect()
}

/// Sorts a walk to all nodes into rounds, of which it keeps so many, and cuts it.
fn in_rounds<'n>(
    walk: &[&'n str],
    zones: &HashMap<&str, &str>,
    replicas: usize,
    max: usize,
) -> Vec<&'n str> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut rounds: Vec<(usize, &str)> = Vec::new();
    for node in walk {
        let round = seen.entry(zones[node]).or_default();
        *round += 1;
        rounds.push((*round, node));
    }
    rounds.retain(|&(round, _)| round <= max);
    rounds.sort_by_key(|&(round, _)| round);
    rounds.into_iter().map(|(_, node)| node).take(replicas).collect()
}

/// How far a share that was counted on `KEYS` keys may be from the exact one.
fn tolerance(share: f64) -> f64 {
    5.0 * (share * (1.0 - share) / KEYS as f64).sqrt() + 1e-6
}

#[test]
fn routes_go_over_zones_in_rounds() {
    let dir = Dir::new();
    let nodes = dir.file("nodes", NODES);
    let (zones, keys) = (zones(NODES), keys(500));
    for down in ["", "b,e,h", "g"] {
        let args = ["route", "--nodes", &nodes, "--down", down, "--replicas"];
        let walks = text(&[&args[..], &["9"]].concat(), keys.as_bytes());
        for (replicas, max) in [(1, 9), (2, 9), (4, 9), (6, 9), (8, 9), (8, 1), (5, 2), (3, 3)] {
            let (k, m) = (replicas.to_string(), max.to_string());
            let mut args = [&args[..], &[&k, "--spread-zones"]].concat();
            if max < 9 {
                args.extend(["--max-per-zone", &m]);
            }
            let spread = output(&args, keys.as_bytes());
            for ((_, walk), (key, found)) in answers(&walks).iter().zip(answers(&spread)) {
                assert_eq!(found, in_rounds(walk, &zones, replicas, max), "{args:?}: {key}");
            }
        }
    }
}

#[test]
fn a_full_zone_leaves_an_answer_short() {
    let dir = Dir::new();
    let nodes = dir.file("nodes", "a 1 x\nb 1 x\nc 1 y\nd 1 y\n");
    let args = ["route", "--nodes", &nodes, "--replicas", "4", "--spread-zones"];
    let of = |max: &[&str]| output(&[&args[..], max].concat(), keys(200).as_bytes());
    let count =
        |output: &str, nodes: usize| answers(output).iter().all(|(_, found)| found.len() == nodes);
    assert!(count(&of(&[]), 4));
    assert!(count(&of(&["--max-per-zone", "4000000000"]), 4));
    assert!(count(&of(&["--max-per-zone", "1"]), 2));
    assert!(count(&of(&["--max-per-zone", "1", "--down", "c,d"]), 1));
}

/// The nodes of each key before a change and after it.
fn sets_of_keys(file: &str, rule: &[&str], keys: &str) -> Vec<Vec<String>> {
    let args = [&["route", "--nodes", file][..], rule].concat();
    let routed = output(&args, keys.as_bytes());
    let own = |nodes: Vec<&str>| nodes.into_iter().map(String::from).collect();
    answers(&routed).into_iter().map(|(_, nodes)| own(nodes)).collect()
}

/// What `plan` says of each key is what `route` does before and after, and its shares are those that are
/// counted on keys.
#[test]
fn a_plan_is_what_routing_does() {
    let dir = Dir::new();
    let keys = keys(KEYS);
    let ring = HeapRing::<&str>::new();
    let positions: Vec<u32> = keys.lines().map(|key| ring.view().position(key)).collect();
    let moved_zone = NODES.replace("c 1 x", "c 1 y");
    for (before, after, rule) in [
        (NODES, &*moved_zone, &["--replicas", "3", "--spread-zones"][..]),
        (NODES, &moved_zone, &["--replicas", "6", "--spread-zones", "--max-per-zone", "2"]),
        ("a 1 x\nb 1 x\nc 1 y\n", "a 1 x\nb 2 x\nd 1 z\n", &["--replicas", "2", "--spread-zones"]),
        (
            "a 1 x\nb 1 y\nc 1 y\n",
            "a 1 x\nb 1 y\nc 1 z\n",
            &["--replicas", "3", "--spread-zones", "--max-per-zone", "1"],
        ),
        (NODES, "a\nb\nc\nj 2\n", &["--replicas", "2"]),
    ] {
        let (from, to) = (dir.file("from", before), dir.file("to", after));
        let args = [&["plan", "--from", &from, "--to", &to][..], rule].concat();
        let ranges = ranges(&output(&[&args[..], &["--format", "json"]].concat(), b""));
        let at = |range: &serde_json::Value, end: &str| range[end].as_u64().unwrap() as u32;
        // The range that a position may be in: the one that ends next, or the one that wraps.
        let range_of = |position: u32| {
            let next = ranges.partition_point(|range| at(range, "end") < position);
            let range = ranges.get(next).or(ranges.first())?;
            let (start, end) = (at(range, "start"), at(range, "end"));
            let within = position.wrapping_sub(start).wrapping_sub(1);
            (within <= end.wrapping_sub(start).wrapping_sub(1)).then_some(range)
        };
        let (old, new) = (sets_of_keys(&from, rule, &keys), sets_of_keys(&to, rule, &keys));
        let (mut changed, mut gained, mut lost) = (0, 0, 0);
        for ((old, new), &position) in old.iter().zip(&new).zip(&positions) {
            let sets: [HashSet<&String>; 2] = [old, new].map(|set| set.iter().collect());
            match range_of(position) {
                Some(range) => {
                    assert_eq!(range["before"], serde_json::json!(old), "{args:?}: {position}");
                    assert_eq!(range["after"], serde_json::json!(new), "{args:?}: {position}");
                    assert_ne!(sets[0], sets[1], "{args:?}: {position}");
                }
                None => assert_eq!(sets[0], sets[1], "{args:?}: {position}"),
            }
            changed += usize::from(sets[0] != sets[1]);
            gained += (&sets[1] - &sets[0]).len();
            lost += (&sets[0] - &sets[1]).len();
        }
        assert!(changed > KEYS / 10, "{args:?}: {changed}");
        let table = output(&[&args[..], &["--format", "table"]].concat(), b"");
        for (line, counted) in table.lines().zip([changed, gained, lost]) {
            // Copies are up to K for a key; each of K is a share of keys by itself.
            let (share, counted) = (percent(line), counted as f64 / KEYS as f64);
            let most = share.ceil().max(1.0);
            let far = most * tolerance(share / most);
            assert!((share - counted).abs() < far, "{args:?}: {line} is not {counted}");
        }
    }
}

/// A row of `balance`: share, fair share and load.
struct Row {
    positions: u64,
    share: f64,
    fair: f64,
    load: String,
}

/// The rows of `balance` by node, and the line below them.
fn balance(args: &[&str]) -> (HashMap<String, Row>, String) {
    let output = output(&[args, &["--format", "table"]].concat(), b"");
    let (rows, summary) = output.split_once("\n\n").unwrap();
    let row = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [name, _, _, positions, share, "%", fair, "%", load] = fields[..] else {
            panic!("{line}")
        };
        let percent = |figure: &str| figure.parse::<f64>().unwrap() / 100.0;
        let row = Row {
            positions: positions.replace(',', "").parse().unwrap(),
            share: percent(share),
            fair: percent(fair),
            load: load.into(),
        };
        (name.to_owned(), row)
    };
    let (summary, fingerprints) = summary.split_once('\n').unwrap();
    assert!(fingerprints.starts_with("fingerprint "), "{fingerprints}");
    (rows.lines().skip(1).map(row).collect(), summary.to_owned())
}

#[test]
fn effective_shares_are_what_routing_does() {
    let dir = Dir::new();
    let (nodes, keys) = (dir.file("nodes", NODES), keys(KEYS));
    let weights: HashMap<&str, f64> =
        NODES.lines().map(|line| (&line[..1], line[2..3].parse().unwrap())).collect();
    for (rule, replicas, down) in [
        (&["--replicas", "3"][..], 3, ""),
        (&["--replicas", "3", "--spread-zones"], 3, ""),
        (&["--replicas", "6", "--spread-zones", "--max-per-zone", "1"], 6, "d,h"),
        (&["--replicas", "1"], 1, "b,"),
    ] {
        let rule = [rule, &["--down", down]].concat();
        let (rows, summary) = balance(&[&["balance", "--nodes", &nodes][..], &rule].concat());
        let is_down = |name: &str| !name.is_empty() && down.split(',').any(|down| down == name);
        let mut counts: HashMap<String, usize> = HashMap::new();
        let mut copies = 0;
        for node in sets_of_keys(&nodes, &rule, &keys).into_iter().flatten() {
            *counts.entry(node).or_default() += 1;
            copies += 1;
        }
        let total: f64 = rows.values().map(|row| row.share).sum();
        let up: f64 = weights.iter().filter(|(name, _)| !is_down(name)).map(|(_, w)| w).sum();
        assert_eq!(rows.len(), 9);
        for (name, row) in &rows {
            let counted = *counts.get(name).unwrap_or(&0) as f64 / KEYS as f64;
            let far = tolerance(row.share);
            assert!((row.share - counted).abs() < far, "{rule:?}: {name}: {counted}");
            let exact = row.positions as f64 / 4_294_967_296.0;
            assert!((row.share - exact).abs() < 1e-6, "{rule:?}: {name}");
            if is_down(name) {
                assert_eq!((row.positions, row.fair, &*row.load), (0, 0.0, "down"), "{name}");
                continue;
            }
            let fair = weights[&**name] / up * total;
            assert!((row.fair - fair).abs() < 1e-5, "{rule:?}: {name}: {fair}");
            if name == "i" {
                assert_eq!(row.load, "-");
            } else {
                let load: f64 = row.load.parse().unwrap();
                assert!((load - row.share / row.fair).abs() < 1e-3, "{rule:?}: {name}: {load}");
            }
        }
        let loads = || rows.values().filter_map(|row| row.load.parse::<f64>().ok());
        let (min, max) = (loads().fold(f64::INFINITY, f64::min), loads().fold(0.0, f64::max));
        assert!(summary.contains(&format!("; load: min {min:.4}, ")), "{summary}");
        assert!(summary.contains(&format!(", max {max:.4}, ")), "{summary}");
        let mean = copies as f64 / KEYS as f64;
        assert!((total - mean).abs() < 0.01, "{rule:?}: {total}");
        let of = format!("{total:.4} of {replicas} replicas; load");
        assert_eq!(summary.contains(&of), replicas > 1, "{summary}");
        let count = down.split(',').filter(|name| !name.is_empty()).count();
        assert_eq!(summary.contains(&format!(", {count} down, 1")), count > 0, "{summary}");
    }
}

/// With one replica zones change nothing, and with neither option nor name is anything different.
#[test]
fn one_replica_lies_where_it_does_without_zones() {
    let dir = Dir::new();
    let (from, to) = (dir.file("from", NODES), dir.file("to", "a 1 x\nb 1 y\nk 2 y\n"));
    let (plot, other) = (dir.path("plot.svg"), dir.path("other.svg"));
    let keys = keys(2000);
    for args in [
        &["route", "--nodes", &from][..],
        &["route", "--nodes", &from, "--down", "a,d"],
        &["plan", "--from", &from, "--to", &to],
        &["plan", "--from", &from, "--to", &to, "--format", "json"],
        &["balance", "--nodes", &from],
        &["balance", "--nodes", &from, "--down", "a,d"],
    ] {
        let plain = text(args, keys.as_bytes());
        for more in [&["--spread-zones"][..], &["--spread-zones", "--max-per-zone", "1"]] {
            assert!(output(&[args, more].concat(), keys.as_bytes()) == plain, "{args:?}");
        }
    }
    let args = ["balance", "--nodes", &from, "--plot"];
    let plain = text(&[&args[..], &[&plot]].concat(), b"");
    let same = ["--replicas", "1", "--down", ""];
    assert_eq!(text(&[&args[..], &[&other], &same].concat(), b""), plain);
    assert!(std::fs::read(&plot).unwrap() == std::fs::read(&other).unwrap());
}

#[test]
fn nobody_up_has_no_load() {
    let args = ["balance", "--nodes", "a,b", "--replicas", "2", "--down", "a,b"];
    let (rows, summary) = balance(&args);
    assert!(rows.values().all(|row| row.positions == 0 && row.load == "down"));
    assert_eq!(summary, "2 nodes, 2 down, 300 points, 0.0000 of 2 replicas");
}

#[test]
fn the_picture_shows_effective_shares() {
    let dir = Dir::new();
    let (nodes, plot) = (dir.file("nodes", NODES), dir.path("out.svg"));
    let args = ["balance", "--nodes", &nodes, "--plot", &plot, "--replicas", "2"];
    let picture = |more: &[&str]| {
        let (rows, _) = balance(&[&args[..], more].concat());
        (std::fs::read_to_string(&plot).unwrap(), rows)
    };
    let (svg, rows) = picture(&["--spread-zones", "--down", "b,"]);
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
    // Two shapes for each node that is up and has points: its arcs and its part of all copies.
    assert_eq!(svg.matches("<path").count(), 2 * 7);
    for (name, row) in &rows {
        let title = format!("<title>{name}: {:.2} %</title>", 100.0 * row.share);
        let shapes = if row.positions > 0 { 2 } else { 0 };
        assert_eq!(svg.matches(&title).count(), shapes, "{title}");
    }
    assert!(svg.contains("of 2 replicas; 1 down; load "), "{svg}");
    assert_eq!(svg.matches("\u{2002}down</text>").count(), 1);
    let (svg, _) = picture(&["--down", "a,b,c,d,e,f,g,h,i"]);
    assert!(!svg.contains("NaN") && !svg.contains("inf") && !svg.contains("<path"));
    assert!(svg.contains("no node that is up has points"), "{svg}");
}

#[test]
fn what_is_doubtful_in_zones_is_noted() {
    let dir = Dir::new();
    for (file, replicas, note) in [
        ("a 1 x\nb 1 y\nc 1 z\n", "3", ""),
        ("a 1 x\nb 1 y\nc\n", "3", "1 of 3 nodes has no zone (\"c\")"),
        ("a 1 x\nb 1 y\nd\nc\n", "3", "2 of 4 nodes have no zone (first \"c\")"),
        ("a 1 x\nb 1 x\nc 1 y\nd 1 y\n", "3", "2 zones for 3 replicas"),
        ("a 1 x\nb 1 x\n", "2", "1 zone for 2 replicas"),
        ("a\nb\n", "2", "no zones for 2 replicas"),
        ("a 1 x\nb 1 x\nc 1 x\nd 1 x\ne 1 y\n", "2", "1 zone has fewer than 2 nodes"),
        (
            "a 1 x\nb 1 x\nc 1 x\nd 1 x\ne 1 y\nf\n",
            "4",
            "1 of 6 nodes has no zone (\"f\"); 3 zones for 4 replicas; 2 zones have fewer than 2 nodes",
        ),
    ] {
        let nodes = dir.file("nodes", file);
        for (args, input) in [
            (&["route", "--nodes", &nodes, "--replicas", replicas][..], &b"key\n"[..]),
            (&["balance", "--nodes", &nodes, "--replicas", replicas], b""),
        ] {
            text(args, input);
            let spread = [args, &["--spread-zones"]].concat();
            if note.is_empty() {
                text(&spread, input);
            } else {
                assert_eq!(noted(&spread, input).1, note, "{file:?}");
            }
        }
    }
}

#[test]
fn a_plan_notes_which_membership_is_doubtful() {
    let dir = Dir::new();
    let good = dir.file("good", "a 1 x\nb 1 y\nc 1 z\n");
    let missing = dir.file("missing", "a 1 x\nb 1 y\nc 1\n");
    let (few, also_few) = (dir.file("few", "a 1 x\nb 1 x\n"), dir.file("also", "c 1 z\nd 1 z\n"));
    let plan = |from, to, more: &[&'static str]| {
        let args = ["plan", "--from", from, "--to", to, "--replicas", "2"];
        noted(&[&args[..], &["--spread-zones"], more].concat(), b"").1
    };
    let (no_zone, one) = ("1 of 3 nodes has no zone (\"c\")", "1 zone for 2 replicas");
    assert_eq!(plan(&good, &missing, &[]), format!("--to: {no_zone}"));
    assert_eq!(plan(&few, &good, &["--format", "json"]), format!("--from: {one}"));
    assert_eq!(plan(&few, &missing, &[]), format!("--from: {one}; --to: {no_zone}"));
    assert_eq!(plan(&few, &also_few, &[]), format!("--from and --to: {one}"));
    let quiet = ["plan", "--from", &good, "--to", &good, "--replicas", "3", "--spread-zones"];
    text(&quiet, b"");
    text(&["plan", "--from", &few, "--to", &missing, "--replicas", "2"], b"");
}

/// A command that fails, or that nobody reads to the end, writes no note.
#[test]
fn only_an_answer_is_followed_by_a_note() {
    let args = ["route", "--nodes", "a,b", "--replicas", "2", "--spread-zones", "/no/such/file"];
    let error = common::failure(&args, b"");
    assert!(error.starts_with("/no/such/file: "), "{error}");
    let args = ["plan", "--from", "a,b", "--to", "c,d", "--vnodes", "20000", "--format", "json"];
    let zones = ["--replicas", "2", "--spread-zones"];
    let mut child = common::spawn(&[&args[..], &zones].concat());
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}
