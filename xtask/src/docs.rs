//! Documentation that builds without a warning, so that no link in it is dead, and in which every public item of
//! the library has an example.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use crate::clippy::others;
use crate::features::{COMBINATIONS, Features, OF_PROFILES};
use crate::process::Process;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::tools;
use crate::workspace::{self, LIBRARY, PROFILES};

/// The page on which rustdoc lists all public items of a crate, macros and constants included.
const LIST: &str = "all.html";

/// One step for the other packages, then one per combination of features of each published one: the command has the
/// library's name, so the last to be built is the one that stays on disk. Beside them what docs.rs would show.
pub(crate) fn steps() -> Vec<Step> {
    let others = Step::new("docs: other packages", |context| {
        let doc = others(Process::cargo().arg("doc"));
        build(doc.arg("--document-private-items"), context)
    });
    let library = COMBINATIONS.into_iter().map(library);
    let profiles = OF_PROFILES.into_iter().map(profiles);
    let published = [
        ("docs: as docs.rs builds them", LIBRARY),
        ("docs: profiles, as docs.rs builds them", PROFILES),
    ];
    let published = published.map(|(name, package)| published_as(name, package));
    let all = std::iter::once(others).chain(library).chain([examples()]);
    all.chain(profiles).chain(published).collect()
}

fn published_as(name: &'static str, package: &'static str) -> Step {
    Step::new(name, move |context| {
        let doc = Features::All.select_of(package, tools::nightly()?.arg("doc")).arg("--no-deps");
        doc.env("RUSTDOCFLAGS", "--cfg docsrs --deny warnings")
            .env("CARGO_TARGET_DIR", workspace::target_dir(".").join("docs-rs"))
            .check(context)
    })
}

fn profiles(features: Features) -> Step {
    Step::new(format!("docs: profiles, {}", features.name()), move |context| {
        build(features.select_of(PROFILES, Process::cargo().arg("doc")), context)
    })
}

fn library(features: Features) -> Step {
    Step::new(format!("docs: {}", features.name()), move |context| {
        build(features.select(Process::cargo().arg("doc")), context)
    })
}

fn build(doc: Process, context: Context) -> Outcome {
    let doc = doc.arg("--no-deps");
    doc.env("RUSTDOCFLAGS", "--deny warnings").check(context)
}

/// Every public item of the library has an example in its own description, and so has every public module.
fn examples() -> Step {
    Step::new("docs: examples", |context| {
        let folder = workspace::target_dir(".").join("doc/annulus");
        let broken = |error| Problem::Failed(format!("the pages in {}: {error}", folder.display()));
        // Whose pages are there depends on what cargo found fresh. Without them it builds those that are asked for.
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(broken(error)),
            _ => build(Features::All.select(Process::cargo().arg("doc")), context)?,
        };
        let pages = all(|page| read(&folder, page)).map_err(broken)?;
        let without: Vec<_> = pages.iter().filter(|(_, page)| !has_example(page)).collect();
        if without.is_empty() {
            return Ok(Note(Some(format!("{} pages", pages.len()))));
        }
        let names: String = without.iter().map(|(name, _)| format!("\n  {name}")).collect();
        Err(Problem::Failed(format!("pages without an example of their item:{names}")))
    })
}

fn read(folder: &Path, page: &str) -> io::Result<String> {
    fs::read_to_string(folder.join(page))
        .map_err(|error| io::Error::new(error.kind(), format!("{page}: {error}")))
}

/// The pages of all public items and modules, by their names, as `read` reads them.
fn all(read: impl Fn(&str) -> io::Result<String>) -> io::Result<BTreeMap<String, String>> {
    let mut names = items(&read(LIST)?);
    if names.is_empty() {
        return Err(io::Error::other(format!("{LIST} lists no item")));
    }
    let mut pages = BTreeMap::new();
    names.push("index.html".to_owned());
    while let Some(name) = names.pop() {
        let page = read(&name)?;
        if let Some(folder) = name.strip_suffix("index.html") {
            let modules = modules(&page).map(|module| format!("{folder}{module}"));
            names.extend(modules.filter(|module| !pages.contains_key(module)));
        }
        pages.insert(name, page);
    }
    let folders = pages.keys().filter_map(|name| name.rsplit_once('/')).map(|(folder, _)| folder);
    let mut modules = folders.map(|folder| format!("{folder}/index.html"));
    match modules.find(|module| !pages.contains_key(module)) {
        Some(module) => Err(io::Error::other(format!("no module's page links to {module}"))),
        None => Ok(pages),
    }
}

/// The pages to which this one, which lists all items, links.
fn items(list: &str) -> Vec<String> {
    let items = links(list, r#"<li><a href=""#).filter(|page| page.ends_with(".html"));
    items.map(str::to_owned).collect()
}

/// The pages of the modules in the module that has this page, as its table links to them.
fn modules(page: &str) -> impl Iterator<Item = &str> {
    links(page, r#"<dt><a class="mod" href=""#)
}

/// What links that begin like this lead to.
fn links<'p>(page: &'p str, begin: &'p str) -> impl Iterator<Item = &'p str> {
    page.split(begin).skip(1).filter_map(|rest| rest.split_once('"')).map(|(link, _)| link)
}

/// Whether the item's own description has an example that compiles. Those of its methods do not count, nor do those
/// that show what fails to compile.
fn has_example(page: &str) -> bool {
    let Some((_, rest)) = page.split_once(r#"<details class="toggle top-doc""#) else {
        return false;
    };
    let description = rest.split("</details>").next().unwrap_or_default();
    description.contains(r#"<div class="example-wrap"><pre class="rust rust-example-rendered">"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page with this description of its item, and an example of one of its methods.
    fn page(description: &str) -> String {
        format!(
            r##"<h1>Struct <span>A</span></h1>
            <details class="toggle top-doc" open><summary><span>Expand description</span></summary>
            <div class="docblock"><p>An item.</p>{description}</div></details>
            <h2 id="implementations">Implementations</h2><details class="toggle method-toggle" open>
            <div class="example-wrap"><pre class="rust rust-example-rendered"><code>a.b()</code></pre></div>
            </details>"##
        )
    }

    #[test]
    fn an_example_is_one_of_the_item_itself() {
        let example = r#"<div class="example-wrap"><pre class="rust rust-example-rendered">
            <code>A</code></pre></div>"#;
        assert!(has_example(&page(example)));
        assert!(!has_example(&page("")));
        assert!(!has_example(&page("").replace("top-doc", "other")));
    }

    #[test]
    fn what_does_not_compile_and_what_is_no_code_are_no_examples() {
        let fails = r##"<div class="example-wrap compile_fail"><a href="#" class="tooltip">i</a>
            <pre class="rust rust-example-rendered"><code>A</code></pre></div>"##;
        let text =
            r#"<div class="example-wrap"><pre class="language-text"><code>A</code></pre></div>"#;
        assert!(![fails, text].map(page).iter().any(|page| has_example(page)));
    }

    #[test]
    fn all_pages_are_those_of_items_and_modules() {
        let read = |name: &str| {
            let page = match name {
                LIST => {
                    r##"<li><a href="#structs" title="Structs">Structs</a></li>
                    <ul class="all-items"><li><a href="struct.A.html">A</a></li>
                    <li><a href="b/fn.c.html">b::c</a></li></ul>"##
                }
                "index.html" => {
                    r#"See <a class="mod" href="https://docs.rs/z/index.html">z</a>.
                    <dt><a class="mod" href="b/index.html" title="mod a::b">b</a></dt>"#
                }
                // It has no item, so that its module alone links to it.
                "b/index.html" => {
                    r#"<dt><a class="mod" href="d/index.html" title="mod a::b::d">d</a></dt>"#
                }
                _ => "",
            };
            Ok(page.to_owned())
        };
        let names =
            ["b/d/index.html", "b/fn.c.html", "b/index.html", "index.html", "struct.A.html"];
        assert!(all(read).unwrap().keys().eq(names.iter()));
    }

    #[test]
    fn pages_in_which_nothing_is_found_are_an_error() {
        let error = all(|_| Ok(String::new())).unwrap_err();
        assert_eq!(error.to_string(), "all.html lists no item");
        let item = |_: &str| Ok(r#"<li><a href="b/struct.A.html">b::A</a></li>"#.to_owned());
        assert_eq!(all(item).unwrap_err().to_string(), "no module's page links to b/index.html");
    }
}
