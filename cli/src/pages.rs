//! `annulus completions` and `annulus man`: what shells and readers of the manual know of the arguments.

use std::io::{self, Write};
use std::path::PathBuf;

use clap_complete::Shell;
use clap_mangen::Man;

use crate::error::Error;
use crate::output;

/// Write what a shell completes the command by, for its folder of completions.
///
/// For bash, say: annulus completions bash > ~/.local/share/bash-completion/completions/annulus
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Write the page of the manual, or those of all subcommands.
///
/// To read it: annulus man | man -l -
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// Write a page for the command and one for each subcommand to this folder, which is made if it is
    /// not there
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Runs `completions`, of this command.
pub(crate) fn completions(args: &CompletionsArgs, mut command: clap::Command) -> Result<(), Error> {
    // Writing to memory cannot fail; a generator that writes to a pipe panics when it is closed.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "annulus", &mut script);
    output::print(|out| out.write_all(&script))
}

/// Runs `man`, of this command.
pub(crate) fn man(args: &ManArgs, command: clap::Command) -> Result<(), Error> {
    let Some(dir) = &args.dir else {
        // The same page as below.
        let mut command = command.disable_help_subcommand(true);
        command.build();
        let page = page(&command).map_err(Error::output)?;
        return output::print(|out| out.write_all(page.as_bytes()));
    };
    std::fs::create_dir_all(dir).map_err(|error| Error::file(dir, error))?;
    let mut command = command.disable_help_subcommand(true);
    command.build();
    for command in std::iter::once(&command).chain(command.get_subcommands()) {
        let path = dir.join(Man::new(command.clone()).get_filename());
        let written = page(command).and_then(|page| std::fs::write(&path, page));
        written.map_err(|error| Error::file(&path, error))?;
    }
    Ok(())
}

/// The page of a command, with the synopsis as its help has it: with the values of options.
fn page(command: &clap::Command) -> io::Result<String> {
    const SYNOPSIS: &str = ".SH SYNOPSIS\n";
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    let page = String::from_utf8(page).map_err(io::Error::other)?;
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").replace('-', "\\-");
    let Some((before, after)) = page.split_once(SYNOPSIS) else { return Ok(page) };
    let rest = after.find("\n.SH").map_or("", |end| &after[end..]);
    Ok(format!("{before}{SYNOPSIS}{usage}{rest}"))
}
