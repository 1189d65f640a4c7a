//! `annulus simulate`: a short run with each publisher finds nothing wrong.

mod common;

use common::{Dir, annulus, failure, objects, spawn, table, text};

/// A run of a second, and the figure of a row of its output.
fn run(publisher: &str) -> String {
    let dir = Dir::new();
    let nodes = dir.file("nodes", "a\nb 2\nc\nd 3 east\ne 0\n");
    table(&["simulate", "--nodes", &nodes, "--seconds", "1", "--publisher", publisher], b"")
}

fn row<'o>(output: &'o str, name: &str) -> &'o str {
    let row = output.lines().find_map(|line| line.strip_prefix(name));
    row.unwrap_or_else(|| panic!("no {name}: {output}")).trim()
}

fn number(figure: &str) -> u64 {
    let digits: String = figure.chars().filter(char::is_ascii_digit).collect();
    digits.parse().expect("a figure")
}

fn nothing_is_wrong(publisher: &str) {
    let output = run(publisher);
    let first = |row: &str| number(row.split(' ').next().expect("a figure"));
    assert!(row(&output, "publisher").starts_with(publisher), "{output}");
    assert!(first(row(&output, "lookups")) > 10_000, "{output}");
    assert!(first(row(&output, "publications")) > 10, "{output}");
    assert!(row(&output, "verified").ends_with(": 0 wrong"), "{output}");
    if cfg!(target_os = "linux") {
        assert!(row(&output, "on a core").starts_with("p50 "), "{output}");
        assert!(row(&output, "readers").starts_with("waited "), "{output}");
    }
    assert!(!output.contains("\nwrong"), "{output}");
}

#[test]
fn slots_give_no_wrong_answer() {
    nothing_is_wrong("slots");
}

#[test]
fn the_shared_ring_gives_no_wrong_answer() {
    nothing_is_wrong("shared");
}

#[test]
fn without_updates_nothing_is_published() {
    let args = ["--seconds", "1", "--updates-per-second", "0", "--readers", "1"];
    let output = table(&[&["simulate", "--nodes", "a,b"], &args[..]].concat(), b"");
    assert!(row(&output, "publications").starts_with("0, "), "{output}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let dir = Dir::new();
    let nodes = dir.file("nodes", "a 100000\n");
    let error = failure(&["simulate", "--nodes", &nodes], b"");
    assert!(error.starts_with("--nodes: the ring may come to have "), "{error}");
    let error = failure(&["simulate", "--nodes", "a,b", "--readers", "65"], b"");
    assert!(error.contains("'65' for '--readers <R>': not a whole number from 1 to 64"), "{error}");
}

/// A run that a signal ends shows its results, and that its end came early.
#[test]
#[cfg(unix)]
fn a_signal_ends_a_run_early_with_its_results() {
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let args = ["simulate", "--nodes", "a,b,c", "--seconds", "600", "--format", "json"];
        let child = spawn(&args);
        let begin = std::time::Instant::now();
        // Before the run has begun the signal would end the command without results.
        std::thread::sleep(std::time::Duration::from_millis(1500));
        let kill = format!("kill -{signal} {}", child.id());
        assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert!(begin.elapsed().as_secs() < 60, "{:?}", begin.elapsed());
        assert_eq!((output.status.code(), output.stderr), (Some(status), Vec::new()));
        let rows = objects(&String::from_utf8(output.stdout).unwrap());
        assert_eq!(rows[0]["ended_by"], format!("SIG{signal}"));
        assert!(rows[0]["seconds"].as_f64().unwrap() < 60.0, "{}", rows[0]);
        let verified = rows.iter().find(|row| row["kind"] == "verified").unwrap();
        assert_eq!(verified["wrong"], 0);
        assert!(verified["versions"].as_u64() > Some(100), "{verified}");
    }
}

/// Every figure is a line of three fields, and the same as in JSON.
#[test]
fn programs_get_all_figures() {
    let args = ["simulate", "--nodes", "a,b", "--seconds", "1"];
    let lines = text(&args, b"");
    let rows: Vec<Vec<&str>> = lines.lines().map(|line| line.split('\t').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == 3), "{lines}");
    assert_eq!(rows[0], ["#kind", "figure", "value"]);
    let json = text(&[&args[..], &["--format", "json"]].concat(), b"");
    let figures: Vec<(String, String)> = objects(&json)
        .iter()
        .flat_map(|object| {
            let kind = object["kind"].as_str().unwrap().to_owned();
            let names = object.as_object().unwrap().keys().filter(|&name| name != "kind");
            names.map(|name| (kind.clone(), name.clone())).collect::<Vec<_>>()
        })
        .collect();
    let mut named: Vec<(String, String)> =
        rows[1..].iter().map(|row| (row[0].into(), row[1].into())).collect();
    for ((kind, name), row) in named.iter().zip(&rows[1..]) {
        let number = row[2].parse::<f64>().is_ok();
        assert_eq!(number, !matches!(&**name, "publisher" | "ended_by"), "{kind} {name}: {row:?}");
    }
    let mut figures = figures;
    named.sort();
    figures.sort();
    assert_eq!(named, figures);
    for kind in ["run", "lookups", "lookup_ns", "publications", "publication_ns", "verified"] {
        assert!(named.iter().any(|(of, _)| of == kind), "{kind}: {lines}");
    }
    assert!(annulus(&args).args(["--format", "xml"]).output().unwrap().status.code() == Some(2));
}
