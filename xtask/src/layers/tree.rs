//! The modules of a crate: which file each lies in, which names it has, and which file defines what a
//! path means.
//!
//! What only tests have is left out; both sides of any other `cfg` are there.

use std::collections::{BTreeMap, BTreeSet};

use syn::punctuated::Punctuated;
use syn::{Attribute, Item, Meta, Token, UseTree, Visibility};

/// The files of a crate by their paths below its `src`, with slashes.
pub(super) type Sources = BTreeMap<String, String>;

/// The root of the crate.
const ROOT: &str = "lib.rs";

/// Where paths begin that no name begins.
const CRATE: &str = "crate";
const SELF: &str = "self";
const SUPER: &str = "super";
const ANCHORS: [&str; 3] = [CRATE, SELF, SUPER];

/// The place of a module in its tree.
pub(super) type Id = usize;

/// All modules; the first is the root.
pub(super) struct Tree {
    pub(super) modules: Vec<Module>,
}

/// A module, in a file of its own or in one of another's.
pub(super) struct Module {
    pub(super) file: String,
    parent: Option<Id>,
    /// The folder of the modules below it, if some of them have files of their own: then it is a facade.
    folder: Option<String>,
    names: Names,
    /// The paths of its glob imports.
    globs: Vec<Import>,
    pub(super) items: Vec<Item>,
}

/// What names mean; several things where they are of different kinds or configurations.
pub(super) type Names = BTreeMap<String, Vec<Name>>;

/// What a name means.
pub(super) enum Name {
    /// What this file defines.
    Item(String),
    Module(Id),
    Import(Import),
}

/// A path that is brought into a module.
#[derive(Clone)]
pub(super) struct Import {
    pub(super) path: Vec<String>,
    /// Whether others get at it through the module.
    pub(super) is_public: bool,
}

/// What a path leads to, if it does not lead out of the crate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// Something that this file defines.
    File(String),
    Module(Id),
}

/// One import of a `use` item.
pub(super) struct Leaf {
    /// The name that it gets, of which a glob has none.
    name: String,
    pub(super) import: Import,
    pub(super) is_glob: bool,
    pub(super) line: usize,
}

impl Tree {
    /// Reads the modules from the root on.
    pub(super) fn parse(sources: &Sources) -> Result<Self, String> {
        let mut reader =
            Reader { sources, seen: BTreeSet::new(), tree: Self { modules: Vec::new() } };
        reader.file(ROOT, None, "", true)?;
        if let Some(file) = sources.keys().find(|file| !reader.seen.contains(*file)) {
            return Err(format!("{file} belongs to no module"));
        }
        Ok(reader.tree)
    }

    /// What a path means that stands in this module.
    pub(super) fn resolve(&self, from: Id, path: &[String]) -> BTreeSet<Target> {
        self.start(from, from, path, &mut BTreeSet::new())
    }

    /// Whether what this module makes public of the target is only handed on: the target lies in the
    /// module's own folder.
    pub(super) fn hands_on(&self, module: Id, target: &Target) -> bool {
        let file = match target {
            Target::File(file) => file,
            Target::Module(id) => &self.modules[*id].file,
        };
        self.modules[module].folder.as_ref().is_some_and(|folder| is_below(file, folder))
    }

    /// Whether the module has others below it in files of their own.
    pub(super) fn is_facade(&self, module: Id) -> bool {
        self.modules[module].folder.is_some()
    }

    /// Goes along the path from where it begins. `origin` is the module of the path that was asked for.
    fn start(&self, origin: Id, from: Id, path: &[String], seen: &mut Seen) -> BTreeSet<Target> {
        let (mut module, mut rest) = (from, path);
        while let Some((first, others)) = rest.split_first() {
            module = match (first.as_str(), self.modules[module].parent) {
                (CRATE, _) => 0,
                (SELF, _) => module,
                (SUPER, Some(parent)) => parent,
                (SUPER, None) => return BTreeSet::new(),
                _ => break,
            };
            rest = others;
        }
        self.walk(origin, module, rest, seen)
    }

    /// Goes along the path from inside a module.
    fn walk(&self, origin: Id, at: Id, path: &[String], seen: &mut Seen) -> BTreeSet<Target> {
        let Some((name, rest)) = path.split_first() else { return [Target::Module(at)].into() };
        // Imports may go in circles, globs above all.
        if !seen.insert((at, path.to_vec())) {
            return BTreeSet::new();
        }
        let module = &self.modules[at];
        let Some(names) = module.names.get(name) else {
            let globs = module.globs.iter();
            return globs.flat_map(|glob| self.glob(origin, at, glob, path, seen)).collect();
        };
        // Of a module and something else by the same name, the module has more behind it.
        let modules = names.iter().any(|name| matches!(name, Name::Module(_))) && !rest.is_empty();
        let names = names.iter().filter(|name| !modules || matches!(name, Name::Module(_)));
        names
            .flat_map(|name| match name {
                Name::Item(file) => [Target::File(file.clone())].into(),
                Name::Module(id) => self.walk(origin, *id, rest, seen),
                Name::Import(import) => self.import(origin, at, &import.followed_by(rest), seen),
            })
            .collect()
    }

    /// Goes along a path whose beginning may come by a glob of the module `at`.
    fn glob(
        &self,
        origin: Id,
        at: Id,
        glob: &Import,
        path: &[String],
        seen: &mut Seen,
    ) -> BTreeSet<Target> {
        let first = glob.path.first().map_or("", String::as_str);
        let is_ours = ANCHORS.contains(&first) || self.modules[at].names.contains_key(first);
        let targets = match is_ours {
            true => self.start(origin, at, &glob.followed_by(path).path, seen),
            // Another crate's, whose names are not known. They do not come by another glob: that is never
            // looked for, lest globs go on and on.
            false => return self.through(origin, at, glob.is_public, BTreeSet::new()),
        };
        match targets.is_empty() {
            true => targets,
            false => self.through(origin, at, glob.is_public, targets),
        }
    }

    /// Goes along an import of the module `at`.
    fn import(&self, origin: Id, at: Id, import: &Import, seen: &mut Seen) -> BTreeSet<Target> {
        let targets = self.start(origin, at, &import.path, seen);
        self.through(origin, at, import.is_public, targets)
    }

    /// What an import of the module `at` leads to if it leads to `targets`, or out of the crate.
    ///
    /// A facade is transparent to what lies below it. Any other module that makes an import public is a
    /// door of its own: who goes through it depends on it, and it on what is behind it.
    fn through(
        &self,
        origin: Id,
        at: Id,
        is_public: bool,
        targets: BTreeSet<Target>,
    ) -> BTreeSet<Target> {
        let door = &self.modules[at].file;
        if !is_public || *door == self.modules[origin].file {
            return targets;
        }
        if targets.is_empty() {
            return [Target::File(door.clone())].into();
        }
        let through = |target| match self.hands_on(at, &target) {
            true => target,
            false => Target::File(door.clone()),
        };
        targets.into_iter().map(through).collect()
    }
}

/// The modules and paths that have been asked for on the way.
type Seen = BTreeSet<(Id, Vec<String>)>;

impl Import {
    /// The path that goes on from this one.
    pub(super) fn followed_by(&self, rest: &[String]) -> Self {
        Self { path: [&self.path[..], rest].concat(), ..*self }
    }
}

fn is_below(file: &str, folder: &str) -> bool {
    folder.is_empty() || file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Reads files into a tree.
struct Reader<'a> {
    sources: &'a Sources,
    /// The files that belong to a module, be it one of tests.
    seen: BTreeSet<String>,
    tree: Tree,
}

impl Reader<'_> {
    /// A module in a file of its own. `folder` is where those below it lie. Of a module of tests only the
    /// files are noted.
    fn file(
        &mut self,
        file: &str,
        parent: Option<Id>,
        folder: &str,
        counts: bool,
    ) -> Result<Id, String> {
        let text = self.sources.get(file).ok_or_else(|| format!("there is no {file}"))?;
        self.seen.insert(file.into());
        let parsed = syn::parse_file(text)
            .map_err(|error| format!("{file}:{}: {error}", error.span().start().line))?;
        self.module(file, parent, folder, parsed.items, counts)
    }

    fn module(
        &mut self,
        file: &str,
        parent: Option<Id>,
        folder: &str,
        items: Vec<Item>,
        counts: bool,
    ) -> Result<Id, String> {
        let id = self.tree.modules.len();
        let (file, names, globs) = (file.to_owned(), Names::new(), Vec::new());
        let items = if counts { items } else { items.into_iter().filter(is_module).collect() };
        self.tree.modules.push(Module { file, parent, folder: None, names, globs, items: vec![] });
        for item in &items {
            self.item(id, folder, item, counts && !is_for_tests(attributes(item)))?;
        }
        self.tree.modules[id].items = items;
        Ok(id)
    }

    /// Notes what the item brings into its module.
    fn item(&mut self, module: Id, folder: &str, item: &Item, counts: bool) -> Result<(), String> {
        let file = self.tree.modules[module].file.clone();
        if let Item::Mod(child) = item {
            let name = child.ident.to_string();
            if child.attrs.iter().any(|attribute| attribute.path().is_ident("path")) {
                return Err(format!("{file}: the path of module {name} is not understood"));
            }
            let below = join(folder, &name);
            let id = match &child.content {
                Some((_, items)) => {
                    self.module(&file, Some(module), &below, items.clone(), counts)?
                }
                None => {
                    let child = self.path(&below)?;
                    let id = self.file(&child, Some(module), &below, counts)?;
                    if counts {
                        self.tree.modules[module].folder = Some(folder.into());
                    }
                    id
                }
            };
            if counts {
                let names = &mut self.tree.modules[module].names;
                names.entry(name).or_default().push(Name::Module(id));
            }
        } else if counts {
            let Module { names, globs, .. } = &mut self.tree.modules[module];
            globs.extend(define(names, item, &file));
            if let Item::Macro(item) = item
                && let Some(name) = &item.ident
                && item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"))
            {
                let names = &mut self.tree.modules[0].names;
                names.entry(name.to_string()).or_default().push(Name::Item(file));
            }
        }
        Ok(())
    }

    /// The file of the module that has this path without an ending.
    fn path(&self, path: &str) -> Result<String, String> {
        let files = [format!("{path}.rs"), format!("{path}/mod.rs")];
        let found = files.into_iter().find(|file| self.sources.contains_key(file));
        found.ok_or_else(|| format!("there is no {path}.rs and no {path}/mod.rs"))
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.into() } else { format!("{folder}/{name}") }
}

fn is_module(item: &Item) -> bool {
    matches!(item, Item::Mod(_))
}

/// Adds the name of an item that `file` has, or the names that it imports; gives the globs among these.
pub(super) fn define(names: &mut Names, item: &Item, file: &str) -> Vec<Import> {
    if let Item::Use(item) = item {
        let (globs, named): (Vec<Leaf>, Vec<Leaf>) =
            leaves(item).into_iter().partition(|leaf| leaf.is_glob);
        for Leaf { name, import, .. } in named {
            names.entry(name).or_default().push(Name::Import(import));
        }
        return globs.into_iter().map(|leaf| leaf.import).collect();
    }
    let name = match item {
        Item::Const(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        Item::Fn(item) => Some(&item.sig.ident),
        Item::Macro(item) => item.ident.as_ref(),
        Item::Static(item) => Some(&item.ident),
        Item::Struct(item) => Some(&item.ident),
        Item::Trait(item) => Some(&item.ident),
        Item::TraitAlias(item) => Some(&item.ident),
        Item::Type(item) => Some(&item.ident),
        Item::Union(item) => Some(&item.ident),
        _ => None,
    };
    if let Some(name) = name {
        names.entry(name.to_string()).or_default().push(Name::Item(file.into()));
    }
    Vec::new()
}

/// The imports of a `use` item, unless it begins with `::` and so leads elsewhere.
pub(super) fn leaves(item: &syn::ItemUse) -> Vec<Leaf> {
    let is_public = !matches!(item.vis, Visibility::Inherited);
    let mut found = Vec::new();
    if item.leading_colon.is_none() {
        branch(&item.tree, &[], is_public, &mut found);
    }
    found
}

fn branch(tree: &UseTree, prefix: &[String], is_public: bool, found: &mut Vec<Leaf>) {
    let mut leaf = |ident: &syn::Ident, rename: &syn::Ident| {
        let mut path = prefix.to_vec();
        let mut name = rename.to_string();
        // `a::{self}` is `a`.
        if ident != "self" || prefix.is_empty() {
            path.push(ident.to_string());
        } else if rename == "self" {
            name = prefix[prefix.len() - 1].clone();
        }
        let import = Import { path, is_public };
        found.push(Leaf { name, import, is_glob: false, line: ident.span().start().line });
    };
    match tree {
        UseTree::Path(path) => {
            let prefix = [prefix, &[path.ident.to_string()]].concat();
            branch(&path.tree, &prefix, is_public, found);
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                branch(tree, prefix, is_public, found);
            }
        }
        UseTree::Name(name) => leaf(&name.ident, &name.ident),
        UseTree::Rename(rename) => leaf(&rename.ident, &rename.rename),
        UseTree::Glob(glob) => {
            let import = Import { path: prefix.to_vec(), is_public };
            let line = glob.star_token.spans[0].start().line;
            found.push(Leaf { name: String::new(), import, is_glob: true, line });
        }
    }
}

/// The attributes of the variants named of an enumeration.
macro_rules! attributes_of {
    ($value:expr, $enumeration:ident: $($variant:ident)+) => {
        match $value {
            $(syn::$enumeration::$variant(inner) => &inner.attrs[..],)+
            _ => &[][..],
        }
    };
}
pub(super) use attributes_of;

/// The attributes of an item.
pub(super) fn attributes(item: &Item) -> &[Attribute] {
    attributes_of!(
        item,
        Item: Const Enum ExternCrate Fn ForeignMod Impl Macro Mod Static Struct Trait TraitAlias Type
            Union Use
    )
}

/// Whether what has these attributes is there in tests alone.
pub(super) fn is_for_tests(attributes: &[Attribute]) -> bool {
    let conditions = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    conditions.filter_map(|cfg| cfg.parse_args::<Meta>().ok()).any(|meta| needs_tests(&meta))
}

fn needs_tests(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test") || path.is_ident("doctest"),
        Meta::List(list) => {
            let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            let parts = parts.unwrap_or_default();
            match list.path.get_ident() {
                Some(all) if all == "all" => parts.iter().any(needs_tests),
                Some(any) if any == "any" => !parts.is_empty() && parts.iter().all(needs_tests),
                _ => false,
            }
        }
        Meta::NameValue(_) => false,
    }
}

/// A crate of these files.
#[cfg(test)]
pub(super) fn sources(files: &[(&str, &str)]) -> Sources {
    files.iter().map(|&(file, text)| (file.into(), text.into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files that a path leads to which stands in the root.
    fn resolved(files: &[(&str, &str)], path: &str) -> Vec<String> {
        let tree = Tree::parse(&sources(files)).unwrap();
        let path: Vec<String> = path.split("::").map(Into::into).collect();
        let targets = tree.resolve(0, &path).into_iter().map(|target| match target {
            Target::File(file) => file,
            Target::Module(id) => format!("module {}", tree.modules[id].file),
        });
        targets.collect()
    }

    #[test]
    fn a_path_leads_through_facades_to_the_file_that_defines() {
        let files = [
            ("lib.rs", "mod a;"),
            ("a/mod.rs", "mod b; mod c; pub use b::*; pub use c::C as D; pub struct Own;"),
            ("a/b/mod.rs", "mod x; pub(crate) use self::x::{X, x as y};"),
            ("a/b/x.rs", "pub struct X; impl X { pub fn new() {} } pub(crate) fn x() {}"),
            ("a/c.rs", "pub enum C { One }"),
        ];
        let to = |path| resolved(&files, path);
        assert_eq!(to("a::X"), ["a/b/x.rs"]);
        assert_eq!(to("crate::a::b::y"), ["a/b/x.rs"]);
        assert_eq!(to("self::a::X::new"), ["a/b/x.rs"]);
        assert_eq!(to("a::D::One"), ["a/c.rs"]);
        assert_eq!(to("a::Own"), ["a/mod.rs"]);
        assert_eq!(to("a::b"), ["module a/b/mod.rs"]);
        for nowhere in ["core::mem", "a::None", "super::a", "b::X", "a::b::D"] {
            assert_eq!(to(nowhere), [""; 0], "{nowhere}");
        }
    }

    #[test]
    fn a_file_that_makes_public_what_lies_elsewhere_is_a_door() {
        let files = [
            ("lib.rs", "mod a; mod door; mod open; mod opened;"),
            ("a.rs", "pub struct A;"),
            ("door.rs", "pub(crate) use crate::a::A; pub(crate) use core::mem; use crate::a;"),
            (
                "open/mod.rs",
                "mod below; pub use below::B; pub use crate::a::A; use crate::a::A as C;
                pub use crate::opened::D;",
            ),
            ("open/below.rs", "pub struct B;"),
            ("opened.rs", "pub struct D;"),
        ];
        let to = |path| resolved(&files, path);
        assert_eq!(to("door::A"), ["door.rs"]);
        assert_eq!(to("door::mem::swap"), ["door.rs"]);
        assert_eq!(to("open::B"), ["open/below.rs"]);
        assert_eq!(to("open::A"), ["open/mod.rs"]);
        assert_eq!(to("open::D"), ["open/mod.rs"]);
        // What it does not make public is seen below it alone, and no door.
        assert_eq!(to("open::C"), ["a.rs"]);
        assert_eq!(to("door::a::A"), ["a.rs"]);
    }

    #[test]
    fn inline_modules_lie_in_the_file_around_them() {
        let files = [
            ("lib.rs", "mod a;"),
            ("a.rs", "mod b; pub(crate) mod inner { pub struct X; pub use super::b::B; }"),
            ("a/b.rs", "pub struct B;"),
        ];
        assert_eq!(resolved(&files, "a::inner::X"), ["a.rs"]);
        assert_eq!(resolved(&files, "a::inner"), ["module a.rs"]);
        assert_eq!(resolved(&files, "a::b::B"), ["a/b.rs"]);
    }

    #[test]
    fn names_of_several_kinds_and_configurations_are_all_there() {
        let files = [
            (
                "lib.rs",
                "mod a; mod b;
                #[cfg(x)] use a::thing; #[cfg(not(x))] use b::thing; use a::find; mod find;",
            ),
            ("a.rs", "pub fn thing() {} pub fn find() {}"),
            ("b.rs", "pub fn thing() {}"),
            ("find.rs", "pub fn find() {}"),
        ];
        assert_eq!(resolved(&files, "thing"), ["a.rs", "b.rs"]);
        assert_eq!(resolved(&files, "find::find"), ["find.rs"]);
        assert_eq!(resolved(&files, "find"), ["a.rs", "module find.rs"]);
    }

    #[test]
    fn imports_in_a_circle_lead_nowhere() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "pub use crate::b::*; macro_rules! m { () => {} } pub(crate) use m;"),
            ("b.rs", "pub use crate::a::*; use crate::a::x as y; use crate::b::y as x;"),
        ];
        assert_eq!(resolved(&files, "b::y"), [""; 0]);
        assert_eq!(resolved(&files, "a::m"), ["a.rs"]);
        assert_eq!(resolved(&files, "b::m"), ["b.rs"]);
    }

    #[test]
    fn globs_of_other_crates_may_have_any_name() {
        let files = [
            ("lib.rs", "mod a; mod b; use core::mem::*; use b::*;"),
            ("a.rs", "pub use core::mem::*; use core::ptr::*;"),
            ("b.rs", "use core::mem::*; pub use x::*; use b::*; pub struct B;"),
        ];
        assert_eq!(resolved(&files, "a::swap"), ["a.rs"]);
        assert_eq!(resolved(&files, "b::B"), ["b.rs"]);
        assert_eq!(resolved(&files, "swap"), ["b.rs"]);
    }

    #[test]
    fn exported_macros_are_in_the_root() {
        let macros = "#[macro_export] macro_rules! m { () => {} }";
        assert_eq!(resolved(&[("lib.rs", "mod a;"), ("a.rs", macros)], "m"), ["a.rs"]);
    }

    #[test]
    fn files_and_modules_belong_together() {
        let error = |files: &[(&str, &str)]| Tree::parse(&sources(files)).err().unwrap_or_default();
        assert_eq!(error(&[("lib.rs", ""), ("a.rs", "")]), "a.rs belongs to no module");
        assert_eq!(error(&[("lib.rs", "mod a;")]), "there is no a.rs and no a/mod.rs");
        assert_eq!(error(&[("a.rs", "")]), "there is no lib.rs");
        assert!(error(&[("lib.rs", "\nmod 1;")]).starts_with("lib.rs:2: "));
        let path = [("lib.rs", "#[path = \"b.rs\"] mod a;"), ("b.rs", "")];
        assert_eq!(error(&path), "lib.rs: the path of module a is not understood");
    }

    #[test]
    fn what_tests_have_belongs_to_modules_and_has_no_names() {
        let files = [
            (
                "lib.rs",
                "#[cfg(test)] mod a; #[cfg(all(test, unix))] mod b { mod c; } #[cfg(test)] fn f() {}",
            ),
            ("a.rs", "mod d; pub fn g() {}"),
            ("a/d.rs", ""),
            ("b/c.rs", ""),
        ];
        for path in ["a", "a::g", "b", "f"] {
            assert_eq!(resolved(&files, path), [""; 0], "{path}");
        }
        assert!(!Tree::parse(&sources(&files)).unwrap().is_facade(0));
    }

    #[test]
    fn a_condition_is_one_of_tests_if_it_needs_them() {
        let needs = |condition: &str| {
            let item = format!("#[cfg({condition})] fn f() {{}}");
            is_for_tests(attributes(&syn::parse_str(&item).unwrap()))
        };
        for tests in
            ["test", "doctest", "all(test, x)", "all(x, all(test))", "any(test, all(test, x))"]
        {
            assert!(needs(tests), "{tests}");
        }
        for code in ["x", "not(test)", "any(test, feature = \"std\")", "all(x)", "all()", "any()"] {
            assert!(!needs(code), "{code}");
        }
        assert!(!is_for_tests(attributes(&syn::parse_str("#[doc = \"test\"] fn f() {}").unwrap())));
    }
}
