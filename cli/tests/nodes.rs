//! What a value of nodes may be: a list, a file, standard input; and what could be two of these.

mod common;

use common::{Dir, annulus, failure, text};

const FILE: &str = "a 1 x\nb 2 y\n# c\n";

/// Every command with nodes takes them from standard input, and answers as with a file of them.
#[test]
fn nodes_may_come_on_standard_input() {
    let dir = Dir::new();
    let (nodes, keys) = (dir.file("nodes", FILE), dir.file("keys", "k\nl\nm\nn\n"));
    for args in [
        &["route", "--nodes", "-", &keys][..],
        &["balance", "--nodes", "-"],
        &["plan", "--from", "-", "--to", "a,c"],
        &["plan", "--from", "a,c", "--to", "-"],
    ] {
        let with_file: Vec<&str> =
            args.iter().map(|&arg| if arg == "-" { &*nodes } else { arg }).collect();
        assert_eq!(text(args, FILE.as_bytes()), text(&with_file, b""), "{args:?}");
        let error = failure(args, b"a\nb x\n");
        assert!(error.starts_with("standard input:2: bad weight \"x\""), "{error}");
    }
    let down = failure(&["balance", "--nodes", "-", "--down", "z"], FILE.as_bytes());
    assert_eq!(down, "--down: unknown node \"z\", not in standard input");
}

#[test]
fn standard_input_is_read_for_one_thing() {
    let keys = "--nodes: standard input cannot be the nodes and the keys; name a file of keys";
    assert_eq!(failure(&["route", "--nodes", "-"], FILE.as_bytes()), keys);
    assert_eq!(failure(&["route", "--nodes", "-", "-"], FILE.as_bytes()), keys);
    assert_eq!(failure(&["route", "--nodes", "-", "/no/such", "-"], FILE.as_bytes()), keys);
    for (nodes, file) in
        [("-", "/dev/stdin"), ("/dev/stdin", "-"), ("/dev/fd/0", "/proc/self/fd/0")]
    {
        assert_eq!(failure(&["route", "--nodes", nodes, file], b"a\n"), keys);
    }
    let both = "--to: standard input cannot be the nodes before and the nodes after";
    assert_eq!(failure(&["plan", "--from", "-", "--to", "-"], FILE.as_bytes()), both);
}

/// The file on standard input is not overwritten either.
#[test]
#[cfg(target_os = "linux")]
fn a_picture_does_not_overwrite_standard_input() {
    let dir = Dir::new();
    let nodes = dir.file("nodes", FILE);
    let input = std::fs::File::open(&nodes).unwrap();
    let output =
        annulus(&["balance", "--nodes", "-", "--plot", &nodes]).stdin(input).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.starts_with(&format!("annulus: --plot: {nodes} would be written over")),
        "{error}"
    );
    assert_eq!(std::fs::read(&nodes).unwrap(), FILE.as_bytes());
}

#[test]
fn white_space_in_a_list_is_refused() {
    for (args, option) in [
        (&["route", "--nodes", "a, b"][..], "--nodes"),
        (&["balance", "--nodes", "a, b"], "--nodes"),
        (&["plan", "--from", "a, b", "--to", "a,"], "--from"),
        (&["plan", "--from", "a,", "--to", "a, b"], "--to"),
        (&["route", "--nodes", "a,b", "--down", "a, b"], "--down"),
    ] {
        let cause = "name 2 has white space in it: \" b\"; only commas part the names of a list";
        assert_eq!(failure(args, b""), format!("{option}: {cause}"));
    }
}

/// The hints are followed: each of them does what it says.
#[test]
fn a_list_that_is_the_name_of_a_file_is_refused() {
    let dir = Dir::new();
    let full = dir.file("prod,eu", FILE);
    std::fs::create_dir(dir.path("x,y")).unwrap();
    let balance = |nodes: &str| {
        let output = annulus(&["balance", "--nodes", nodes]).current_dir(dir.path("")).output();
        let output = output.unwrap();
        let told = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), told(output.stdout), told(output.stderr))
    };
    let both = "is a list of names and the name of a file:";
    let (status, _, error) = balance("prod,eu");
    let hint =
        format!("--nodes: prod,eu {both} \"./prod,eu\" is the file, \"prod,eu,\" is the list");
    assert_eq!((status, error), (Some(2), format!("annulus: {hint}\n")));
    assert_eq!(balance("./prod,eu").1, text(&["balance", "--nodes", "-"], FILE.as_bytes()));
    assert_eq!(balance("prod,eu,").1, text(&["balance", "--nodes", "eu,prod"], b""));
    let error = failure(&["balance", "--nodes", &full], b"");
    let hint = "\"-\" reads the file on standard input, ";
    assert_eq!(error, format!("--nodes: {full} {both} {hint}\"{full},\" is the list"));
    let one = dir.file("one,", FILE);
    let error = failure(&["balance", "--nodes", &one], b"");
    assert!(error.ends_with("\"-\" reads the file on standard input"), "{error}");
    // A folder is no file of nodes.
    assert_eq!(balance("x,y").0, Some(0));
}

#[test]
fn a_file_that_is_not_there_may_be_meant_as_a_name() {
    let dir = Dir::new();
    let hint = "; a list of one name ends in a comma: ";
    let error = failure(&["route", "--nodes", "cache-a"], b"");
    assert!(error.starts_with("cache-a: No such file"), "{error}");
    assert!(error.ends_with(&format!("{hint}\"cache-a,\"")), "{error}");
    // What cannot be a name, or is surely a path, has no such hint.
    for nodes in [&*dir.path("gone"), "", "a b", "a\u{7}b", "./a,b"] {
        let error = failure(&["route", "--nodes", nodes], b"");
        assert!(!error.contains(hint), "{error}");
    }
}

/// A list with weights is what a file with the same weights is, for every command with nodes.
#[test]
fn nodes_of_a_list_may_have_weights() {
    let dir = Dir::new();
    let nodes = dir.file("nodes", "a=b 2\nc 0\nd\n-e 7\n");
    let (list, weights) = ("a=b,c,d,-e", "a=b=2,c=0,-e=7");
    let keys = common::keys(1000);
    for weights in [&[weights][..], &["a=b=2,", "--weights", "-e=7,c=0"]] {
        let weights = [&["--weights"], weights].concat();
        for (command, more) in
            [("route", &[][..]), ("balance", &["--replicas", "2"]), ("balance", &["--down", "-e,"])]
        {
            let by_list = [&[command, "--nodes", list][..], &weights, more].concat();
            let by_file = [&[command, "--nodes", &nodes][..], more].concat();
            let same = text(&by_list, keys.as_bytes()) == text(&by_file, keys.as_bytes());
            assert!(same, "{by_list:?}");
        }
    }
    let plan = |from: &[&str], to: &[&str]| text(&[&["plan"], from, to].concat(), b"");
    let file = plan(&["--from", &nodes], &["--to", "a,d"]);
    assert_eq!(plan(&["--from", list, "--from-weights", weights], &["--to", "a,d"]), file);
    let file = plan(&["--from", "a,d"], &["--to", &nodes]);
    assert_eq!(plan(&["--from", "a,d"], &["--to", list, "--to-weights", weights]), file);
    text(&["simulate", "--nodes", list, "--weights", weights, "--seconds", "1"], b"");
}

/// The shell makes a name after a space a file of keys.
#[test]
fn a_space_in_a_list_is_guessed_where_a_file_follows() {
    let dir = Dir::new();
    let (keys, gone) = (dir.file("keys", "k\n"), dir.path("gone"));
    for (args, list) in [
        (&["--nodes", "a,"][..], "--nodes a,"),
        (&["--nodes", "a,b", "--down", "a,"], "--down a,"),
        (&["--nodes", "a,b", "--weights", "a=2,"], "--weights a=2,"),
    ] {
        let hint = format!("`{list}` ends in a comma: a space in the list?");
        let error = failure(&[&["route"], args, &[&*gone]].concat(), b"");
        assert!(error.starts_with(&format!("{gone}: No such file")), "{error}");
        assert!(error.ends_with(&format!("; {hint}")), "{error}");
        let (answer, note) = common::noted(&[&["route"], args, &[&*keys]].concat(), b"");
        assert!(answer.starts_with("k\t"), "{answer}");
        assert_eq!(note, hint);
        text(&[&["route"], args, &["-"]].concat(), b"k\n");
    }
    text(&["route", "--nodes", "a,b", &keys], b"");
}

/// A weight in the list itself is told where it goes; a file may name such a node.
#[test]
fn a_weight_in_a_list_is_refused() {
    for (list, number, name) in
        [("a=2,b", 1, "a=2"), ("a,b=1.5", 2, "b=1.5"), ("a=b=-1,", 1, "a=b=-1")]
    {
        let end = |weights: &str| format!(": name {number}: {name:?}: weights go to {weights}");
        let error = failure(&["balance", "--nodes", list], b"");
        assert_eq!(error, format!("--nodes{}", end("--weights")));
        let error = failure(&["plan", "--from", list, "--to", "a,"], b"");
        assert_eq!(error, format!("--from{}", end("--from-weights")));
        let error = failure(&["plan", "--from", "a,", "--to", list], b"");
        assert_eq!(error, format!("--to{}", end("--to-weights")));
    }
    let dir = Dir::new();
    let nodes = dir.file("nodes", "a=2\nb\n");
    let shares = text(&["balance", "--nodes", &nodes, "--down", "a=2,"], b"");
    assert!(shares.contains("\nnode\ta=2\t1\t"), "{shares}");
}

#[test]
fn what_is_wrong_with_weights_is_told() {
    let dir = Dir::new();
    let nodes = dir.file("nodes", FILE);
    for (weights, cause) in [
        ("z=1", "unknown node \"z\", not in --nodes"),
        ("a", "name 1: \"a\" is not name=weight"),
        ("a=1,b", "name 2: \"b\" is not name=weight"),
        ("a=", "name 1: there is no weight in \"a=\""),
        ("=3", "name 1: there is no name in \"=3\""),
        ("a=1,a=2", "name 2: a second weight of \"a\""),
        ("a=1,,b=1", "name 2 is empty"),
        ("a=-1", "name 1: bad weight \"-1\", not a whole number from 0 to 4294967295"),
        ("a=1.5", "name 1: bad weight \"1.5\", not a whole number from 0 to 4294967295"),
        (
            "b=4294967296",
            "name 1: bad weight \"4294967296\", not a whole number from 0 to 4294967295",
        ),
        (
            "a=1, b=2",
            "name 2 has white space in it: \" b=2\"; only commas part the names of a list",
        ),
        ("a\u{200b}=1", "name 1 has invisible characters in it: \"a\\u{200b}=1\""),
    ] {
        let error = failure(&["balance", "--nodes", "a,b", "--weights", weights], b"");
        assert_eq!(error, format!("--weights: {cause}"));
    }
    let twice = ["balance", "--nodes", "a,b", "--weights", "a=1", "--weights", "a=1"];
    assert_eq!(failure(&twice, b""), "--weights: name 1: a second weight of \"a\"");
    let own = |option: &str, file: &str| {
        format!("{option}: it is for a list of names; {file} has weights of its own")
    };
    let error = failure(&["balance", "--nodes", &nodes, "--weights", "a=1"], b"");
    assert_eq!(error, own("--weights", &nodes));
    let error = failure(&["balance", "--nodes", "-", "--weights", "a=1"], FILE.as_bytes());
    assert_eq!(error, own("--weights", "standard input"));
    let plan = ["plan", "--from", "a,b", "--to", &nodes, "--to-weights", "a=1"];
    assert_eq!(failure(&plan, b""), own("--to-weights", &nodes));
    let plan = ["plan", "--from", "a,b", "--to", &nodes, "--from-weights", "z=1"];
    assert_eq!(failure(&plan, b""), "--from-weights: unknown node \"z\", not in --from");
}

#[test]
fn names_in_a_list_may_begin_with_a_hyphen() {
    for nodes in ["-,", "-a,b", "--b,-c"] {
        let first = nodes.split(',').next().unwrap();
        let output = text(&["balance", "--nodes", nodes], b"");
        assert!(output.contains(&format!("\nnode\t{first}\t")), "{output}");
        let plan = text(&["plan", "--from", nodes, "--to", nodes], b"");
        assert!(plan.contains("\ntotal\t-\t-\t-\t0\t"), "{plan}");
    }
    text(&["route", "--nodes", "-a,b", "--down", "-a,"], b"key\n");
    // What is likely to be another option is no file that is not there.
    for value in ["--vnodes", "-x"] {
        let error = failure(&["balance", "--nodes", value], b"");
        let cause = format!("{value} has no comma and is no list; ./{value} is a file");
        assert_eq!(error, format!("--nodes: {cause}"));
    }
}

#[test]
fn characters_without_width_in_a_list_are_refused() {
    for (args, option) in [
        (&["route", "--nodes", "a,b\u{200b}"][..], "--nodes"),
        (&["balance", "--nodes", "a,b\u{200b}"], "--nodes"),
        (&["plan", "--from", "a,b\u{200b}", "--to", "a,"], "--from"),
        (&["plan", "--from", "a,", "--to", "a,b\u{200b}"], "--to"),
        (&["route", "--nodes", "a,b", "--down", "a,b\u{200b}"], "--down"),
    ] {
        let cause = "name 2 has invisible characters in it: \"b\\u{200b}\"";
        assert_eq!(failure(args, b""), format!("{option}: {cause}"));
    }
}
