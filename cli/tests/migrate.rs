//! `annulus migrate`: which keys move between the rings of two systems.

mod common;

use std::collections::BTreeMap;

use common::{Dir, annulus, failure, keys, objects, of_kind, run, text};

/// The owner of each key.
fn routed(profile: &str, nodes: &str, keys: &str) -> Vec<String> {
    let output = text(&["route", "--profile", profile, "--nodes", nodes], keys.as_bytes());
    output.lines().map(|line| line.rsplit_once('\t').unwrap().1.to_owned()).collect()
}

/// What the command writes to standard output and, line by line, to standard error.
fn migrated(args: &[&str], keys: &str) -> (String, Vec<String>) {
    let output = run(&[&["migrate"], args].concat(), keys.as_bytes());
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{args:?}: {error}");
    let notes = error.lines().map(|line| line.strip_prefix("annulus: note: ").unwrap().to_owned());
    (String::from_utf8(output.stdout).unwrap(), notes.collect())
}

#[test]
fn keys_move_as_routes_say() {
    let dir = Dir::new();
    let keys = keys(1_000);
    let nodes = dir.file("nodes", "10.0.0.1:80\n10.0.0.2:80 2\n10.0.0.3:80\n");
    let (from, to) = (routed("nginx", &nodes, &keys), routed("native", &nodes, &keys));
    let args = ["--from-profile", "nginx", "--from-nodes", &nodes, "--to-nodes", &nodes];
    let (output, notes) = migrated(&args, &keys);
    let mut expected = String::new();
    let mut pairs: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for ((key, from), to) in keys.lines().zip(&from).zip(&to) {
        if from != to {
            expected += &format!("{key}\t{from}\t{to}\n");
            *pairs.entry((from, to)).or_default() += 1;
        }
    }
    assert_eq!(output, expected);
    let moved = output.lines().count();
    assert!(moved > 400, "{moved}");
    let first = format!("{moved} of 1,000 keys move, ");
    assert!(notes[0].starts_with(&first) && notes[0].ends_with("counted over these keys"));
    let found = notes[1..].iter().map(|note| {
        let (pair, count) = note.split_once(": ").unwrap();
        let count = count.strip_suffix(" keys").or(count.strip_suffix(" key")).unwrap();
        (pair.split_once(" -> ").unwrap(), count.parse::<usize>().unwrap())
    });
    let found: Vec<_> = found.collect();
    assert!(found.is_sorted_by(|a, b| a.1 >= b.1), "{notes:?}");
    assert_eq!(found.into_iter().collect::<BTreeMap<_, _>>(), pairs);
    // In JSON the last line has the counts.
    let json = [&["migrate"], &args[..], &["--format", "json"]].concat();
    let json = text(&json, keys.as_bytes());
    let total = objects(&json).pop().unwrap();
    assert_eq!(
        (&total["kind"], &total["keys"], &total["moved"]),
        (&"total".into(), &1_000.into(), &moved.into())
    );
    let sum: u64 =
        total["moves"].as_array().unwrap().iter().map(|one| one["keys"].as_u64().unwrap()).sum();
    assert_eq!((sum as usize, of_kind(&json, "key").len()), (moved, moved));
    let key = &of_kind(&json, "key")[0];
    let line =
        [&key["key"], &key["from"], &key["to"]].map(|field| field.as_str().unwrap()).join("\t");
    assert_eq!(line, output.lines().next().unwrap());
}

#[test]
fn nothing_moves_between_the_same() {
    let keys = keys(300);
    for profile in ["native", "nginx", "uhashring", "envoy"] {
        let nodes = "10.0.0.1:80,10.0.0.2:80,10.0.0.3:80";
        let args = [
            "--from-profile",
            profile,
            "--from-nodes",
            nodes,
            "--to-profile",
            profile,
            "--to-nodes",
            nodes,
        ];
        let (output, notes) = migrated(&args, &keys);
        assert_eq!(
            (&*output, notes),
            ("", vec!["0 of 300 keys move, 0.0000 %, counted over these keys".into()])
        );
    }
    // A system that copies another: libketama's ring is that of hashring.
    let nodes = "10.0.0.1:11211,10.0.0.2:11211";
    let args = [
        "--from-profile",
        "libketama",
        "--from-nodes",
        nodes,
        "--to-profile",
        "hashring",
        "--to-nodes",
        nodes,
    ];
    assert_eq!(migrated(&args, &keys).0, "");
}

#[test]
fn keys_are_parts_of_lines_and_tags_those_of_the_native_side() {
    let nodes = "10.0.0.1:80,10.0.0.2:80";
    let args = ["--from-profile", "nginx", "--from-nodes", nodes, "--to-nodes", nodes];
    let (plain, _) = migrated(&args, &keys(50));
    let lines: String = keys(50).lines().map(|key| format!("x {key}\n")).collect();
    let (output, _) =
        migrated(&[&args[..], &["--field", "2", "--delimiter", " "]].concat(), &lines);
    let expected: String = plain.lines().map(|line| format!("x {line}\n")).collect();
    assert_eq!(output, expected);
    // Twemproxy's tags and those of this library are the same.
    let args = [
        "--from-profile",
        "twemproxy,hash_tag={}",
        "--from-nodes",
        "a:1,b:1",
        "--to-nodes",
        "a:1,b:1",
    ];
    let tagged = [&args[..], &["--hash-tag", "{}"]].concat();
    let (output, notes) = migrated(&tagged, "{u}1\n{u}2\n{u}3\n");
    assert!(matches!(output.lines().count(), 0 | 3), "{output} {notes:?}");
    let args = [
        "migrate",
        "--from-profile",
        "nginx",
        "--from-nodes",
        nodes,
        "--to-profile",
        "nginx",
        "--to-nodes",
        nodes,
    ];
    for option in [["--hash-tag", "{}"], ["--vnodes", "3"]] {
        let error = failure(&[&args[..], &option].concat(), b"");
        assert!(
            error.starts_with(&format!("{}: it is for --profile native", option[0])),
            "{error}"
        );
    }
}

#[test]
fn sets_of_cassandra_and_keys_without_a_node_are_shown() {
    let dir = Dir::new();
    let hosts = dir.file("hosts", "h0 tokens=-5,9\nh1 tokens=0,70\nh2 tokens=3\n");
    let args =
        ["--from-profile", "cassandra,simple=2", "--from-nodes", &hosts, "--to-nodes", "h0,h1,h2"];
    let (output, _) = migrated(&args, "key\n");
    let fields: Vec<_> = output.trim_end().split('\t').collect();
    assert!(fields[1].contains(',') && !fields[2].contains(','), "{output}");
    let args = [&["migrate"], &args[..], &["--format", "json"]].concat();
    let json = objects(&text(&args, b"key\n"));
    assert_eq!(json[0]["before"].as_array().unwrap().len(), 2);
    // nginx asks no ring about an empty key.
    let args = ["--from-profile", "nginx", "--from-nodes", "a:1,", "--to-nodes", "a:1,"];
    let (output, notes) = migrated(&args, "\nx\n");
    assert_eq!((&*output, &*notes[1]), ("\t-\ta:1\n", "- -> a:1: 1 key"));
}

#[test]
fn what_is_wrong_names_its_side() {
    let dir = Dir::new();
    let nodes = dir.file("nodes", "web:80\n");
    let args = ["migrate", "--from-nodes", &nodes, "--to-profile", "pingora", "--to-nodes", &nodes];
    let error = failure(&args, b"");
    assert!(error.starts_with(&format!("{nodes}:1: \"web:80\": ")), "{error}");
    let error = failure(&["migrate", "--from-nodes", "-", "--to-nodes", "a,"], b"a\n");
    assert!(error.starts_with("--from-nodes: standard input cannot be"), "{error}");
    let error = failure(
        &["migrate", "--from-nodes", "a,b", "--from-weights", "c=2", "--to-nodes", "a,"],
        b"",
    );
    assert!(error.starts_with("--from-weights: unknown node \"c\""), "{error}");
    let error = failure(&["migrate", "--from-nodes", "a=2,b", "--to-nodes", "a,"], b"");
    assert!(error.contains("weights go to --from-weights"), "{error}");
    // A reader that goes ends it quietly.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let file = dir.file("keys", keys(100));
    let mut child = annulus(&["migrate", "--from-nodes", "a,b", "--to-nodes", "c,d", &file]);
    let output = child.stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
}
