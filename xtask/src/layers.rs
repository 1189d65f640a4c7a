//! The layers of the library: no file imports from a higher layer, and no import goes in a circle.
//!
//! An import is a `use`, or a path in the code that leads to another file of the crate. It counts for the
//! file that defines what is named, not for a facade that only hands on what lies below it. What only
//! tests import does not count, nor do links in documentation. Calls of methods are not seen,
//! though a method may be in another file than its type.

mod circle;
mod imports;
mod tokens;
mod tree;

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;

use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::workspace::{self, SOURCE};
use circle::Graph;
use imports::Import;
use tree::{Sources, Tree};

/// The list of layers.
const LIST: &str = "xtask/layers.toml";

/// One step.
pub(crate) fn steps() -> Vec<Step> {
    vec![Step::new("layers", check)]
}

fn check(context: Context) -> Outcome {
    let list = workspace::root().join(LIST);
    let list = fs::read_to_string(&list).map_err(|error| format!("{LIST}: {error}"));
    let layers = list.and_then(|list| Layers::parse(&list)).map_err(Problem::Failed)?;
    let sources = workspace::sources();
    let sources = sources.map_err(|error| Problem::Failed(format!("{SOURCE}: {error}")))?;
    let imports = imports::of(&Tree::parse(&sources).map_err(Problem::Failed)?);
    if context.verbose {
        for (from, to) in graph(&imports) {
            println!("{from}: {}", to.into_iter().collect::<Vec<_>>().join(" "));
        }
    }
    let wrong = wrong(&sources, &layers, &imports);
    if !wrong.is_empty() {
        return Err(Problem::Failed(wrong.join("\n")));
    }
    let (files, layers) = (sources.len(), layers.0.len());
    Ok(Note(Some(format!("{files} files in {layers} layers, no circle and no import upwards"))))
}

/// Everything that should not be so, a line each, imports below what they make up.
fn wrong(sources: &Sources, layers: &Layers, imports: &BTreeSet<Import>) -> Vec<String> {
    [layers.misfits(sources), circles(imports), layers.upward(imports)].concat()
}

/// Which files each file imports from.
fn graph(imports: &BTreeSet<Import>) -> Graph<'_> {
    let mut graph = Graph::new();
    for import in imports {
        graph.entry(&import.from).or_default().insert(&import.to);
    }
    graph
}

/// Circles with their imports, a shortest one first.
fn circles(imports: &BTreeSet<Import>) -> Vec<String> {
    let mut lines = Vec::new();
    for circle in circle::disjoint(&graph(imports)) {
        lines.push(format!("a circle of {} files:", circle.len()));
        for (at, from) in circle.iter().enumerate() {
            let to = circle[(at + 1) % circle.len()];
            let these = imports.iter().filter(|import| import.from == *from && import.to == to);
            lines.extend(these.map(|import| format!("  {}", describe(import))));
        }
    }
    lines
}

fn describe(Import { from, to, line, path }: &Import) -> String {
    format!("{SOURCE}/{from}:{line} imports {path} from {SOURCE}/{to}")
}

/// The layers, lowest first: each the files and folders that belong to it.
#[derive(Debug)]
struct Layers(Vec<Vec<String>>);

impl Layers {
    fn parse(list: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct List {
            layers: Vec<Vec<String>>,
        }
        let list: List = toml::from_str(list).map_err(|error| format!("{LIST}: {error}"))?;
        Ok(Self(list.layers))
    }

    /// The layers that have this file.
    fn of(&self, file: &str) -> Vec<usize> {
        let layers = self.0.iter().enumerate().flat_map(|(layer, paths)| {
            paths.iter().filter(|path| covers(path, file)).map(move |_| layer)
        });
        layers.collect()
    }

    /// Files that are not in exactly one layer, and paths that are none.
    fn misfits(&self, sources: &Sources) -> Vec<String> {
        let files = sources.keys().filter_map(|file| match self.of(file).len() {
            1 => None,
            0 => Some(format!("{LIST}: {file} is in no layer")),
            _ => Some(format!("{LIST}: {file} is listed more than once")),
        });
        let paths = self.0.iter().flatten();
        let missing = paths.filter(|path| !sources.keys().any(|file| covers(path, file)));
        files.chain(missing.map(|path| format!("{LIST}: there is no {path}"))).collect()
    }

    /// Every import from a higher layer.
    fn upward(&self, imports: &BTreeSet<Import>) -> Vec<String> {
        let layer_of = |file: &str| self.of(file).first().copied();
        let upward = imports.iter().filter(|import| {
            let layers = layer_of(&import.from).zip(layer_of(&import.to));
            layers.is_some_and(|(from, to)| from < to)
        });
        let lines: Vec<String> = upward.map(|import| format!("  {}", describe(import))).collect();
        match lines.is_empty() {
            true => lines,
            false => [vec![format!("{} imports upwards:", lines.len())], lines].concat(),
        }
    }
}

/// Whether a listed path is this file or a folder that has it.
fn covers(path: &str, file: &str) -> bool {
    file.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::tree::sources;
    use super::*;

    const LAYERS: &str = "layers = [[\"low.rs\"], [\"mid\", \"other.rs\"], [\"lib.rs\"]]";

    /// What is wrong with a crate of these files.
    fn found(files: &[(&str, &str)], layers: &str) -> Vec<String> {
        let sources = sources(files);
        let imports = imports::of(&Tree::parse(&sources).unwrap());
        wrong(&sources, &Layers::parse(layers).unwrap(), &imports)
    }

    /// A crate with a low file, a folder, and another file of the folder's layer, in which these lines are.
    fn crate_with(low: &str, one: &str, two: &str, other: &str) -> Vec<String> {
        let files = [
            ("lib.rs", "mod low; mod mid; mod other; pub use mid::One;"),
            ("low.rs", low),
            ("mid/mod.rs", "mod one; mod two; pub use one::One; pub use two::Two;"),
            ("mid/one.rs", one),
            ("mid/two.rs", two),
            ("other.rs", other),
        ];
        found(&files, LAYERS)
    }

    #[test]
    fn imports_downwards_and_in_a_layer_are_right() {
        let one = "use super::Two; use crate::low::Low; pub struct One;";
        let other = "use crate::mid::One; use crate::low;";
        assert_eq!(crate_with("pub struct Low;", one, "pub struct Two;", other), [""; 0]);
    }

    #[test]
    fn an_import_upwards_is_named() {
        let low = "pub struct Low;\nuse crate::mid::One;";
        let expected =
            ["1 imports upwards:", "  src/low.rs:2 imports crate::mid::One from src/mid/one.rs"];
        assert_eq!(crate_with(low, "pub struct One;", "pub struct Two;", ""), expected);
        let low = "fn f() -> crate::mid::Two { todo!() }";
        let expected = "  src/low.rs:1 imports crate::mid::Two from src/mid/two.rs";
        assert_eq!(crate_with(low, "pub struct One;", "pub struct Two;", "")[1], expected);
    }

    #[test]
    fn a_circle_is_named_with_its_imports() {
        let one = "use super::two::Two;\npub struct One;";
        let two = "pub struct Two(crate::One);";
        let expected = [
            "a circle of 2 files:",
            "  src/mid/one.rs:1 imports super::two::Two from src/mid/two.rs",
            "  src/mid/two.rs:1 imports crate::One from src/mid/one.rs",
        ];
        assert_eq!(crate_with("", one, two, ""), expected);
    }

    #[test]
    fn every_file_is_in_one_layer_and_every_path_is_there() {
        let files = [("lib.rs", "mod a; mod b;"), ("a.rs", ""), ("b.rs", "")];
        let wrong = |layers: &str| found(&files, layers);
        assert_eq!(wrong("layers = [[\"a.rs\", \"b.rs\"], [\"lib.rs\"]]"), [""; 0]);
        let expected = ["xtask/layers.toml: b.rs is in no layer"];
        assert_eq!(wrong("layers = [[\"a.rs\"], [\"lib.rs\"]]"), expected);
        let expected = ["xtask/layers.toml: a.rs is listed more than once"];
        assert_eq!(wrong("layers = [[\"a.rs\", \"b.rs\"], [\"a.rs\", \"lib.rs\"]]"), expected);
        let expected = ["xtask/layers.toml: there is no a", "xtask/layers.toml: there is no c.rs"];
        let layers = "layers = [[\"a\", \"c.rs\"], [\"a.rs\", \"b.rs\", \"lib.rs\"]]";
        assert_eq!(wrong(layers), expected);
    }

    #[test]
    fn the_list_can_be_read() {
        let list = fs::read_to_string(workspace::root().join(LIST)).unwrap();
        let Layers(layers) = Layers::parse(&list).unwrap();
        assert_eq!(layers.last().map(Vec::as_slice), Some(&["lib.rs".to_owned()][..]));
        assert!(Layers::parse("layer = []").is_err());
    }
}
