//! What is wrong is told in one line with status 2, by every subcommand.

mod common;

use common::{Dir, annulus, failure, text};

#[test]
fn a_node_file_is_named_with_its_line() {
    let dir = Dir::new();
    for (text, line, cause) in [
        (&b"a\n# c\na 2\n"[..], ":3", "duplicate identity \"a\", first on line 1"),
        (b"a\nb x\n", ":2", "bad weight \"x\""),
        (b"a -1\n", ":1", "bad weight \"-1\""),
        (b"a 1.5\n", ":1", "bad weight \"1.5\""),
        (b"\na 4294967296\n", ":2", "bad weight \"4294967296\""),
        (b"a\nb 4294967295\n", ":2", "too many points"),
        (b"a 1 z more\n", ":1", "\"more\" follows the zone"),
        (b"a\n\xff\n", ":2", "not UTF-8"),
        (b"# nothing\n\n", "", "there is no node"),
        (b"", "", "there is no node"),
    ] {
        let file = dir.file("nodes", text);
        let expected = format!("{file}{line}: {cause}");
        for args in [
            &["route", "--nodes", &file][..],
            &["balance", "--nodes", &file],
            &["plan", "--from", &file, "--to", "a,"],
            &["plan", "--to", &file, "--from", "a,"],
        ] {
            let error = failure(args, b"key\n");
            assert!(error.starts_with(&expected), "{error:?} is not {expected:?}");
        }
    }
    let long = dir.file("long", format!("a\n{}\n", "x".repeat(256)));
    let error = failure(&["balance", "--nodes", &long], b"");
    assert_eq!(error, format!("{long}:2: the identity has 256 bytes, more than 255"));
}

#[test]
fn a_list_is_named_by_its_option() {
    for (list, error) in [
        (",", "--nodes: there is no node"),
        ("a,,b", "--nodes: name 2 is empty"),
        ("a,b,a", "--nodes: name 3: duplicate identity \"a\", first on name 1"),
    ] {
        assert_eq!(failure(&["route", "--nodes", list], b""), error);
        assert_eq!(failure(&["balance", "--nodes", list], b""), error);
    }
    let error = failure(&["plan", "--from", "a,a", "--to", "a,"], b"");
    assert_eq!(error, "--from: name 2: duplicate identity \"a\", first on name 1");
    assert_eq!(failure(&["route", "--nodes", ""], b""), "--nodes: empty");
    assert_eq!(failure(&["plan", "--from", "a,", "--to", ""], b""), "--to: empty");
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let dir = Dir::new();
    let (gone, here) = (dir.path("gone"), dir.path(""));
    for args in [
        &["route", "--nodes", &gone][..],
        &["route", "--nodes", "a,b", &gone],
        &["balance", "--nodes", &gone],
        &["plan", "--from", &gone, "--to", "a,"],
        &["plan", "--from", "a,", "--to", &gone],
    ] {
        assert!(failure(args, b"").starts_with(&format!("{gone}: No such file")), "{args:?}");
    }
    assert!(failure(&["route", "--nodes", &here], b"").starts_with(&format!("{here}: Is a dir")));
    let keys = failure(&["route", "--nodes", "a,", &here], b"");
    assert!(keys.starts_with(&format!("{here}: Is a dir")), "{keys}");
    let plot = dir.path("gone/out.svg");
    let error = failure(&["balance", "--nodes", "a,", "--plot", &plot], b"");
    assert!(error.starts_with(&format!("--plot: {plot}: No such file")), "{error}");
    let error = failure(&["plan", "--from", "a,", "--to", "b,", "--keys", &gone], b"");
    assert!(error.starts_with(&format!("--keys: {gone}: No such file")), "{error}");
}

/// The picture goes nowhere where nodes are, by whatever name, and the nodes stay.
#[test]
fn a_picture_does_not_overwrite_the_nodes() {
    let dir = Dir::new();
    let nodes = dir.file("nodes", "a\nb\n");
    let mut names = vec![nodes.clone(), dir.path("./nodes"), dir.path("gone/../nodes")];
    std::fs::create_dir(dir.path("gone")).unwrap();
    #[cfg(unix)]
    {
        names.extend([dir.path("symbolic"), dir.path("hard")]);
        std::os::unix::fs::symlink("nodes", dir.path("symbolic")).unwrap();
        std::fs::hard_link(&nodes, dir.path("hard")).unwrap();
    }
    for input in &names {
        for output in &names {
            let error = failure(&["balance", "--nodes", input, "--plot", output], b"");
            let cause = "would be written over the nodes, which are read from";
            assert_eq!(error, format!("--plot: {output} {cause} {input}"));
            assert_eq!(std::fs::read(&nodes).unwrap(), b"a\nb\n", "{output}");
        }
    }
    // A file of the same length beside it is another one, and may be overwritten.
    let other = dir.file("other", "a\nb\n");
    text(&["balance", "--nodes", &nodes, "--plot", &other], b"");
    assert!(std::fs::read(&other).unwrap().starts_with(b"<svg "));
}

#[test]
fn a_name_with_a_newline_stays_on_one_line() {
    let error = failure(&["route", "--nodes", "no\nfile"], b"");
    assert!(error.starts_with("no\\nfile: "), "{error}");
}

#[test]
fn only_known_nodes_can_be_down() {
    let dir = Dir::new();
    let nodes = dir.file("nodes", "a\nb\n");
    for command in ["route", "balance"] {
        let error = failure(&[command, "--nodes", &nodes, "--down", "a,c"], b"");
        assert_eq!(error, format!("--down: unknown node \"c\", not in {nodes}"));
    }
}

#[test]
fn bad_arguments_take_one_line() {
    for (args, part) in [
        (&[][..], "no command"),
        (&["route"], "--nodes"),
        (&["bogus"], "bogus"),
        (&["route", "--nodes", "a,", "--bogus"], "--bogus"),
        (&["route", "--nodes", "a,", "--replicas", "0"], "--replicas"),
        (&["route", "--nodes", "a,", "--replicas", "x"], "--replicas"),
        (&["route", "--nodes", "a,", "--vnodes", "0"], "--vnodes"),
        (&["balance", "--nodes", "a,", "--vnodes", "0"], "--vnodes"),
        (&["balance", "--nodes", "a,", "--replicas", "0"], "--replicas"),
        (&["plan", "--from", "a,", "--to", "b,", "--replicas", "0"], "--replicas"),
        (&["plan", "--from", "a,", "--to", "b,", "--vnodes", "0"], "--vnodes"),
        (&["plan", "--from", "a,"], "--to"),
        (&["impact", "--servers", "1"], "--servers"),
        (&["impact", "--servers", "4000000000"], "--servers"),
        (&["impact", "--keys", "0"], "--keys"),
        (&["route", "--nodes", "a,", "--format", "xml"], "--format"),
    ] {
        let error = failure(args, b"");
        assert!(error.contains(part), "{args:?}: {error}");
    }
}

#[test]
fn what_is_mistyped_is_told_what_it_may_be() {
    for (args, end) in [
        (&["rout"][..], "'rout'; did you mean route?"),
        (&["blance", "--nodes", "a,"], "'blance'; did you mean balance or plan?"),
        (&["route", "--nods", "a,"], "; did you mean --nodes?"),
        (&["plan", "--form", "a,", "--to", "b,"], "; did you mean --from?"),
        (&["route", "--nodes", "a,", "--format", "jso"], "; did you mean json?"),
        (&["xyzzy"], "'xyzzy'"),
    ] {
        let error = failure(args, b"");
        assert!(error.ends_with(end), "{args:?}: {error}");
    }
}

/// Every subcommand that knows replicas takes a maximum for each zone, but only with zones.
#[test]
fn a_maximum_per_zone_needs_zones() {
    for args in [
        &["route", "--nodes", "a,"][..],
        &["balance", "--nodes", "a,"],
        &["plan", "--from", "a,", "--to", "b,"],
    ] {
        let error = failure(&[args, &["--max-per-zone", "1"]].concat(), b"");
        assert_eq!(error, "--max-per-zone needs --spread-zones");
        let error = failure(&[args, &["--spread-zones", "--max-per-zone", "0"]].concat(), b"");
        assert!(error.contains("'--max-per-zone <M>'"), "{args:?}: {error}");
    }
}

#[test]
fn numbers_that_are_none_have_one_message() {
    let route = &["route", "--nodes", "a,"][..];
    for (args, option, range) in [
        (route, "--vnodes", "1 to 4294967295"),
        (route, "--replicas", "1 to 4294967295"),
        (route, "--field", "1 to 4294967295"),
        (&["impact"], "--vnodes", "1 to 4294967295"),
        (&["impact"], "--keys", "1 to 18446744073709551615"),
        (&["impact"], "--servers", "2 to 4294967295"),
        (&["simulate", "--nodes", "a,"], "--readers", "1 to 64"),
        (&["simulate", "--nodes", "a,"], "--updates-per-second", "0 to 1000000"),
        (&["simulate", "--nodes", "a,"], "--seconds", "1 to 3600"),
    ] {
        for value in ["-1", "1e3", "1.5", "10s", "99999999999999999999", "+5"] {
            let error = failure(&[args, &[option, value]].concat(), b"");
            let start = format!("invalid value '{value}' for '{option} <");
            let end = format!(">': not a whole number from {range}");
            assert!(error.starts_with(&start) && error.ends_with(&end), "{error}");
        }
    }
    let error = failure(&["impact", "--keys", "0"], b"");
    assert!(error.ends_with(": not a whole number from 1 to 18446744073709551615"), "{error}");
}

#[test]
fn a_delimiter_needs_a_field() {
    let route = ["route", "--nodes", "a,", "--delimiter", ","];
    assert_eq!(failure(&route, b""), "--delimiter needs --field");
    let tab = ["route", "--nodes", "a,", "--delimiter", "\\t", "--field", "2"];
    assert_eq!(text(&tab, b"x\ty\n"), "x\ty\ta\n");
}

/// What makes the points too many is named: the option, how it comes to so many, what mends it.
#[test]
fn too_many_points_are_blamed_on_what_makes_them() {
    let fit = "at most 100000000 fit";
    let vnodes = "weight 1 x 4000000000 vnodes = 4000000000 points";
    let weight = "weight 4000000000 x 150 vnodes = 600000000000 points";
    let some = "weight 2 x 30000000 vnodes = 60000000 points after 60000000 of nodes before it";
    let error = failure(&["route", "--nodes", "a,b", "--vnodes", "4000000000"], b"");
    let node = "too many points: node \"a\" of";
    assert_eq!(error, format!("--vnodes: {node} --nodes: {vnodes}, {fit}; lower --vnodes"));
    let error = failure(&["balance", "--nodes", "a,b", "--weights", "a=4000000000"], b"");
    let mend = "lower --vnodes or --weights";
    assert_eq!(error, format!("--weights: {node} --nodes: {weight}, {fit}; {mend}"));
    for option in ["--from", "--to"] {
        let weights = &*format!("{option}-weights");
        let args = ["plan", "--from", "a,", "--to", "a,", weights, "a=4000000000"];
        let mend = format!("lower --vnodes or {weights}");
        assert_eq!(
            failure(&args, b""),
            format!("{weights}: {node} {option}: {weight}, {fit}; {mend}")
        );
    }
    let dir = Dir::new();
    let nodes = dir.file("nodes", "a 2\nb 2\n");
    let error = failure(&["balance", "--nodes", &nodes, "--vnodes", "30000000"], b"");
    let mend = "lower --vnodes or the weights";
    assert_eq!(error, format!("{nodes}:2: too many points: {some}, {fit}; {mend}"));
}

/// Each number of servers has room, but all of them are measured at once.
#[test]
fn the_rings_of_impact_fit_together() {
    let args = ["impact", "--keys", "1", "--vnodes", "1900000", "--servers"];
    let error = failure(&[&args[..], &["2,2"]].concat(), b"");
    let rings = "counted over all rings of all numbers of servers";
    let mend = "lower --servers or --vnodes";
    let points = "too many points: 193800000, at most 100000000 fit";
    assert_eq!(error, format!("--servers: {points}, {rings}; {mend}"));
}

#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_is_a_failure() {
    use std::process::Stdio;
    for args in [&["route", "--nodes", "a,"][..], &["balance", "--nodes", "a,"]] {
        let full = std::fs::File::create("/dev/full").unwrap();
        let mut command = annulus(args);
        command.stdin(Stdio::piped()).stdout(full).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // `balance` reads no keys and may have ended.
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"key\n");
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.starts_with("annulus: standard output: No space left"), "{error}");
        assert_eq!(error.lines().count(), 1);
    }
}
