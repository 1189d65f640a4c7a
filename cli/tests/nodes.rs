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
