//! Help and versions: no failures, of every subcommand.

mod common;

use common::{annulus, text};

const COMMANDS: [&str; 9] =
    ["route", "plan", "balance", "points", "migrate", "impact", "simulate", "completions", "man"];

#[test]
fn every_subcommand_has_help_and_the_version() {
    let version = text(&["--version"], b"");
    assert_eq!(version, concat!("annulus ", env!("CARGO_PKG_VERSION"), "\n"));
    let number = version.strip_prefix("annulus").unwrap();
    let all = text(&["--help"], b"");
    for command in COMMANDS {
        for option in ["--version", "-V"] {
            let version = text(&[command, option], b"");
            assert!(version.starts_with("annulus") && version.ends_with(number), "{version:?}");
        }
        assert!(all.contains(&format!("\n  {command}")), "{all}");
        let help = text(&[command, "--help"], b"");
        assert!(help.contains(&format!("Usage: annulus {command}")), "{help}");
        assert_eq!(help, text(&["help", command], b""));
    }
}

#[test]
fn help_has_examples_and_defaults_as_they_are_written() {
    for (command, count) in [("route", 4), ("plan", 3), ("points", 2), ("migrate", 2)] {
        let help = text(&[command, "--help"], b"");
        let (_, examples) = help.split_once("\nExamples:\n").unwrap();
        let examples: Vec<&str> = examples.lines().collect();
        assert_eq!(examples.len(), count, "{help}");
        assert!(
            examples.iter().all(|line| line.contains(&format!("annulus {command} --"))),
            "{help}"
        );
    }
    let help = text(&["impact", "--help"], b"");
    assert!(help.contains("[default: 4,10,100]"), "{help}");
    let small = ["impact", "--keys", "10", "--vnodes", "1", "--format", "json"];
    let changes = text(&small, b"");
    assert_eq!(changes, text(&[&small[..], &["--servers", "4,10,100"]].concat(), b""));
    assert_eq!(changes.lines().count(), 6, "{changes}");
}

/// Where standard output is no terminal, its width is that of the environment, or 100 columns.
#[test]
fn help_wraps_at_the_width_of_the_terminal() {
    for (columns, width) in [(Some("60"), 60), (Some("80"), 80), (Some("200"), 100), (None, 100)] {
        for command in COMMANDS {
            let mut help = annulus(&[command, "--help"]);
            match columns {
                Some(columns) => help.env("COLUMNS", columns),
                None => help.env_remove("COLUMNS"),
            };
            let output = help.stdin(std::process::Stdio::null()).output().unwrap();
            let help = String::from_utf8(output.stdout).unwrap();
            // The usage does not wrap.
            let lines = help.lines().filter(|line| !line.starts_with("Usage: "));
            let longest = lines.map(|line| line.chars().count()).max().unwrap();
            assert!((width - 15..=width).contains(&longest), "{width}: {longest}: {help}");
        }
    }
}
