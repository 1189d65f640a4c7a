//! `annulus plan --keys`: the keys that move are those that `route` answers for differently.

mod common;

use std::collections::BTreeSet;

use annulus::{HeapRing, Native, Probe, Tagged, Xxh3};
use common::{Dir, bytes, failure, keys, objects, run, text};

/// The lines of a plan for keys, in fields from the right: nodes have no tabs.
fn fields(line: &str) -> [&str; 4] {
    let (rest, to) = line.rsplit_once('\t').unwrap();
    let (rest, from) = rest.rsplit_once('\t').unwrap();
    let (kind, key) = rest.split_once('\t').unwrap();
    [kind, key, from, to]
}

#[test]
fn the_keys_that_move_are_those_that_are_routed_elsewhere() {
    let dir = Dir::new();
    let (from, to) = (dir.file("from", "a\nb 2\nc\n"), dir.file("to", "a\nb\nd\n"));
    let none = dir.file("none", "a 0\n");
    let plain = dir.file("plain", keys(3000));
    let tagged: String = (0..3000).map(|i| format!("x\t{{{}}}:{i}\ty\n", i / 3)).collect();
    let tagged = dir.file("tagged", tagged);
    let (field, tag) = (["--field", "2"], ["--field", "2", "--hash-tag", "{}"]);
    for (from, to, file, more) in [
        (&from, &to, &plain, &[][..]),
        (&from, &to, &plain, &["--vnodes", "7"]),
        (&from, &to, &plain, &["--replicas", "2"]),
        (&from, &to, &tagged, &field),
        (&from, &to, &tagged, &tag),
        (&from, &none, &plain, &[]),
        (&none, &from, &plain, &["--replicas", "2"]),
    ] {
        let route = |nodes: &String| {
            let output = text(&[&["route", "--nodes", nodes, file][..], more].concat(), b"");
            let answers = output.lines().map(|line| line.rsplit_once('\t').unwrap());
            answers.map(|(line, nodes)| (line.to_owned(), nodes.to_owned())).collect::<Vec<_>>()
        };
        let (before, after) = (route(from), route(to));
        let dash = |nodes: &str| if nodes.is_empty() { "-".to_owned() } else { nodes.to_owned() };
        let set = |nodes: &str| nodes.split(',').map(String::from).collect::<BTreeSet<_>>();
        let expected: Vec<String> = (before.iter().zip(&after))
            .filter(|((_, before), (_, after))| set(before) != set(after))
            .map(|((line, before), (_, after))| {
                format!("key\t{line}\t{}\t{}", dash(before), dash(after))
            })
            .collect();
        assert!(expected.len() > 300, "{more:?}");
        let args = [&["plan", "--from", from, "--to", to, "--keys", file][..], more].concat();
        let output = text(&args, b"");
        let lines: Vec<&str> = output.lines().collect();
        let (moves, [total, fingerprint, routing]) = lines.split_last_chunk().unwrap();
        let (header, moves) = moves.split_first().unwrap();
        assert!(header.starts_with("#kind\tkey\t") && moves == expected, "{more:?}");
        let share = expected.len() as f64 / 3000.0;
        assert_eq!(*total, format!("total\t3000\t{}\t{share}", expected.len()));
        let [kind, dash, old, new] = fields(fingerprint);
        assert_eq!((kind, dash), ("fingerprint", "-"));
        let plan = text(&["plan", "--from", from, "--to", to], b"");
        if !more.contains(&"--vnodes") {
            assert!(plan.contains(&format!("fingerprint\t-\t{old}\t{new}\t")), "{plan}");
            // Without --keys they are those of keys that are hashed whole.
            let is_same = plan.contains(&format!("{routing}\t"));
            assert_eq!(is_same, !more.contains(&"--hash-tag"), "{routing}: {plan}");
        }
        let stdin = [&["plan", "--from", from, "--to", to, "--keys", "-"][..], more].concat();
        assert!(text(&stdin, &std::fs::read(file).unwrap()) == output);
        let people = text(&[&args[..], &["--format", "table"]].concat(), b"");
        let moved = format!("{} of 3000 keys move {:.4} %\n", expected.len(), 100.0 * share);
        assert!(people.replace(',', "").contains(&moved), "{moved}");
        let json = objects(&text(&[&args[..], &["--format", "json"]].concat(), b""));
        assert_eq!(json.len(), expected.len() + 3);
        let (sides, is_set) = match more {
            ["--replicas", _] => (["before", "after"], true),
            _ => (["from", "to"], false),
        };
        for (object, expected) in json.iter().zip(&expected) {
            let [kind, line, from, to] = fields(expected);
            assert_eq!(object["kind"], kind);
            assert_eq!(object.get("line").unwrap_or(&object["key"]), line);
            for (side, nodes) in sides.into_iter().zip([from, to]) {
                let names: Vec<&str> = nodes.split(',').filter(|&node| node != "-").collect();
                let expected = match is_set {
                    true => serde_json::json!(names),
                    false => names.first().copied().into(),
                };
                assert_eq!(object[side], expected, "{object}");
            }
        }
        let total = &json[expected.len()];
        assert_eq!((&total["kind"], &total["keys"]), (&"total".into(), &3000.into()));
        assert_eq!(
            (&total["moved"], total["share"].as_f64()),
            (&expected.len().into(), Some(share))
        );
        for (object, line) in json[expected.len() + 1..].iter().zip([fingerprint, routing]) {
            let [kind, _, from, to] = fields(line);
            assert_eq!(*object, serde_json::json!({"kind": kind, "from": from, "to": to}));
        }
        let [kind, dash, old_routing, new_routing] = fields(routing);
        assert_eq!((kind, dash), ("routing", "-"));
        let last = format!(
            "\nfingerprint {old} before, {new} after\n\
             routing fingerprint {old_routing} before, {new_routing} after\n"
        );
        assert!(people.ends_with(&last), "{people}");
    }
}

/// A program that hashes keys in this way has the same number.
#[test]
fn routing_fingerprints_are_those_of_the_hash_of_the_keys() {
    fn expected<H: Probe + Copy>(hash: H) -> String {
        let [from, to] = [["a", "b"], ["b", "c"]].map(|nodes| {
            let mut ring = HeapRing::<&str, Native, H>::with_hash(150, hash);
            ring.insert_all(nodes).unwrap();
            ring.view().routing_fingerprint()
        });
        format!("routing\t-\t{from:016x}\t{to:016x}")
    }
    let plan = ["plan", "--from", "a,b", "--to", "b,c", "--keys", "-"];
    let cases = [
        (&[][..], expected(Xxh3)),
        (&["--hash-tag", "{}"], expected(Tagged::new(Xxh3))),
        (&["--hash-tag", "<>"], expected(Tagged::with_braces(Xxh3, b'<', b'>'))),
        (&["--hash-tag", "--"], expected(Tagged::with_braces(Xxh3, b'-', b'-'))),
    ];
    for (more, expected) in &cases {
        let output = text(&[&plan[..], more].concat(), b"key\n");
        assert_eq!(output.lines().last(), Some(&**expected), "{more:?}");
    }
    let all: BTreeSet<&String> = cases.iter().map(|(_, expected)| expected).collect();
    assert_eq!(all.len(), cases.len());
}

#[test]
fn keys_are_any_bytes_and_may_be_none() {
    let args = ["plan", "--from", "a,", "--to", "b,", "--keys", "-"];
    let output = bytes(&args, b"\xff\t\0\n\ncr\r\nlast");
    let expected =
        b"#kind\tkey\tfrom\tto\nkey\t\xff\t\0\ta\tb\nkey\t\ta\tb\nkey\tcr\r\ta\tb\nkey\tlast\ta\tb\ntotal\t4\t4\t1\n";
    assert!(output.starts_with(expected), "{}", String::from_utf8_lossy(&output));
    let json = text(&[&args[..], &["--format", "json"]].concat(), b"\xff\t\0\n");
    assert_eq!(objects(&json)[0]["key_base64"], "/wkA");
    let sets = text(&[&args[..], &["--replicas", "2"]].concat(), b"");
    assert!(sets.starts_with("#kind\tkey\tbefore\tafter\ntotal\t"), "{sets}");
    assert!(text(&args, b"").starts_with("#kind\tkey\tfrom\tto\ntotal\t0\t0\t0\nfingerprint\t-\t"));
}

#[test]
fn what_is_wrong_with_the_keys_is_told() {
    let dir = Dir::new();
    let plan = ["plan", "--from", "a,b", "--to", "b,c"];
    let good = dir.file("good", "k\tl\n".repeat(5000));
    let bad = dir.file("bad", "k\tl\nk\n");
    let args = [&plan[..], &["--field", "2", "--keys", &good, "--keys", &bad]].concat();
    let output = run(&args, b"");
    let error = String::from_utf8(output.stderr).unwrap();
    let cause = "there is no field 2 in a line of 1 field";
    assert_eq!(error, format!("annulus: {bad}:2: {cause}\n"));
    assert_eq!(output.status.code(), Some(2));
    for (more, error) in [
        (&["--field", "2"][..], "--field: there are no keys; --keys names a file of them"),
        (&["--hash-tag", "{}"], "--hash-tag: there are no keys; --keys names a file of them"),
    ] {
        assert_eq!(failure(&[&plan[..], more].concat(), b""), error);
    }
    let gone = failure(&[&plan[..], &["--keys", &dir.path("gone")]].concat(), b"");
    assert!(gone.starts_with(&format!("--keys: {}: No such file", dir.path("gone"))), "{gone}");
    for (from, to, option) in [("-", "a,", "--from"), ("a,", "-", "--to")] {
        let error = failure(&["plan", "--from", from, "--to", to, "--keys", "-"], b"a\n");
        let cause = "standard input cannot be the nodes and the keys; name a file of keys";
        assert_eq!(error, format!("{option}: {cause}"));
    }
}
