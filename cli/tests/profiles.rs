//! Rings of other systems: what is refused of them, and `route`, `points`, `balance` and `plan` beside the recorded
//! answers.

mod common;

use std::collections::BTreeMap;

use common::{Dir, answers, failure, keys, noted, objects, of_kind, ranges, table, text};

/// Two data centres of two racks each, two hosts of two tokens each a rack.
const HOSTS: &str = "\
h0 dc=dc1 rack=r1 tokens=-9000000000000000000,1000000000000000000
h1 dc=dc1 rack=r2 tokens=-7000000000000000000,3000000000000000000
h2 dc=dc1 rack=r1 tokens=-5000000000000000000,5000000000000000000
h3 dc=dc2 rack=r1 tokens=-3000000000000000000,7000000000000000000
h4 dc=dc2 rack=r2 tokens=-1000000000000000000,9000000000000000000
";

/// The nodes of each key.
fn routed(args: &[&str], keys: &str) -> Vec<Vec<String>> {
    let output = text(&[&["route"], args].concat(), keys.as_bytes());
    let nodes = |(_, nodes): (&str, Vec<&str>)| nodes.into_iter().map(str::to_owned).collect();
    answers(&output).into_iter().map(nodes).collect()
}

/// The points of a ring whose positions have no sign.
fn points(args: &[&str]) -> Vec<(u128, String)> {
    let output = text(&[&["points"], args].concat(), b"");
    let point = |line: &str| {
        let (position, node) = line.split_once('\t').unwrap();
        (position.parse().unwrap(), node.to_owned())
    };
    output.lines().map(point).collect()
}

/// How many positions of a circle each node owns that has the first point at or after them.
fn owned(points: &[(u128, String)], circle: u128) -> BTreeMap<String, u128> {
    let mut owned = BTreeMap::new();
    let mut before = points.last().unwrap().0;
    for (position, node) in points {
        *owned.entry(node.clone()).or_default() += (position + circle - before) % circle;
        before = *position;
    }
    owned
}

#[test]
fn native_is_a_profile_and_the_default() {
    let keys = keys(200);
    for more in [&[][..], &["--replicas", "2"], &["--down", "b"], &["--format", "json"]] {
        let args = [&["route", "--nodes", "a,b,c"], more].concat();
        let named = [&args[..], &["--profile", "native"]].concat();
        assert_eq!(text(&args, keys.as_bytes()), text(&named, keys.as_bytes()));
    }
    let points = points(&["--nodes", "a,b,c", "--vnodes", "7"]);
    assert_eq!(points.len(), 21);
    assert!(points.is_sorted_by_key(|(position, _)| *position));
    let mut ring = annulus::HeapRing::<&str>::with_vnodes(7);
    ring.insert_all(["a", "b", "c"]).unwrap();
    let expected = ring.view().points().map(|point| (point.position.into(), (*point.node).into()));
    assert_eq!(points, expected.collect::<Vec<(u128, String)>>());
}

#[test]
fn options_that_a_profile_does_not_have_are_refused() {
    let dir = Dir::new();
    let hosts = dir.file("hosts", HOSTS);
    let own = "it is for --profile native; nginx has no such option";
    for (option, value) in
        [("--vnodes", Some("9")), ("--spread-zones", None), ("--hash-tag", Some("{}"))]
    {
        let args = ["--profile", "nginx", "--nodes", "a:1,b:1", option];
        let args = args.into_iter().chain(value);
        for verb in ["route", "balance", "points", "plan"] {
            let mut args: Vec<_> = [verb].into_iter().chain(args.clone()).collect();
            match (verb, option) {
                ("balance" | "points", "--hash-tag") | ("points", "--spread-zones") => continue,
                ("plan", _) => {
                    args.retain(|arg| !["--nodes", "a:1,b:1"].contains(arg));
                    args.extend(["--from", "a:1,b:1", "--to", "a:1,", "--keys", "-"]);
                }
                _ => {}
            }
            assert_eq!(failure(&args, b""), format!("{option}: {own}"), "{verb}");
        }
    }
    for verb in ["route", "balance"] {
        let args = [verb, "--profile", "cassandra", "--nodes", &hosts, "--replicas", "2"];
        let error = failure(&args, b"");
        assert!(
            error.starts_with("--replicas: the strategy of cassandra says how many"),
            "{error}"
        );
    }
    for (profile, error) in [
        ("nginz", "no system is called \"nginz\"; there are native, nginx,"),
        ("nginx,points=3", "the system has no option \"points\""),
        ("pingora-v2,points=0", "the option points takes a number from 1 on, not \"0\""),
    ] {
        let found = failure(&["points", "--profile", profile, "--nodes", "a:1,"], b"");
        assert!(found.contains("--profile") && found.contains(error), "{found}");
    }
}

#[test]
fn nodes_that_a_system_would_refuse_are_named_with_their_line() {
    let dir = Dir::new();
    for (profile, text, error) in [
        ("nginx", "a:80\n# c\nb:80 0\n", ":3: \"b:80\": the system has no servers of weight 0"),
        (
            "nginx",
            "a:80\nb:80 1 name=x\n",
            ":2: no field \"name\"; a line of nginx is: ADDRESS [weight]",
        ),
        ("pingora", "web:80\n", ":1: \"web:80\": the address is not an IP address with a port"),
        ("haproxy-2.6", "a id=3\nb id=3\n", ":2: duplicate id 3, first on line 1"),
        ("haproxy-2.6", "a 257\n", ":1: \"a\": the system has no weights above 256"),
        ("haproxy-3.0,hash_key=addr", "a\n", ":1: \"a\": the address is not an IP address"),
        ("cassandra", "a\n", ":1: \"a\": the server has no tokens"),
        ("cassandra", "a 3 tokens=1,2\n", ":1: \"a\": the weight is not the number of tokens"),
        ("cassandra", "a tokens=1,2\nb tokens=5,1\n", ":2: duplicate token 1, first on line 1"),
        ("twemproxy", "a:1 name=x\nb:1 name=x\n", ":2: duplicate name \"x\", first on line 1"),
        ("hashring", "a:1 vnodes=x\n", ":1: vnodes=\"x\", not a whole number"),
        (
            "pingora",
            "10.0.0.1:80 700000\n",
            ":1: too many points: 112000000 points of weight 700000",
        ),
    ] {
        let file = dir.file("nodes", text);
        for verb in ["route", "balance", "points"] {
            let found = failure(&[verb, "--profile", profile, "--nodes", &file], b"");
            assert!(found.starts_with(&format!("{file}{error}")), "{profile}: {found}");
        }
        let args = ["--profile", profile, "--from", &file, "--to", &file];
        let found = failure(&[&["plan"], &args[..]].concat(), b"");
        assert!(found.starts_with(&format!("{file}{error}")), "{profile}: {found}");
    }
    let error = failure(&["points", "--profile", "pingora", "--nodes", "10.0.0.1:80,web:80"], b"");
    assert!(error.starts_with("--nodes: name 2: \"web:80\": the address is not"), "{error}");
}

/// The order of lines decides where points collide: `ab` and `ba` answer alike but there.
#[test]
fn the_order_of_lines_counts_where_it_does_for_the_system() {
    let dir = Dir::new();
    // Both have a point on one position.
    let (a, b) = ("s294:11211", "s315:11211");
    let tie = 3_643_922_434;
    for (profile, first) in [("libketama", true), ("uhashring,ketama", false)] {
        for (one, other) in [(a, b), (b, a)] {
            let nodes = dir.file("nodes", format!("{one}\n{other}\nc0:11211\n"));
            let found = points(&["--profile", profile, "--nodes", &nodes]);
            let owner = found.iter().find(|(position, _)| *position == tie).unwrap();
            assert_eq!(owner.1, if first { one } else { other }, "{profile}");
        }
    }
}

#[test]
fn nginx_says_once_how_many_keys_it_gives_in_turn() {
    let dir = Dir::new();
    let nodes = dir.file("nodes", "10.0.0.1:80\n10.0.0.2:80 1000\n10.0.0.3:80\n");
    let args = ["route", "--profile", "nginx", "--nodes", &nodes];
    let keys = keys(500);
    // Most runs of 20 points are all of the server that is heavy.
    let down = [&args[..], &["--down", "10.0.0.2:80"]].concat();
    let (output, note) = noted(&down, keys.as_bytes());
    let found = answers(&output);
    let without = found.iter().filter(|(_, nodes)| nodes.is_empty()).count();
    assert!((300..500).contains(&without), "{without}");
    let why = "for an empty key, and after 20 points whose servers are down";
    assert_eq!(note, format!("{without} keys without a node: nginx takes any in turn {why}"));
    assert!(found.iter().all(|(_, nodes)| nodes != &["10.0.0.2:80"]));
    // Without an empty key, or servers that are down, there is nothing to say.
    assert_eq!(text(&args, keys.as_bytes()).lines().count(), 500);
    for more in [&[][..], &["--replicas", "2"], &["--format", "json"]] {
        let (output, note) = noted(&[&args[..], more].concat(), b"a\n\nb\n");
        assert!(note.starts_with("1 key without a node: nginx takes any in turn"), "{note}");
        let line = output.lines().nth(1).unwrap();
        assert!(line == "\t" || line.ends_with("\"nodes\":[]}"), "{line}");
    }
    // What is given in turn is nobody's share.
    let args = ["balance", "--profile", "nginx", "--nodes", &nodes, "--down", "10.0.0.2:80"];
    let shares = text(&[&args[..], &["--format", "json"]].concat(), b"");
    let total = &of_kind(&shares, "total")[0];
    let share = total["share"].as_f64().unwrap();
    assert!((share - (500 - without) as f64 / 500.0).abs() < 0.1, "{share} {without}");
}

#[test]
fn servers_that_are_down_leave_where_the_system_takes_them_out() {
    let dir = Dir::new();
    let (all, two) = (dir.file("all", "a\nb\nc 2\n"), dir.file("two", "a id=1\nc 2 id=3\n"));
    let keys = keys(300);
    for profile in ["haproxy-2.6", "haproxy-3.0"] {
        let down = routed(&["--profile", profile, "--nodes", &all, "--down", "b"], &keys);
        assert_eq!(down, routed(&["--profile", profile, "--nodes", &two], &keys));
    }
    let args = ["balance", "--profile", "haproxy-2.6", "--nodes", &all, "--down", "b"];
    let output = table(&args, b"");
    let line = output.lines().find(|line| line.starts_with("b ")).unwrap();
    assert!(line.ends_with("down"), "{output}");
    assert!(output.contains("\n3 nodes, 1 down, 48 points"), "{output}");
    // With all of them down nobody has a key.
    let args = ["route", "--profile", "haproxy-2.6", "--nodes", &all, "--down", "a,b,c"];
    assert_eq!(text(&args, b"key\n"), "key\t\n");
}

#[test]
fn positions_are_those_of_the_system() {
    let dir = Dir::new();
    let hosts = dir.file("hosts", HOSTS);
    let args = ["route", "--profile", "cassandra,nts=dc1:2+dc2:1", "--nodes", &hosts];
    let output = text(&[&args[..], &["--format", "json"]].concat(), b"user:42\nkey\n");
    let token = annulus_profiles::hash::murmur3::cassandra_token(b"user:42");
    let objects = objects(&output);
    assert_eq!(objects[0]["position"], token.to_string());
    assert_eq!(objects[0]["nodes"].as_array().unwrap().len(), 3);
    assert!(
        output.starts_with(&format!("{{\"key\":\"user:42\",\"position\":\"{token}\",\"nodes\":["))
    );
    let args = ["points", "--profile", "cassandra", "--nodes", &hosts];
    let lines = text(&args, b"");
    assert!(lines.starts_with("-9000000000000000000\th0\n-7000000000000000000\th1\n"), "{lines}");
    assert_eq!(lines.lines().count(), 10);
    // As a number where it has 32 bits; the system's own, also where the owner is the first point behind it.
    for (profile, nodes, position) in [
        ("nginx", "a:1,b:1", "891568578"),
        ("uhashring,ketama", "a:1,b:1", "2555380112"),
        ("hash_ring", "a:1,b:1", "2555380112"),
        ("uhashring", "a:1,b:1", "\"10376663631224000432\""),
    ] {
        let args = ["route", "--profile", profile, "--nodes", nodes, "--format", "json"];
        let output = text(&args, b"abc\n");
        let start = format!("{{\"key\":\"abc\",\"position\":{position},\"nodes\":[");
        assert!(output.starts_with(&start), "{profile}: {output}");
    }
    let args = ["points", "--profile", "nginx", "--nodes", "a:1,b:1", "--format", "json"];
    let point = common::objects(&text(&args, b"")).swap_remove(0);
    let first = &points(&["--profile", "nginx", "--nodes", "a:1,b:1"])[0];
    assert_eq!(
        (point["position"].to_string(), &point["node"]),
        (first.0.to_string(), &first.1.clone().into())
    );
}

/// Shares are as exact as those of this library's own rings: to the position.
#[test]
fn balance_counts_positions_by_points() {
    let nodes = "10.0.0.1:11211,10.0.0.2:11211,10.0.0.3:11211";
    let weights = "10.0.0.2:11211=3";
    for (profile, circle) in [
        ("nginx", 1 << 32),
        ("pingora", 1 << 32),
        ("libketama", 1 << 32),
        ("hash_ring", 1 << 32),
        ("uhashring", 1 << 64),
        ("envoy", 1 << 64),
    ] {
        let args = ["--profile", profile, "--nodes", nodes, "--weights", weights];
        let expected = owned(&points(&args), circle);
        let output = text(&[&["balance"], &args[..], &["--format", "json"]].concat(), b"");
        let shares = of_kind(&output, "node");
        assert_eq!(shares.len(), 3);
        for share in shares {
            let positions = share["positions"].to_string();
            let positions: u128 = positions.trim_matches('"').parse().unwrap();
            assert_eq!(share["positions"].is_string(), circle > 1 << 53, "{profile}");
            assert_eq!(positions, expected[share["node"].as_str().unwrap()], "{profile}");
        }
        let total = &of_kind(&output, "total")[0];
        assert_eq!(total["positions"].to_string().trim_matches('"'), circle.to_string());
        assert_eq!(of_kind(&output, "routing").len(), 0);
        assert_eq!(of_kind(&output, "fingerprint").len(), 1);
    }
    // Every replica of Cassandra counts.
    let dir = Dir::new();
    let hosts = dir.file("hosts", HOSTS);
    let args = ["balance", "--profile", "cassandra,nts=dc1:2+dc2:1", "--nodes", &hosts];
    let output = text(&[&args[..], &["--format", "json"]].concat(), b"");
    let share = |node: &str| {
        let all = of_kind(&output, "node");
        all.iter().find(|share| share["node"] == node).unwrap()["share"].as_f64().unwrap()
    };
    assert_eq!(of_kind(&output, "total")[0]["share"], 3.0);
    // It is alone in its rack, and both hosts of the other centre have all keys between them.
    assert_eq!((share("h1"), share("h3") + share("h4")), (1.0, 1.0));
    let picture = dir.path("ring.svg");
    text(&[&args[..], &["--plot", &picture]].concat(), b"");
    let picture = std::fs::read_to_string(picture).unwrap();
    assert!(picture.contains(">10 points; "), "{picture}");
}

/// What a plan says moves is what routes say before and after.
#[test]
fn plans_agree_with_routes() {
    let dir = Dir::new();
    let keys = keys(2_000);
    let file = dir.file("keys", &keys);
    let (old, new) = (dir.file("old", HOSTS), dir.file("new", HOSTS.split_once('\n').unwrap().1));
    let plain = (
        dir.file("from", "10.0.0.1:80\n10.0.0.2:80\n10.0.0.3:80 2\n"),
        dir.file("to", "10.0.0.1:80\n10.0.0.2:80\n10.0.0.3:80 2\n10.0.0.4:80\n"),
    );
    let hosts = (old, new);
    for (profile, more, (old, new)) in [
        ("nginx", &[][..], &plain),
        ("nginx", &["--replicas", "2"], &plain),
        ("haproxy-2.6", &[], &plain),
        ("envoy", &[], &plain),
        ("uhashring", &[], &plain),
        ("cassandra", &[], &hosts),
        ("cassandra,simple=3", &[], &hosts),
        ("cassandra,nts=dc1:1", &[], &hosts),
        ("cassandra,nts=dc1:2+dc2:1", &[], &hosts),
    ] {
        let route = |nodes: &str| {
            let args = [&["--profile", profile, "--nodes", nodes], more].concat();
            let mut sets = routed(&args, &keys);
            sets.iter_mut().for_each(|set| set.sort());
            sets
        };
        let (before, after) = (route(old), route(new));
        let moved = before.iter().zip(&after).filter(|(before, after)| before != after).count();
        assert!(moved > 100, "{profile}: {moved}");
        let args = [&["plan", "--profile", profile, "--from", old, "--to", new], more].concat();
        let json = [&args[..], &["--format", "json"]].concat();
        let by_keys = text(&[&json[..], &["--keys", &file]].concat(), b"");
        assert_eq!(of_kind(&by_keys, "key").len(), moved, "{profile} {more:?}");
        // All of the circle that moves is in ranges, each of which moves.
        let output = text(&json, b"");
        let total = &of_kind(&output, "total")[0];
        let share = total["share"].as_f64().unwrap();
        assert!((share - moved as f64 / 2_000.0).abs() < 0.05, "{profile}: {share} {moved}");
        let number = |value: &serde_json::Value| {
            value.to_string().trim_matches('"').parse::<i128>().unwrap()
        };
        let circle = if total["moves"].is_string() { 1i128 << 64 } else { 1 << 32 };
        let moving: Vec<(i128, i128)> = ranges(&output)
            .into_iter()
            .map(|range| {
                let (before, after) = (&range["from"], &range["to"]);
                assert!(before != after || range["before"] != range["after"], "{range}");
                let start = number(&range["start"]);
                (start, (number(&range["end"]) - start).rem_euclid(circle))
            })
            .collect();
        let sum: i128 = moving.iter().map(|(_, len)| len).sum();
        assert_eq!(sum, number(&total["moves"]), "{profile} {more:?}");
        // A key moves if it lies in one of them.
        let args_of_keys = ["route", "--profile", profile, "--nodes", old, "--format", "json"];
        let positions = objects(&text(&args_of_keys, keys.as_bytes()));
        for (key, (before, after)) in positions.iter().zip(before.iter().zip(&after)) {
            // The owner has the first point behind the key there.
            let position = number(&key["position"]) + i128::from(profile == "uhashring");
            let lies =
                |&(start, len): &(i128, i128)| (position - start - 1).rem_euclid(circle) < len;
            assert_eq!(moving.iter().any(lies), before != after, "{profile} {more:?}: {key}");
        }
        assert!(table(&args, b"").contains("of the key space"), "{profile}");
    }
}
