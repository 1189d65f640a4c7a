//! The figures that are kept, in `firmware/costs`: a file for each release of the compiler and each way
//! that it can come by its library.

use super::figures::Figures;
use crate::cross::{Compiler, Library};
use crate::step::Problem;
use crate::workspace;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The folder.
const FOLDER: &str = "firmware/costs";

/// The numbers of a release, `1.96.0`. A nightly's name is shared by many compilers: it has none.
fn numbers(release: &str) -> Option<Vec<u32>> {
    release.split('.').map(|number| number.parse().ok()).collect()
}

/// What a file's name has behind the release.
fn suffix(library: Library) -> &'static str {
    match library {
        Library::Installed => "-prebuilt.tsv",
        Library::FromSource => "-from-source.tsv",
    }
}

fn file_name(compiler: &Compiler) -> Option<String> {
    numbers(&compiler.release)?;
    Some(format!("{}{}", compiler.release, suffix(compiler.library)))
}

/// The compiler whose figures a file of this name has.
fn compiler(file_name: &str) -> Option<Compiler> {
    [Library::Installed, Library::FromSource].into_iter().find_map(|library| {
        let release = file_name.strip_suffix(suffix(library))?.to_owned();
        numbers(&release)?;
        Some(Compiler { release, library })
    })
}

fn folder() -> PathBuf {
    workspace::root().join(FOLDER)
}

fn path(file_name: &str) -> PathBuf {
    folder().join(file_name)
}

/// The names of all files.
fn names() -> Result<Vec<String>, Problem> {
    let name = |entry: io::Result<fs::DirEntry>| {
        entry.map(|entry| entry.file_name().to_string_lossy().into_owned())
    };
    let names = fs::read_dir(folder()).and_then(|entries| entries.map(name).collect());
    names.map_err(|error| broken(&folder(), error))
}

fn broken(path: &Path, error: impl std::fmt::Display) -> Problem {
    Problem::Failed(format!("{}: {error}", path.display()))
}

fn read(file_name: &str) -> Result<Figures, Problem> {
    let path = path(file_name);
    let text = fs::read_to_string(&path).map_err(|error| broken(&path, error))?;
    Figures::parse(&text).map_err(|error| broken(&path, error))
}

/// The figures of this compiler, if there are any.
pub(super) fn of(compiler: &Compiler) -> Result<Option<Figures>, Problem> {
    match file_name(compiler) {
        Some(name) if path(&name).is_file() => read(&name).map(Some),
        _ => Ok(None),
    }
}

/// Keeps the figures of this compiler; says where.
pub(super) fn save(compiler: &Compiler, figures: &Figures) -> Result<String, Problem> {
    let not_kept =
        || Problem::Failed(format!("{compiler} is no release: its figures are not kept"));
    let name = file_name(compiler).ok_or_else(not_kept)?;
    let path = path(&name);
    fs::create_dir_all(folder()).map_err(|error| broken(&path, error))?;
    fs::write(&path, figures.text()).map_err(|error| broken(&path, error))?;
    Ok(format!("{FOLDER}/{name}"))
}

/// The figures that are shown to people, and their compiler.
pub(super) fn shown() -> Result<(Compiler, Figures), Problem> {
    let names = names()?;
    let (compiler, name) = most_apt(&names).map_err(|error| broken(&folder(), error))?;
    Ok((compiler, read(name)?))
}

/// Whether every compiler with a record is newer than this one.
pub(super) fn is_outdated(compiler: &Compiler) -> Result<bool, Problem> {
    Ok(precedes_all(compiler, &names()?))
}

fn precedes_all(this: &Compiler, names: &[String]) -> bool {
    let release = |compiler: &Compiler| numbers(compiler.release.split('-').next()?);
    names.iter().filter_map(|name| compiler(name)).all(|known| release(this) < release(&known))
}

/// Of these files the newest compiler's with a prebuilt library, which is what nearly everybody has;
/// without any, the newest one's.
fn most_apt(names: &[String]) -> Result<(Compiler, &str), String> {
    let mut compilers = Vec::new();
    for name in names {
        let compiler = compiler(name).ok_or_else(|| format!("{name} names no compiler"))?;
        compilers.push((compiler, name.as_str()));
    }
    let apt = |(compiler, _): &(Compiler, &str)| {
        (compiler.library == Library::Installed, numbers(&compiler.release))
    };
    compilers.into_iter().max_by_key(apt).ok_or_else(|| "no figures are kept".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apt(names: &[&str]) -> Result<String, String> {
        let names: Vec<String> = names.iter().map(|&name| name.into()).collect();
        most_apt(&names).map(|(_, name)| name.to_owned())
    }

    #[test]
    fn a_file_s_name_says_whose_figures_it_has() {
        for library in [Library::Installed, Library::FromSource] {
            let original = Compiler { release: "1.96.0".into(), library };
            let name = file_name(&original).unwrap();
            assert_eq!(compiler(&name), Some(original), "{name}");
        }
        let nightly = Compiler { release: "1.97.0-nightly".into(), library: Library::Installed };
        assert_eq!(file_name(&nightly), None);
        for name in ["1.96.0.tsv", "1.96.0-nightly-prebuilt.tsv", "-prebuilt.tsv", "README.md"] {
            assert_eq!(compiler(name), None, "{name}");
        }
    }

    #[test]
    fn people_see_the_newest_compiler_s_figures_as_most_have_it() {
        let [old, new, source] =
            ["1.95.0-prebuilt.tsv", "1.100.0-prebuilt.tsv", "1.101.0-from-source.tsv"];
        assert_eq!(apt(&[old, new, source]).as_deref(), Ok(new));
        assert_eq!(apt(&[source, old]).as_deref(), Ok(old));
        assert_eq!(apt(&[source]).as_deref(), Ok(source));
        assert!(apt(&[]).is_err());
        assert!(apt(&[old, "notes.txt"]).is_err());
    }

    #[test]
    fn a_compiler_is_outdated_that_is_older_than_all() {
        let names = ["1.95.0-prebuilt.tsv", "1.96.0-from-source.tsv"].map(String::from);
        let outdated = |release: &str| {
            let compiler = Compiler { release: release.into(), library: Library::FromSource };
            precedes_all(&compiler, &names)
        };
        assert_eq!(["1.88.0", "1.94.1"].map(outdated), [true, true]);
        let current = ["1.95.0", "1.95.1", "1.96.0", "1.100.0", "1.95.0-nightly"];
        assert_eq!(current.map(outdated), [false; 5]);
    }

    #[test]
    fn all_that_is_kept_can_be_read() {
        for name in names().unwrap() {
            assert!(compiler(&name).is_some(), "{name}");
            assert_ne!(read(&name).unwrap(), Figures::default(), "{name}");
        }
    }
}
