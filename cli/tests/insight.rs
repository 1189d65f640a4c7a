//! `annulus plan`, `balance` and `impact`: figures that agree with each other and with routing.

mod common;

use std::collections::{HashMap, HashSet};
use std::io::Read;

use common::{Dir, of_kind, percent, ranges, spawn, table, text};
use serde_json::Value;

const CIRCLE: f64 = 4294967296.0;

/// The share of each node as `balance` prints it.
fn shares(nodes: &str) -> HashMap<String, f64> {
    let output = table(&["balance", "--nodes", nodes], b"");
    let rows = output.lines().skip(1).take_while(|line| !line.is_empty());
    rows.map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let positions: f64 = fields[3].replace(',', "").parse().unwrap();
        let share = fields[4].parse::<f64>().unwrap() / 100.0;
        assert!((share - positions / CIRCLE).abs() < 1e-6, "{line}");
        (fields[0].to_owned(), positions / CIRCLE)
    })
    .collect()
}

/// The rows from -> to of a plan with their shares.
fn pairs(output: &str) -> Vec<(String, String, f64)> {
    let rows = output.lines().filter(|line| line.contains("->"));
    rows.map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        (fields[0].into(), fields[2].into(), percent(line))
    })
    .collect()
}

/// The part of the circle that an object covers.
fn width(object: &Value) -> f64 {
    let at = |end: &str| object[end].as_u64().unwrap() as u32;
    match at("end").wrapping_sub(at("start")) {
        0 => 1.0,
        steps => f64::from(steps) / CIRCLE,
    }
}

#[test]
fn shares_add_up_and_are_what_routing_does() {
    let dir = Dir::new();
    let nodes = dir.file("nodes", "a 1\nb 2\nc 0\n");
    let shares = shares(&nodes);
    assert!((shares.values().sum::<f64>() - 1.0).abs() < 1e-9);
    assert_eq!(shares["c"], 0.0);
    let keys: String = (0..200_000).map(|i| format!("k{i}\n")).collect();
    let routed = text(&["route", "--nodes", &nodes], keys.as_bytes());
    let to_a = routed.lines().filter(|line| line.ends_with("\ta")).count();
    assert!((to_a as f64 / 200_000.0 - shares["a"]).abs() < 0.005);
}

#[test]
fn balance_of_owners_is_written_as_ever() {
    let dir = Dir::new();
    let nodes = dir.file("nodes", "a 1\nb 2 x\nc 0 y\n");
    let expected = "\
node  weight  points      positions      share  fair share    load
a          1     150  1,354,290,622  31.5320 %   33.3333 %  0.9460
b          2     300  2,940,676,674  68.4680 %   66.6667 %  1.0270
c          0       0              0   0.0000 %    0.0000 %       -

3 nodes, 450 points; load: min 0.9460, mean 0.9865, max 1.0270, standard deviation 0.0405
fingerprint 95f7ef83e7762aa7
routing fingerprint da0093777ed65158
";
    assert_eq!(table(&["balance", "--nodes", &nodes], b""), expected);
}

/// What comes after the table, without the fingerprints.
fn summary(balance: &str) -> &str {
    let below = balance.split_once("\n\n").unwrap().1;
    let (summary, fingerprints) = below.split_at(below.find("fingerprint ").unwrap());
    let both = "fingerprint 0123456789abcdef\nrouting fingerprint 0123456789abcdef\n";
    assert_eq!(fingerprints.len(), both.len(), "{balance}");
    summary
}

#[test]
fn balance_tells_how_even_the_shares_are() {
    let output = table(&["balance", "--nodes", "a,"], b"");
    assert!(output.contains("4,294,967,296  100.0000 %"), "{output}");
    let all = "1 node, 150 points; load: min 1.0000, mean 1.0000, max 1.0000, \
               standard deviation 0.0000\n";
    assert!(summary(&output) == all, "{output}");
    let output = table(&["balance", "--nodes", "a,b", "--vnodes", "10"], b"");
    assert!(output.contains("2 nodes, 20 points; load: min 0."), "{output}");
    let dir = Dir::new();
    let output = table(&["balance", "--nodes", &dir.file("nodes", "a 0\n")], b"");
    assert_eq!(summary(&output), "1 node, no points\n");
}

#[test]
fn the_picture_has_every_node() {
    let dir = Dir::new();
    let plot = dir.path("out.svg");
    for (count, weight) in [(1, 1), (3, 1), (3, 0), (100, 1), (300, 1)] {
        let nodes: String = (0..count).map(|i| format!("n<{i}>& {weight}\n")).collect();
        let nodes = dir.file("nodes", nodes);
        table(&["balance", "--nodes", &nodes, "--plot", &plot], b"");
        let svg = std::fs::read_to_string(&plot).unwrap();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert!(!svg.contains("NaN") && !svg.contains("inf") && !svg.contains("n<"));
        let shapes = if weight == 0 { 0 } else { 2 * count };
        assert!(svg.matches("<path").count() >= shapes.min(2 * 100), "{count}");
        let bars = svg.matches("text-anchor=\"end\"").count();
        assert_eq!(bars, count.min(180));
        assert!(svg.len() < 1_000_000, "{}", svg.len());
    }
}

/// Bars have short names; what shows under a pointer has the whole.
#[test]
fn long_names_are_cut_in_the_middle_of_a_picture() {
    let dir = Dir::new();
    let nodes =
        dir.file("nodes", "cache-in-some-rack-of-the-east-01\ncache-in-some-rack-of-the-east-02\n");
    let svg = text(&["balance", "--nodes", &nodes, "--plot", "-"], b"");
    for number in ["01", "02"] {
        let short = format!(">cache-in-som\u{2026}the-east-{number}</text>");
        assert_eq!(svg.matches(&short).count(), 1, "{svg}");
        assert_eq!(
            svg.matches(&format!("<title>cache-in-some-rack-of-the-east-{number}:")).count(),
            2
        );
    }
}

#[test]
fn a_picture_on_standard_output_is_alone_there() {
    let dir = Dir::new();
    let plot = dir.path("out.svg");
    let args = ["balance", "--nodes", "a,b", "--plot"];
    let plain = text(&[&args[..], &[&plot]].concat(), b"");
    assert_eq!(plain, text(&["balance", "--nodes", "a,b"], b""));
    let mut command = common::annulus(&[&args[..], &["-"]].concat());
    let output = command.current_dir(dir.path("")).output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
    assert!(output.stdout == std::fs::read(&plot).unwrap());
    assert!(!std::path::Path::new(&dir.path("-")).exists());
}

#[test]
fn a_newcomer_gets_its_share_and_nothing_else_moves() {
    let args = ["plan", "--from", "a,b,c", "--to", "a,b,c,d"];
    let output = table(&args, b"");
    let share = shares("a,b,c,d")["d"];
    let pairs = pairs(&output);
    assert_eq!(pairs.len(), 3);
    assert!(pairs.iter().all(|(_, to, _)| to == "d"));
    assert!((pairs.iter().map(|(.., share)| share).sum::<f64>() - share).abs() < 1e-5);
    let head = output.lines().next().unwrap();
    assert!(head.ends_with("of the key space moves"));
    assert!((percent(head) - share).abs() < 1e-6, "{head}");
    let ranges = ranges(&text(&[&args[..], &["--format", "json"]].concat(), b""));
    assert!((ranges.iter().map(width).sum::<f64>() - share).abs() < 1e-9);
    assert!(ranges.iter().all(|object| object["to"] == "d" && object["from"] != "d"));
    assert!(ranges.windows(2).all(|pair| pair[0]["end"].as_u64() < pair[1]["end"].as_u64()));
}

#[test]
fn what_leaves_and_what_joins_agree_with_the_shares() {
    let dir = Dir::new();
    let from = dir.file("from", "a 1\nb 1\nc 2\n");
    let to = dir.file("to", "a 2\nc 1\nd 1\n");
    let (before, after) = (shares(&from), shares(&to));
    let pairs = pairs(&table(&["plan", "--from", &from, "--to", &to], b""));
    for node in ["a", "b", "c", "d"] {
        let sum = |side: fn(&(String, String, f64)) -> &String| -> f64 {
            pairs.iter().filter(|pair| side(pair) == node).map(|(.., share)| share).sum()
        };
        let change = after.get(node).unwrap_or(&0.0) - before.get(node).unwrap_or(&0.0);
        assert!((sum(|pair| &pair.1) - sum(|pair| &pair.0) - change).abs() < 1e-5, "{node}");
    }
}

#[test]
fn nothing_moves_between_equals_and_everything_from_nobody() {
    let same = ["plan", "--from", "a,b", "--to", "b,a"];
    let figures = "0.0000 % of the key space moves\n\
                   0.0000 % would move if shares were fair before and after\n";
    let both = |digits: &str| format!("fingerprint {digits} before, {digits} after\n");
    let (of_nodes, routing) = (both("6e46a3728f8bad0a"), both("b1b40c8fdd8230bc"));
    assert_eq!(table(&same, b""), format!("{figures}\n{of_nodes}routing {routing}"));
    assert!(ranges(&text(&[&same[..], &["--format", "json"]].concat(), b"")).is_empty());
    let dir = Dir::new();
    let none = dir.file("none", "a 0\n");
    let args = ["plan", "--from", &none, "--to", "b,", "--format", "json"];
    let ranges = ranges(&text(&args, b""));
    assert_eq!(ranges.len(), 1);
    assert_eq!((&ranges[0]["from"], &ranges[0]["to"]), (&Value::Null, &Value::from("b")));
    assert_eq!(width(&ranges[0]), 1.0);
    let output = table(&["plan", "--from", "b,", "--to", &none], b"");
    assert!(output.starts_with("100.0000 % of the key space moves\n100.0000 % would"), "{output}");
    assert_eq!(pairs(&output), [("b".into(), "-".into(), 1.0)]);
}

#[test]
fn replica_sets_are_compared_as_sets() {
    let args = ["plan", "--from", "a,b,c", "--to", "a,b,c,d", "--replicas", "2"];
    let output = table(&args, b"");
    let changed = percent(output.lines().next().unwrap());
    let ranges = ranges(&text(&[&args[..], &["--format", "json"]].concat(), b""));
    assert!((ranges.iter().map(width).sum::<f64>() - changed).abs() < 1e-6);
    // Each key that d takes in gives up one of its two replicas.
    assert!((0.40..0.62).contains(&changed), "{changed}");
    for object in &ranges {
        let set = |side: &str| -> Vec<&str> {
            object[side].as_array().unwrap().iter().map(|node| node.as_str().unwrap()).collect()
        };
        assert_eq!((set("before").len(), set("after").len()), (2, 2));
        assert!(set("after").contains(&"d") && !set("before").contains(&"d"), "{object}");
    }
    assert!((pairs(&output).iter().map(|(.., share)| share).sum::<f64>() - changed).abs() < 1e-5);
    // With a replica on every node there is nothing but the new copies.
    let all = ["plan", "--from", "a,b", "--to", "a,b,c", "--replicas", "9"];
    let output = table(&all, b"");
    assert!(output.contains("100.0000 % of it to copy to new nodes\n"), "{output}");
    assert!(output.contains("\n0.0000 % of it to drop from old ones\n"), "{output}");
    assert_eq!(pairs(&output), [("-".into(), "c".into(), 1.0)]);
}

/// A row of `balance`: positions and fair share.
fn holds(nodes: &str, rule: &[&str]) -> HashMap<String, (i64, f64)> {
    let output = table(&[&["balance", "--nodes", nodes][..], rule].concat(), b"");
    let rows = output.lines().skip(1).take_while(|line| !line.is_empty());
    rows.map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let positions = fields[3].replace(',', "").parse().unwrap();
        (fields[0].to_owned(), (positions, fields[6].parse::<f64>().unwrap() / 100.0))
    })
    .collect()
}

/// What nodes have before and after is what `balance` says; what moves is the difference, exactly.
#[test]
fn totals_of_a_plan_agree_with_balance_and_with_its_ranges() {
    let dir = Dir::new();
    let from = dir.file("from", "a 1 x\nb 1 y\nc 2 z\ne 0\n");
    let to = dir.file("to", "a 2 x\nc 1 z\nd 1 y\nf 0\n");
    for rule in [&[][..], &["--replicas", "2"], &["--replicas", "2", "--vnodes", "20"]] {
        let (before, after) = (holds(&from, rule), holds(&to, rule));
        let args = [&["plan", "--from", &from, "--to", &to][..], rule].concat();
        let (table, json) =
            (table(&args, b""), text(&[&args[..], &["--format", "json"]].concat(), b""));
        let nodes = of_kind(&json, "node");
        let names: Vec<&str> = nodes.iter().map(|node| node["node"].as_str().unwrap()).collect();
        assert_eq!(names, ["a", "b", "c", "d", "e", "f"]);
        let (mut given, mut taken, mut ideals) = (0, 0, [0.0, 0.0]);
        for (node, name) in nodes.iter().zip(names) {
            let of = |field: &str| node[field].as_i64().unwrap();
            let (old, old_fair) = *before.get(name).unwrap_or(&(0, 0.0));
            let (new, new_fair) = *after.get(name).unwrap_or(&(0, 0.0));
            assert_eq!((of("before"), of("after")), (old, new), "{node}");
            assert_eq!(old + of("takes") - of("gives"), new, "{node}");
            // A single owner has an ideal.
            assert_eq!(node["ideal"].is_null(), !rule.is_empty());
            let ideal = node["ideal"].as_f64().unwrap_or(0.0) / CIRCLE;
            if rule.is_empty() {
                assert!((ideal - (new_fair - old_fair)).abs() < 2e-6, "{node}");
            }
            (given, taken) = (given + of("gives"), taken + of("takes"));
            ideals = [ideals[0] + ideal.max(0.0), ideals[1] - ideal.min(0.0)];
            let row = table
                .lines()
                .find(|line| line.starts_with(&format!("{name} ")) && !line.contains("->"));
            if of("gives") + of("takes") == 0 {
                assert_eq!(row, None);
                continue;
            }
            let figures = row.unwrap().split_whitespace().skip(1).filter(|&part| part != "%");
            let expected = ["before", "after", "gives", "takes"].map(of).into_iter();
            let expected = expected.chain(node["ideal"].as_i64());
            assert_eq!(figures.clone().count(), if rule.is_empty() { 5 } else { 4 }, "{row:?}");
            for (figure, expected) in figures.zip(expected) {
                let figure: f64 = figure.parse().unwrap();
                assert!((figure / 100.0 - expected as f64 / CIRCLE).abs() < 1e-6, "{row:?}");
            }
        }
        let [total] = &of_kind(&json, "total")[..] else { panic!("{json}") };
        let of = |field: &str| total[field].as_f64().unwrap() / CIRCLE;
        let moved: f64 = ranges(&json).iter().map(width).sum();
        assert!((of("moves") - moved).abs() < 1e-9, "{total}");
        assert_eq!((total["gives"].as_i64(), total["takes"].as_i64()), (Some(given), Some(taken)));
        let line = table.lines().find(|line| line.contains("if shares were fair"));
        assert_eq!((line.is_some(), total["ideal"].is_null()), (rule.is_empty(), !rule.is_empty()));
        if let Some(line) = line {
            assert!((of("ideal") - ideals[0].max(ideals[1])).abs() < 1e-9, "{total}");
            assert!((percent(line) - of("ideal")).abs() < 1e-6, "{line}");
        }
    }
}

/// Whatever makes another ring makes other fingerprints, which are the library's.
#[test]
fn fingerprints_are_those_of_the_library() {
    let dir = Dir::new();
    let plain = dir.file("plain", "b\na\n");
    let (weight, zone) = (dir.file("weight", "a\nb 2\n"), dir.file("zone", "a\nb 1 x\n"));
    let of = |nodes: &str, vnodes: u32| {
        let output = table(&["balance", "--nodes", nodes, "--vnodes", &vnodes.to_string()], b"");
        let (fingerprint, routing) = output
            .split_once("\nfingerprint ")
            .and_then(|(_, below)| below.trim_end().split_once("\nrouting fingerprint "))
            .unwrap();
        [fingerprint, routing].map(String::from)
    };
    for vnodes in [150, 7] {
        let mut ring = annulus::HeapRing::<&str>::with_vnodes(vnodes);
        ring.insert_all(["a", "b"]).unwrap();
        let numbers = [ring.view().fingerprint(), ring.view().routing_fingerprint()];
        assert_eq!(of(&plain, vnodes), numbers.map(|number| format!("{number:016x}")));
        assert_eq!(of("a,b", vnodes), of(&plain, vnodes));
    }
    let all = [of(&plain, 150), of(&plain, 7), of(&weight, 150), of(&zone, 150)];
    assert_eq!(all.iter().flatten().collect::<HashSet<_>>().len(), 8, "{all:?}");
    let args = ["plan", "--from", &weight, "--to", &zone];
    let table = table(&args, b"");
    let [[from, from_routing], [to, to_routing]] = [&all[2], &all[3]];
    let lines = format!(
        "\n\nfingerprint {from} before, {to} after\n\
         routing fingerprint {from_routing} before, {to_routing} after\n"
    );
    assert!(table.ends_with(&lines), "{table}");
    let json = text(&[&args[..], &["--format", "json"]].concat(), b"");
    for (kind, from, to) in [("fingerprint", from, to), ("routing", from_routing, to_routing)] {
        let expected = serde_json::json!({"kind": kind, "from": from, "to": to});
        assert_eq!(of_kind(&json, kind), [expected]);
    }
}

#[test]
fn vnodes_count_in_a_plan() {
    let moved =
        |vnodes: &str| table(&["plan", "--from", "a,b", "--to", "a,b,c", "--vnodes", vnodes], b"");
    assert_ne!(moved("1"), moved("150"));
    assert_eq!(moved("150"), table(&["plan", "--from", "a,b", "--to", "a,b,c"], b""));
}

#[test]
fn impact_reproduces_the_known_table() {
    let output = table(&["impact", "--keys", "50000"], b"");
    let figures: HashMap<(&str, &str), Vec<f64>> = output
        .lines()
        .filter(|line| line.contains(" one "))
        .map(|line| {
            let mut fields = line.split_whitespace();
            let key = (fields.next().unwrap(), fields.next().unwrap());
            let figures = fields.filter_map(|field| field.parse().ok());
            (key, figures.collect())
        })
        .collect();
    assert_eq!(figures.len(), 6, "{output}");
    for (key, modulo, ring, tolerance) in [
        (("4", "remove"), 75.0, 25.0, 1.0),
        (("4", "add"), 80.0, 20.0, 1.5),
        (("10", "remove"), 90.0, 10.0, 1.0),
        (("10", "add"), 90.9, 9.1, 1.0),
        (("100", "remove"), 99.0, 1.0, 0.2),
        (("100", "add"), 99.0, 1.0, 0.2),
    ] {
        let [by_modulo, by_ring, min, max, _] = figures[&key][..] else { panic!("{output}") };
        assert!((by_modulo - modulo).abs() < 0.5, "{key:?}: {by_modulo}");
        assert!((by_ring - ring).abs() < tolerance, "{key:?}: {by_ring}");
        assert!(min <= by_ring && by_ring <= max);
    }
    let other = table(&["impact", "--servers", "3", "--keys", "1000"], b"");
    assert_eq!(other.lines().filter(|line| line.contains(" one ")).count(), 2);
}

#[test]
fn a_reader_that_goes_ends_a_long_plan_quietly() {
    let args = ["plan", "--from", "a,b", "--to", "c,d", "--vnodes", "50000", "--format", "json"];
    let mut child = spawn(&args);
    let mut first = [0; 1];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}
