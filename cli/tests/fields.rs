//! `annulus route` of keys that are parts of lines, and of keys that have tags.

mod common;

use annulus::{HeapRing, Native, Tagged, Xxh3};
use common::{Dir, answers, bytes, failure, keys, objects, run, text};

const ROUTE: [&str; 3] = ["route", "--nodes", "a,b,c,d"];

/// Owners in batches, and the ways that have none.
const WAYS: [&[&str]; 3] = [&[], &["--replicas", "2"], &["--down", "a,"]];

#[test]
fn the_answer_is_the_line_with_the_nodes_of_the_field() {
    let keys = keys(1000);
    for way in WAYS {
        let plain = text(&[&ROUTE, way].concat(), keys.as_bytes());
        let plain = answers(&plain);
        for (more, before, after) in [
            (&["--field", "2"][..], "GET\t", "\t200"),
            (&["--field", "1", "--delimiter", " "], "", " a\tb"),
            (&["--field", "3", "--delimiter", ","], ",\t,", ""),
            (&["--field", "2", "--delimiter", "-"], "-", "-x\r"),
        ] {
            let lines: Vec<String> =
                keys.lines().map(|key| format!("{before}{key}{after}")).collect();
            let input = lines.join("\n");
            let output = text(&[&ROUTE, way, more].concat(), input.as_bytes());
            let expected: String = (lines.iter().zip(&plain))
                .map(|(line, (_, nodes))| format!("{line}\t{}\n", nodes.join(",")))
                .collect();
            assert!(output == expected, "{way:?} {more:?}");
        }
    }
}

/// Far into the input, past blocks and batches, and in the second file.
#[test]
fn a_line_without_the_field_is_named_after_the_answers_before_it() {
    let dir = Dir::new();
    let good = "some\tkey\n".repeat(70_007);
    let (one, two) = (dir.file("one", &good), dir.file("two", format!("{good}a,b\n{good}")));
    for way in WAYS {
        let args = [&ROUTE, way, &["--field", "2"]].concat();
        let output = run(&[&args[..], &[&one, &two]].concat(), b"");
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8(output.stderr).unwrap();
        let cause = "there is no field 2 in a line of 1 field";
        assert_eq!(error, format!("annulus: {two}:70008: {cause}\n"), "{way:?}");
        let answered = output.stdout.iter().filter(|&&byte| byte == b'\n').count();
        assert_eq!((answered, output.stdout.last()), (2 * 70_007, Some(&b'\n')), "{way:?}");
        assert_eq!(failure(&args, b"\n"), format!("standard input:1: {cause}"));
        assert_eq!(bytes(&args, b""), b"");
    }
}

#[test]
fn json_has_the_key_and_the_line() {
    let args = [&ROUTE[..], &["--field", "2", "--format", "json"]].concat();
    let output = objects(&text(&args, b"x\tkey\ty\n\xff\tkey\nx\t\xff\n"));
    assert_eq!((&output[0]["key"], &output[0]["line"]), (&"key".into(), &"x\tkey\ty".into()));
    assert_eq!((&output[1]["key"], &output[1]["line_base64"]), (&"key".into(), &"/wlrZXk=".into()));
    assert_eq!(output[0]["nodes"], output[1]["nodes"]);
    let last = (&output[2]["key_base64"], &output[2]["line_base64"]);
    assert_eq!(last, (&"/w==".into(), &"eAn/".into()));
}

/// Keys lie where the library's hash of tags has them, with any braces, also in fields.
#[test]
fn keys_are_hashed_by_their_tags() {
    let names = ["a", "b", "c", "d"];
    let keys: Vec<String> = (0..600)
        .map(|i| ["{}x", "y{#}", "<#>{}", "#", "{#"][i % 5].replace('#', &i.to_string()))
        .collect();
    for (braces, [open, close]) in [("{}", *b"{}"), ("<>", *b"<>"), ("##", *b"##"), ("--", *b"--")]
    {
        let tagged = Tagged::with_braces(Xxh3, open, close);
        let mut ring = HeapRing::<&str, Native, Tagged<Xxh3>>::with_hash(150, tagged);
        ring.insert_all(names).unwrap();
        let owners = keys.iter().map(|key| *ring.view().owner(&**key).unwrap());
        let owners: Vec<&str> = owners.collect();
        for (way, before) in [(&[][..], ""), (&["--field", "2", "--delimiter", ";"], "{t};")] {
            let lines: Vec<String> = keys.iter().map(|key| format!("{before}{key}")).collect();
            let args = [&ROUTE[..], &["--hash-tag", braces], way].concat();
            let input = lines.join("\n");
            let expected: String = (lines.iter().zip(&owners))
                .map(|(line, owner)| format!("{line}\t{owner}\n"))
                .collect();
            assert!(text(&args, input.as_bytes()) == expected, "{args:?}");
            let replicas = text(&[&args[..], &["--replicas", "2"]].concat(), input.as_bytes());
            let firsts = answers(&replicas).into_iter().map(|(_, nodes)| nodes[0].to_owned());
            assert!(firsts.eq(owners.iter().copied()), "{args:?}");
        }
    }
    let parted = text(&ROUTE, b"{user:42}:cart\n{user:42}:orders\n{user:42}:list\n");
    let together = [&ROUTE[..], &["--hash-tag", "{}"]].concat();
    let together = text(&together, b"{user:42}:cart\n{user:42}:orders\n{user:42}:list\n");
    let nodes = |output: &str| -> Vec<String> {
        answers(output).into_iter().map(|(_, nodes)| nodes[0].to_owned()).collect()
    };
    assert!(nodes(&parted).windows(2).any(|pair| pair[0] != pair[1]), "{parted}");
    assert!(nodes(&together).windows(2).all(|pair| pair[0] == pair[1]), "{together}");
}

#[test]
fn what_is_no_field_delimiter_or_tag_is_refused() {
    for (more, part) in [
        (&["--field", "0"][..], "'--field <N>'"),
        (&["--field", "x"], "'--field <N>'"),
        (&["--delimiter", ","], "--delimiter needs --field"),
        (&["--field", "1", "--delimiter", "ab"], "it is not one character of ASCII"),
        (&["--field", "1", "--delimiter", "ä"], "it is not one character of ASCII"),
        (&["--field", "1", "--delimiter", "\n"], "a newline ends the line"),
        (&["--hash-tag", "{"], "they are not two characters of ASCII"),
        (&["--hash-tag", "{}}"], "they are not two characters of ASCII"),
        (&["--hash-tag", "ä"], "they are not two characters of ASCII"),
    ] {
        let error = failure(&[&ROUTE[..], more].concat(), b"key\n");
        assert!(error.contains(part), "{more:?}: {error}");
    }
}
