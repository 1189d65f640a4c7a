//! Results for programs: the same figures as people see, as lines for `awk` and as JSON.

mod common;

use std::collections::HashMap;

use common::{Dir, of_kind, table, text};
use serde_json::Value;

/// Weights, zones, no points; and a name longer than people see it.
const NODES: &str = "a 1 x\nb 2 y\nc 0 z\ncache-in-some-rack-of-the-east-00000001 1 x\n";

/// Lines of fields between tabs, by the names in their first line.
fn rows(output: &str) -> Vec<HashMap<&str, &str>> {
    let mut lines = output.lines();
    let header = lines.next().unwrap().strip_prefix('#').unwrap();
    let names: Vec<&str> = header.split('\t').collect();
    assert_eq!(names[0], "kind");
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            assert_eq!(fields.len(), names.len(), "{line}");
            assert!(fields.iter().all(|field| !field.is_empty()), "{line}");
            assert!(!line.contains([' ', '%', '|', '\u{2026}']), "{line}");
            names.iter().copied().zip(fields).collect()
        })
        .collect()
}

/// Fails unless `rows` are the records of `json` but the ranges, wherever they have the same fields.
fn agree(rows: &[HashMap<&str, &str>], json: &str) {
    let mut objects = common::objects(json);
    objects.retain(|object| object["kind"] != "range");
    assert_eq!(rows.len(), objects.len());
    for (row, object) in rows.iter().zip(&objects) {
        for (name, value) in object.as_object().unwrap() {
            let Some(&cell) = row.get(&**name) else { continue };
            match value {
                Value::Null => assert_eq!(cell, "-"),
                Value::Number(number) => {
                    // What reads the JSON here may be off by the last digit.
                    let (cell, number) = (cell.parse::<f64>().unwrap(), number.as_f64().unwrap());
                    assert!(
                        (cell - number).abs() <= 1e-14 * number.abs(),
                        "{name}: {cell} {number}"
                    );
                }
                Value::Array(values) if values.is_empty() => assert_eq!(cell, "-"),
                Value::Array(values) => {
                    let names: Vec<&str> =
                        values.iter().map(|name| name.as_str().unwrap()).collect();
                    assert_eq!(cell, names.join(","));
                }
                Value::String(text) => assert_eq!(cell, text),
                other => assert_eq!(cell, other.to_string()),
            }
        }
        let known = |name: &&str| object.get(*name).is_some_and(|value| !value.is_null());
        let empty = row.iter().filter(|(name, _)| !known(name));
        empty.for_each(|(name, cell)| assert_eq!(*cell, "-", "{name}"));
    }
}

/// The lines of a command, which are its JSON too, and the JSON.
fn both(args: &[&str]) -> (String, String) {
    let lines = text(args, b"");
    assert_eq!(lines, text(&[args, &["--format", "tsv"]].concat(), b""), "{args:?}");
    let json = text(&[args, &["--format", "json"]].concat(), b"");
    agree(&rows(&lines), &json);
    (lines, json)
}

#[test]
fn balance_is_the_same_in_every_form() {
    let dir = Dir::new();
    let nodes = dir.file("nodes", NODES);
    for more in
        [&[][..], &["--replicas", "2"], &["--down", "a,"], &["--down", "a,b", "--replicas", "3"]]
    {
        let args = [&["balance", "--nodes", &nodes][..], more].concat();
        let (lines, json) = both(&args);
        let (rows, people) = (rows(&lines), table(&args, b""));
        for (row, line) in rows.iter().zip(people.lines().skip(1)).take(4) {
            let figures: Vec<&str> = line.split_whitespace().collect();
            let [_, weight, points, positions, share, _, fair, _, load] = figures[..] else {
                panic!("{line}")
            };
            assert_eq!((row["kind"], row["weight"]), ("node", weight));
            assert_eq!(row["points"], points.replace(',', ""));
            assert_eq!(row["positions"], positions.replace(',', ""));
            let percent = |cell: &str| format!("{:.4}", 100.0 * cell.parse::<f64>().unwrap());
            assert_eq!((&*percent(row["share"]), &*percent(row["fair"])), (share, fair));
            match load {
                "down" => assert_eq!((row["up"], row["load"]), ("false", "-")),
                "-" => assert_eq!((row["up"], row["load"]), ("true", "-")),
                _ => assert_eq!(format!("{:.4}", row["load"].parse::<f64>().unwrap()), load),
            }
        }
        assert_eq!(rows[3]["node"], "cache-in-some-rack-of-the-east-00000001");
        let kinds: Vec<&str> = rows[4..].iter().map(|row| row["kind"]).collect();
        assert_eq!(kinds, ["total", "min", "mean", "max", "std_dev", "fingerprint", "routing"]);
        for (kind, row) in [("min", &rows[5]), ("max", &rows[7])] {
            let load = format!("{kind} {:.4}", row["load"].parse::<f64>().unwrap());
            assert!(people.contains(&load), "{load}: {people}");
        }
        let [total] = &of_kind(&json, "total")[..] else { panic!("{json}") };
        assert_eq!((&total["nodes"], &total["weight"]), (&4.into(), &4.into()));
        let down = rows.iter().filter(|row| row["up"] == "false").count();
        assert_eq!(total["down"], down);
        let digits = ["fingerprint", "routing"].map(|kind| {
            let row = rows.iter().find(|row| row["kind"] == kind).unwrap();
            let [object] = &of_kind(&json, kind)[..] else { panic!("{json}") };
            assert_eq!(object["fingerprint"], row["fingerprint"]);
            row["fingerprint"]
        });
        let last = format!("\nfingerprint {}\nrouting fingerprint {}\n", digits[0], digits[1]);
        assert!(people.ends_with(&last), "{people}");
    }
    let none = dir.file("none", "a 0\n");
    let (lines, _) = both(&["balance", "--nodes", &none]);
    let kinds: Vec<&str> = rows(&lines).iter().map(|row| row["kind"]).collect();
    assert_eq!(kinds, ["node", "total", "fingerprint", "routing"]);
}

#[test]
fn a_plan_is_the_same_in_every_form() {
    let dir = Dir::new();
    let (from, to) = (dir.file("from", NODES), dir.file("to", "a 2 x\nb 1 y\nd 1 z\n"));
    let none = dir.file("none", "a 0\n");
    for (from, to, more) in [
        (&from, &to, &[][..]),
        (&from, &to, &["--replicas", "2"]),
        (&from, &none, &[]),
        (&none, &from, &["--replicas", "3"]),
        (&from, &from, &[]),
    ] {
        let args = [&["plan", "--from", from, "--to", to][..], more].concat();
        let (lines, json) = both(&args);
        let rows = rows(&lines);
        let of = |kind: &str| rows.iter().filter(|row| row["kind"] == kind).collect::<Vec<_>>();
        let sum = |rows: &[&HashMap<&str, &str>], field: &str| -> u64 {
            rows.iter().map(|row| row[field].parse::<u64>().unwrap()).sum()
        };
        let [total] = of("total")[..] else { panic!("{lines}") };
        let moves: u64 = total["moves"].parse().unwrap();
        assert_eq!(sum(&of("move"), "moves"), moves);
        for field in ["before", "after", "gives", "takes"] {
            assert_eq!(sum(&of("node"), field), total[field].parse::<u64>().unwrap(), "{field}");
        }
        let share: f64 = total["share"].parse().unwrap();
        assert_eq!(share, moves as f64 / 4_294_967_296.0);
        let people = table(&args, b"");
        assert!(people.starts_with(&format!("{:.4} % of the key", 100.0 * share)), "{people}");
        assert_eq!(people.matches("->").count(), of("move").len());
        let last = people.lines().find(|line| line.starts_with("total "));
        assert_eq!(last.is_some(), moves > 0, "{people}");
        if let Some(last) = last {
            let figures = last.split_whitespace().skip(1).filter(|&part| part != "%");
            let fields = ["before", "after", "gives", "takes", "ideal"];
            for (figure, field) in figures.zip(fields) {
                let positions: f64 = total[field].parse().unwrap();
                assert_eq!(
                    figure,
                    format!("{:.4}", 100.0 * positions / 4_294_967_296.0),
                    "{field}"
                );
            }
        }
        let [fingerprint, routing] = ["fingerprint", "routing"].map(|kind| {
            let [row] = of(kind)[..] else { panic!("{lines}") };
            format!("fingerprint {} before, {} after\n", row["from"], row["to"])
        });
        assert!(people.ends_with(&format!("\n{fingerprint}routing {routing}")), "{people}");
        assert_eq!(of_kind(&json, "move").len(), of("move").len());
    }
}

#[test]
fn impact_is_the_same_in_every_form() {
    let args = ["impact", "--keys", "2000", "--servers", "4,1000", "--vnodes", "20"];
    let (lines, _) = both(&args);
    let people = table(&args, b"");
    assert_eq!(rows(&lines).len(), 4);
    for (row, line) in rows(&lines).iter().zip(people.lines().skip(3)) {
        let figures: Vec<&str> = line.split_whitespace().filter(|&part| part != "%").collect();
        assert_eq!((row["servers"], row["change"]), (&*figures[0].replace(',', ""), figures[1]));
        for (name, figure) in ["modulo", "ring", "min", "max", "ideal"].iter().zip(&figures[3..]) {
            assert_eq!(format!("{:.2}", 100.0 * row[name].parse::<f64>().unwrap()), *figure);
        }
        assert_eq!((row["keys"], row["vnodes"]), ("2000", "20"));
    }
}

/// `awk` finds the figures by their columns, without being told what parts them.
#[test]
#[cfg(unix)]
fn awk_reads_the_lines() {
    let awk = |args: &[&str], program: &str| {
        let lines = text(args, b"");
        let dir = Dir::new();
        let file = dir.file("lines", lines);
        let output = std::process::Command::new("awk").args([program, &file]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let balance = ["balance", "--nodes", "a,b,c"];
    let positions = awk(&balance, "$1 == \"node\" { sum += $5 } END { printf \"%.0f\\n\", sum }");
    assert_eq!(positions, "4294967296\n");
    let plan = ["plan", "--from", "a,b", "--to", "a,b,c"];
    let sides = awk(&plan, "$1 == \"move\" { print $3, $4 }");
    assert_eq!(sides.lines().filter(|line| line.ends_with(" c")).count(), 2);
    let fields = awk(&plan, "{ print NF }");
    assert!(fields.lines().all(|count| count == "11"), "{fields}");
}

/// Standard output that is a terminal gets a table, in which long names are cut in the middle.
#[test]
#[cfg(target_os = "linux")]
fn a_terminal_gets_a_table_with_short_names() {
    use std::io::Read;
    use std::process::Stdio;

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let dir = Dir::new();
    let nodes = dir.file("nodes", NODES);
    let long = "cache-in-some-rack-of-the-east-00000001";
    let short = "cache-in-some-ra\u{2026}e-east-00000001";
    for args in [
        &["balance", "--nodes", &nodes][..],
        &["plan", "--from", &nodes, "--to", "a,b"],
        &["plan", "--from", &nodes, "--to", "a,b", "--replicas", "2"],
    ] {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
        let theirs = std::fs::File::options().read(true).write(true).open(name).unwrap();
        let mut command = common::annulus(args);
        command.stdin(Stdio::null()).stdout(theirs.try_clone().unwrap()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let reader = std::thread::spawn(move || {
            let (mut ours, mut all, mut some) = (std::fs::File::from(ours), Vec::new(), [0; 4096]);
            // Ends with an error, for nobody has the terminal open any more.
            while let Ok(read @ 1..) = ours.read(&mut some) {
                all.extend_from_slice(&some[..read]);
            }
            String::from_utf8(all).unwrap()
        });
        let output = child.wait_with_output().unwrap();
        drop((command, theirs));
        assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
        let shown = reader.join().unwrap().replace("\r\n", "\n");
        assert_eq!(shown, table(args, b""), "{args:?}");
        assert!(shown.contains(short) && !shown.contains(long), "{shown}");
        let (lines, json) = both(args);
        assert!(lines.contains(long) && json.contains(long), "{lines}");
        assert!(!lines.contains('\u{2026}') && !json.contains('\u{2026}'), "{lines}");
    }
}
