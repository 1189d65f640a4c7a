//! `annulus completions` and `annulus man` know every subcommand and every option.

mod common;

use common::{Dir, annulus, failure, text};

/// The subcommands, each with the options that its help names.
fn options() -> Vec<(&'static str, Vec<String>)> {
    let commands = [
        "route",
        "plan",
        "balance",
        "points",
        "migrate",
        "impact",
        "simulate",
        "completions",
        "man",
    ];
    let options = |command: &&'static str| {
        let help = text(&[command, "--help"], b"");
        let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
        let long = lines.filter_map(|line| {
            let option = line.split([' ', ',']).find(|part| part.starts_with("--"))?;
            Some(option.to_owned())
        });
        (*command, long.collect::<Vec<_>>())
    };
    let all: Vec<_> = commands.iter().map(options).collect();
    assert!(all.iter().map(|(_, options)| options.len()).sum::<usize>() > 35, "{all:?}");
    all
}

#[test]
fn shells_complete_every_option() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = text(&["completions", shell], b"");
        for (command, options) in options() {
            assert!(script.contains(command), "{shell}: {command}");
            for option in options {
                let written = if shell == "fish" { format!("-l {}", &option[2..]) } else { option };
                assert!(script.contains(&written), "{shell}: {command} {written}");
            }
        }
    }
    let error = failure(&["completions", "tcsh"], b"");
    assert!(error.contains("[possible values: bash, elvish, fish, powershell, zsh]"), "{error}");
}

#[test]
#[cfg(target_os = "linux")]
fn bash_reads_its_script() {
    let dir = Dir::new();
    let script = dir.file("annulus", text(&["completions", "bash"], b""));
    let complete = format!(
        ". {script}; COMP_WORDS=(annulus plan --from-); COMP_CWORD=2; \
         _annulus annulus --from- plan; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let bash = std::process::Command::new("bash").args(["--norc", "-c", &complete]).output();
    let output = bash.unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "--from-weights\n", "{error}");
}

#[test]
fn the_manual_has_a_page_for_every_subcommand() {
    let dir = Dir::new();
    let pages = dir.path("share/man1");
    assert_eq!(text(&["man", "--dir", &pages], b""), "");
    let page = |name: &str| {
        let page = std::fs::read_to_string(format!("{pages}/{name}.1"));
        page.unwrap_or_else(|error| panic!("{name}: {error}")).replace("\\-", "-")
    };
    assert_eq!(text(&["man"], b"").replace("\\-", "-"), page("annulus"));
    for (command, options) in options() {
        assert!(page("annulus").contains(&format!("annulus-{command}(1)")), "{command}");
        let page = page(&format!("annulus-{command}"));
        assert!(page.contains(&format!(".SH NAME\nannulus-{command} - ")), "{command}");
        for option in options {
            assert!(page.contains(&option), "{command} {option}");
        }
    }
    // Options that must be given are shown with their values.
    for (command, usage) in [
        ("annulus", "annulus <COMMAND>"),
        ("annulus-route", "annulus route [OPTIONS] --nodes <NODES> [FILE]..."),
        ("annulus-plan", "annulus plan [OPTIONS] --from <NODES> --to <NODES>"),
    ] {
        let page = page(command);
        assert!(page.contains(&format!("\n.SH SYNOPSIS\n{usage}\n.SH DESCRIPTION\n")), "{page}");
    }
    let file = dir.file("file", "");
    let error = failure(&["man", "--dir", &file], b"");
    assert!(error.starts_with(&format!("{file}: ")), "{error}");
}

#[test]
fn a_reader_that_goes_ends_them_quietly() {
    for args in [&["completions", "bash"][..], &["man"]] {
        let mut child = annulus(args);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = child.stdout(writer).stderr(std::process::Stdio::piped()).output().unwrap();
        assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
    }
}
