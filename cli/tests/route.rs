//! `annulus route` on real input: keys, replicas, nodes that are down, formats.

mod common;

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};

use annulus::HeapRing;
use common::{Dir, answers, bytes, keys, noted, objects, spawn, text};

#[test]
fn every_key_gets_the_owner_that_the_library_gives_in_input_order() {
    let names = ["a", "b", "c"];
    let mut ring = HeapRing::<&str>::new();
    ring.insert_all(names).unwrap();
    let keys = keys(70_000);
    let expected: String =
        keys.lines().map(|key| format!("{key}\t{}\n", ring.view().owner(key).unwrap())).collect();
    assert!(text(&["route", "--nodes", "a,b,c"], keys.as_bytes()) == expected);
    let dir = Dir::new();
    let file = dir.file("keys", &keys);
    let nodes = dir.file("nodes", "# all\nc\n\nb 1\na 1 east # first\n");
    assert!(text(&["route", "--nodes", &nodes, &file], b"") == expected);
    assert!(text(&["route", "--nodes", &nodes, &file, "-"], b"x\n").starts_with(&expected));
}

#[test]
fn vnodes_and_weights_reach_the_ring() {
    let dir = Dir::new();
    let nodes = dir.file("nodes", "a 1\nb 3\n");
    let mut ring = HeapRing::<&str>::with_vnodes(7);
    ring.insert_all(["a", "b"]).unwrap();
    ring.set_weight(b"b", 3).unwrap();
    let keys = keys(500);
    let output = text(&["route", "--nodes", &nodes, "--vnodes", "7"], keys.as_bytes());
    for (key, nodes) in answers(&output) {
        assert_eq!(nodes, [*ring.view().owner(key).unwrap()]);
    }
}

#[test]
fn keys_are_any_bytes_but_newline() {
    let input = b"cr\r\n\n\xff\0\xfe\ttab\nlast";
    let output = bytes(&["route", "--nodes", "a,"], input);
    assert_eq!(output, b"cr\r\ta\n\ta\n\xff\0\xfe\ttab\ta\nlast\ta\n");
    assert_eq!(bytes(&["route", "--nodes", "a,"], b""), b"");
    assert_eq!(bytes(&["route", "--nodes", "a,"], b"\n"), b"\ta\n");
}

#[test]
fn a_carriage_return_is_part_of_the_key() {
    let with: Vec<u8> = keys(200).replace('\n', "\r\n").into_bytes();
    let (with, without) = (
        text(&["route", "--nodes", "a,b,c,d"], &with),
        text(&["route", "--nodes", "a,b,c,d"], keys(200).as_bytes()),
    );
    let differ = answers(&with).iter().zip(answers(&without)).filter(|(a, b)| a.1 != b.1).count();
    assert!(differ > 100, "{differ}");
}

#[test]
fn files_end_their_last_lines() {
    let dir = Dir::new();
    let (one, two) = (dir.file("1", "a\nb"), dir.file("2", "c"));
    let nodes = dir.file("nodes", "n\n");
    assert_eq!(text(&["route", "--nodes", &nodes, &one, &two], b""), "a\tn\nb\tn\nc\tn\n");
}

#[test]
fn a_key_longer_than_a_block_comes_out_whole() {
    let long = vec![b'k'; 3_000_000];
    let input = [b"a\n", &long[..], b"\nb\n"].concat();
    let expected = [b"a\tn\n", &long[..], b"\tn\nb\tn\n"].concat();
    assert!(bytes(&["route", "--nodes", "n,"], &input) == expected);
}

#[test]
fn json_has_one_object_a_line_and_loses_nothing() {
    let args = ["route", "--nodes", "a,b", "--replicas", "2", "--format", "json"];
    let output = text(&args, b"k\"ey\r\n\xff\x00\n\nlast");
    let tsv = text(&["route", "--nodes", "a,b", "--replicas", "2"], b"k\"ey\r\n\nlast");
    let objects = objects(&output);
    assert_eq!(objects.len(), 4);
    assert_eq!(objects[0]["key"], "k\"ey\r");
    assert_eq!(objects[1]["key_base64"], "/wA=");
    assert_eq!(objects[1].get("key"), None);
    assert_eq!(objects[2]["key"], "");
    assert_eq!(objects[3]["key"], "last");
    let nodes = |object: &serde_json::Value| -> Vec<String> {
        let nodes = object["nodes"].as_array().unwrap().iter();
        nodes.map(|node| node.as_str().unwrap().to_owned()).collect()
    };
    let lists = [0, 2, 3].map(|i| nodes(&objects[i]));
    let expected: Vec<Vec<String>> = tsv
        .split_terminator('\n')
        .map(|line| line.rsplit('\t').next().unwrap().split(',').map(String::from).collect())
        .collect();
    assert_eq!(lists.to_vec(), expected);
    let single = text(&["route", "--nodes", "a,", "--format", "json"], b"x\n");
    assert_eq!(single, "{\"key\":\"x\",\"nodes\":[\"a\"]}\n");
}

#[test]
fn replicas_are_distinct_and_begin_with_the_owner() {
    let keys = keys(1000);
    let owners = text(&["route", "--nodes", "a,b,c,d"], keys.as_bytes());
    let all = text(&["route", "--nodes", "a,b,c,d", "--replicas", "3"], keys.as_bytes());
    for ((_, owner), (_, replicas)) in answers(&owners).into_iter().zip(answers(&all)) {
        assert_eq!(replicas.len(), 3);
        assert_eq!(replicas.iter().collect::<HashSet<_>>().len(), 3);
        assert_eq!(owner[0], replicas[0]);
    }
}

#[test]
fn more_replicas_than_nodes_give_all_nodes() {
    let output = text(&["route", "--nodes", "a,b", "--replicas", "4000000000"], b"x\ny\n");
    for (_, mut nodes) in answers(&output) {
        nodes.sort_unstable();
        assert_eq!(nodes, ["a", "b"]);
    }
}

#[test]
fn keys_of_nodes_that_are_down_walk_on_and_others_stay() {
    let keys = keys(2000);
    let before = text(&["route", "--nodes", "a,b,c,d", "--replicas", "4"], keys.as_bytes());
    let args = ["route", "--nodes", "a,b,c,d", "--down", "b,", "--down", "d", "--replicas", "1"];
    let after = text(&args, keys.as_bytes());
    let mut moved = 0;
    for ((_, walk), (_, now)) in answers(&before).into_iter().zip(answers(&after)) {
        let expected = *walk.iter().find(|node| !["b", "d"].contains(node)).unwrap();
        assert_eq!(now, [expected]);
        moved += usize::from(walk[0] != now[0]);
    }
    assert!(moved > 600 && moved < 1400, "{moved}");
    let two =
        text(&["route", "--nodes", "a,b,c,d", "--down", "b,d", "--replicas", "3"], keys.as_bytes());
    assert!(answers(&two).iter().all(|(_, nodes)| nodes.len() == 2));
    assert_eq!(text(&["route", "--nodes", "a,b", "--down", ""], b"x\n").len(), 4);
}

#[test]
fn nothing_follows_the_tab_where_no_node_can_answer() {
    let dir = Dir::new();
    let nodes = dir.file("nodes", "a 0\nb 0\n");
    for more in [&[][..], &["--replicas", "2"], &["--spread-zones"]] {
        let args = [&["route", "--nodes", &nodes][..], more].concat();
        assert_eq!(text(&args, b"x\ny\n"), "x\t\ny\t\n");
        let args = [&["route", "--nodes", "a,b", "--down", "b,a"][..], more].concat();
        assert_eq!(text(&args, b"x\ny\n"), "x\t\ny\t\n");
    }
    let args = ["route", "--nodes", "a,b", "--down", "b,a", "--replicas", "2", "--spread-zones"];
    assert_eq!(noted(&args, b"x\ny\n").0, "x\t\ny\t\n");
    let json = text(&["route", "--nodes", &nodes, "--format", "json"], b"x\n");
    assert_eq!(json, "{\"key\":\"x\",\"nodes\":[]}\n");
}

#[test]
fn a_reader_that_goes_ends_it_quietly() {
    for format in ["tsv", "json"] {
        let mut child = spawn(&["route", "--nodes", "a,b", "--format", format]);
        let mut stdin = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || {
            let block = b"some key\n".repeat(100_000);
            // Until the command is gone.
            while stdin.write_all(&block).is_ok() {}
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("some key"));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(output.stderr, b"");
    }
}

#[test]
fn answers_come_while_the_input_is_still_open() {
    let mut child = spawn(&["route", "--nodes", "a,"]);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"first\nsec").unwrap();
    let mut answer = [0; 8];
    child.stdout.as_mut().unwrap().read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"first\ta\n");
    stdin.write_all(b"ond").unwrap();
    drop(stdin);
    assert_eq!(child.wait_with_output().unwrap().stdout, b"second\ta\n");
}

/// The peak memory of a process that lives, in KiB.
#[cfg(target_os = "linux")]
fn peak_memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_input() {
    // Much input with short answers, and little input with answers that are far longer.
    let names: Vec<String> = (0..20).map(|i| format!("{i:0>200}")).collect();
    let names = names.join(",");
    let key = [&[b'k'; 255][..], b"\n"].concat();
    for (more, key, keys, expected) in [
        (&[][..], &key[..], 500_000, 200_000_000),
        (&["--replicas", "20"], b"\n", 25_000, 100_000_000),
    ] {
        let args = [&["route", "--nodes", &names][..], more].concat();
        let mut child = spawn(&args);
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 20];
            let mut total = 0;
            while let Ok(read @ 1..) = stdout.read(&mut buffer) {
                total += read as u64;
            }
            total
        });
        let block = key.repeat(1000);
        for _ in 0..keys / 1000 {
            stdin.write_all(&block).unwrap();
        }
        // The command lives on until its input is closed; what is in the pipe counts for little.
        let peak = peak_memory(child.id());
        drop(stdin);
        assert!(child.wait().unwrap().success());
        let total = reader.join().unwrap();
        assert!(total > expected, "{total}");
        assert!(peak < 16 * 1024, "{peak} KiB");
    }
}
