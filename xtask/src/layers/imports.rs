//! What the files of a crate import from each other: by `use`, and by paths in the code.

use std::collections::BTreeSet;

use proc_macro2::Ident;
use syn::visit::{self, Visit};

use super::tokens;
use super::tree::{
    self, Id, Name, Names, Target, Tree, attributes_of, define, is_for_tests, leaves,
};

/// A path in one file that leads to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Import {
    pub(super) from: String,
    pub(super) line: usize,
    pub(super) to: String,
    pub(super) path: String,
}

/// All imports, by files and lines. Where one file uses another by `use`, that is all that is said of the
/// two: the code has the same names.
pub(super) fn of(tree: &Tree) -> BTreeSet<Import> {
    let (mut by_use, mut in_code) = (BTreeSet::new(), BTreeSet::new());
    for (module, content) in tree.modules.iter().enumerate() {
        let (blocks, locals) = (Vec::new(), BTreeSet::new());
        let (by_use, in_code) = (&mut by_use, &mut in_code);
        let mut collector = Collector { tree, module, blocks, locals, by_use, in_code };
        content.items.iter().for_each(|item| collector.visit_item(item));
    }
    let files = |import: &Import| (import.from.clone(), import.to.clone());
    let known: BTreeSet<_> = by_use.iter().map(files).collect();
    by_use.extend(in_code.into_iter().filter(|import| !known.contains(&files(import))));
    by_use
}

/// Goes through the code of a module.
struct Collector<'a> {
    tree: &'a Tree,
    module: Id,
    /// The names that the blocks around have of their own.
    blocks: Vec<Names>,
    /// The variables of the function.
    locals: BTreeSet<String>,
    by_use: &'a mut BTreeSet<Import>,
    in_code: &'a mut BTreeSet<Import>,
}

impl Collector<'_> {
    /// The import of what the path leads to, if that is in another file.
    fn import(&self, target: Target, path: &[String], line: usize) -> Option<Import> {
        let from = self.tree.modules[self.module].file.clone();
        let to = match target {
            Target::File(file) => file,
            Target::Module(id) => self.tree.modules[id].file.clone(),
        };
        (from != to).then(|| Import { from, line, to, path: path.join("::") })
    }

    /// A path in the code. If it leads to a module, then something stands behind that has been left out,
    /// or the name is one of something else.
    fn path(&mut self, path: &[String], line: usize) {
        let [first, rest @ ..] = path else { return };
        if rest.is_empty() && self.locals.contains(first) {
            return;
        }
        let targets = match self.blocks.iter().rev().find_map(|names| names.get(first)) {
            None => self.tree.resolve(self.module, path),
            Some(names) => {
                let imports = names.iter().filter_map(|name| match name {
                    Name::Import(import) => Some(import.followed_by(rest)),
                    Name::Item(_) | Name::Module(_) => None,
                });
                imports.flat_map(|import| self.tree.resolve(self.module, &import.path)).collect()
            }
        };
        for target in targets {
            if matches!(target, Target::File(_)) {
                let import = self.import(target, path, line);
                self.in_code.extend(import);
            }
        }
    }

    /// The imports of a `use` item.
    ///
    /// A module that makes public what lies below it imports nothing by that. And a facade's name is only
    /// the beginning of paths: they say what is imported.
    fn uses(&mut self, item: &syn::ItemUse) {
        for leaf in leaves(item) {
            let import = leaf.import;
            for target in self.tree.resolve(self.module, &import.path) {
                let is_nothing = match target {
                    _ if import.is_public => self.tree.hands_on(self.module, &target),
                    Target::Module(id) => self.tree.is_facade(id),
                    Target::File(_) => false,
                };
                if !is_nothing {
                    let star = leaf.is_glob.then(|| "*".to_owned());
                    let path: Vec<String> = import.path.iter().cloned().chain(star).collect();
                    let import = self.import(target, &path, leaf.line);
                    self.by_use.extend(import);
                }
            }
        }
    }

    /// Goes through a function with its variables.
    fn function(&mut self, collect: impl Fn(&mut Locals), go: impl FnOnce(&mut Self)) {
        let mut locals = Locals(self.locals.clone());
        collect(&mut locals);
        let outer = std::mem::replace(&mut self.locals, locals.0);
        go(self);
        self.locals = outer;
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        match item {
            _ if is_for_tests(tree::attributes(item)) => {}
            syn::Item::Use(item) => self.uses(item),
            // Inline or in a file, it has its own place in the tree.
            syn::Item::Mod(_) => {}
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
            let line = path.segments.first().map_or(0, |s| s.ident.span().start().line);
            self.path(&names, line);
        }
        visit::visit_path(self, path);
    }

    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        // A constant or a variable.
        if starts_large(&pattern.ident) {
            self.path(&[pattern.ident.to_string()], pattern.ident.span().start().line);
        }
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        for (path, line) in tokens::paths(call.tokens.clone()) {
            self.path(&path, line);
        }
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        let mut names = Names::new();
        let file = &self.tree.modules[self.module].file;
        for statement in &block.stmts {
            if let syn::Stmt::Item(item) = statement
                && !is_for_tests(tree::attributes(item))
            {
                define(&mut names, item, file);
            }
        }
        self.blocks.push(names);
        visit::visit_block(self, block);
        self.blocks.pop();
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(|locals| locals.visit_item_fn(item), |this| visit::visit_item_fn(this, item));
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        if !is_for_tests(attributes_of!(item, ImplItem: Const Fn Type Macro)) {
            let go = |this: &mut Self| visit::visit_impl_item(this, item);
            self.function(|locals| locals.visit_impl_item(item), go);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast syn::TraitItem) {
        if !is_for_tests(attributes_of!(item, TraitItem: Const Fn Type Macro)) {
            let go = |this: &mut Self| visit::visit_trait_item(this, item);
            self.function(|locals| locals.visit_trait_item(item), go);
        }
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if !is_for_tests(&local.attrs) {
            visit::visit_local(self, local);
        }
    }

    fn visit_stmt_macro(&mut self, statement: &'ast syn::StmtMacro) {
        if !is_for_tests(&statement.attrs) {
            visit::visit_stmt_macro(self, statement);
        }
    }

    fn visit_expr(&mut self, expression: &'ast syn::Expr) {
        if !is_for_tests(attributes_of!(
            expression,
            Expr: Assign Block Call ForLoop If Loop Macro Match MethodCall Unsafe While
        )) {
            visit::visit_expr(self, expression);
        }
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if !is_for_tests(&arm.attrs) {
            visit::visit_arm(self, arm);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !is_for_tests(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        if !is_for_tests(&field.attrs) {
            visit::visit_field_value(self, field);
        }
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        if !is_for_tests(&variant.attrs) {
            visit::visit_variant(self, variant);
        }
    }
}

fn starts_large(name: &Ident) -> bool {
    name.to_string().starts_with(|first: char| first.is_uppercase())
}

/// The variables of a function, whatever block they are in.
struct Locals(BTreeSet<String>);

impl<'ast> Visit<'ast> for Locals {
    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        if !starts_large(&pattern.ident) {
            self.0.insert(pattern.ident.to_string());
        }
        visit::visit_pat_ident(self, pattern);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::sources;
    use super::*;

    /// What `a.rs` imports with these lines in it, as `line path from`: of the files `b.rs`, `c.rs` and those
    /// of the facade `d`, each with a type, a function and a constant.
    fn imports(a: &str) -> Vec<String> {
        let b = "pub struct B; pub fn b() {} pub const BEE: u32 = 1; pub trait T { type Type; }";
        let files = [
            ("lib.rs", "mod a; mod b; mod c; mod d;"),
            ("a.rs", a),
            ("b.rs", b),
            ("c.rs", "pub struct C; pub fn c() {}"),
            ("d/mod.rs", "mod e; pub(crate) use e::{E, e}; pub struct D;"),
            ("d/e.rs", "pub struct E; pub fn e() {}"),
        ];
        of_file("a.rs", &files)
    }

    fn of_file(file: &str, files: &[(&str, &str)]) -> Vec<String> {
        let imports = of(&Tree::parse(&sources(files)).unwrap());
        let imports = imports.into_iter().filter(|import| import.from == file);
        imports.map(|Import { line, path, to, .. }| format!("{line} {path} {to}")).collect()
    }

    #[test]
    fn every_form_of_use_is_an_import() {
        let expected = ["1 crate::b::B b.rs", "2 super::c::C c.rs", "3 crate::d::e d/e.rs"];
        assert_eq!(
            imports("use crate::b::B;\nuse super::{c::C as X};\nuse crate::d::{e as _};"),
            expected
        );
        assert_eq!(imports("use crate::b::{self};"), ["1 crate::b b.rs"]);
        assert_eq!(imports("use crate::b::*;"), ["1 crate::b::* b.rs"]);
        assert_eq!(imports("fn f() { use crate::b::b; b() }"), ["1 crate::b::b b.rs"]);
        assert_eq!(imports("mod inner { use super::super::b::B; }"), ["1 super::super::b::B b.rs"]);
        assert_eq!(imports("use core::b::B; use ::b::B; use self::b; use super::X;"), [""; 0]);
    }

    #[test]
    fn paths_in_code_are_imports() {
        for code in [
            "fn f() { crate::b::b() }",
            "fn f(x: &[super::b::B]) {}",
            "fn f<T: crate::b::T>() {}",
            "fn f() -> Option<crate::b::B> { None }",
            "struct S { field: crate::b::B }",
            "impl crate::b::T for u8 { type Type = u8; }",
            "impl Clone for crate::b::B {}",
            "type X = <u8 as crate::b::T>::Type;",
            "const X: u32 = crate::b::BEE;",
            "static X: [u8; crate::b::BEE] = [];",
            "fn f(x: u32) { match x { crate::b::BEE => {} _ => {} } }",
            "fn f() { let x = crate::b::B { }; }",
            "fn f() where u8: crate::b::T {}",
            "mod inner { fn f() { crate::b::b() } }",
            "trait X: crate::b::T { fn f() { super::b::b() } }",
        ] {
            let found = imports(code);
            assert!(found.iter().all(|line| line.ends_with(" b.rs")), "{code}: {found:?}");
            assert!(!found.is_empty(), "{code}");
        }
    }

    #[test]
    fn macros_are_looked_through_token_by_token() {
        for code in [
            "macro_rules! m { () => { $crate::b::b() } }",
            "macro_rules! m { ($x:ty) => { impl super::b::T for $x {} } }",
            "macro_rules! m { () => { use crate::b::{B, b as c}; } }",
            "fn f() { assert!(x == crate::b::BEE, \"\"); }",
            "m!([u8], crate::b::B);",
            "thread_local! { static X: crate::b::B = y; }",
            "struct S; impl S { m! { crate::b::B } }",
            "type X = m!(crate::b::B);",
        ] {
            let found = imports(code);
            assert!(found.iter().all(|line| line.ends_with(" b.rs")), "{code}: {found:?}");
            assert!(!found.is_empty(), "{code}");
        }
    }

    #[test]
    fn a_macro_of_another_file_is_imported() {
        let files = [
            ("lib.rs", "mod a; mod m;"),
            ("a.rs", "crate::m::make! { x }"),
            ("m.rs", "macro_rules! make { () => {} } pub(crate) use make;"),
        ];
        assert_eq!(of_file("a.rs", &files), ["1 crate::m::make m.rs"]);
        assert_eq!(of_file("m.rs", &files), [""; 0]);
    }

    #[test]
    fn paths_may_begin_with_a_name_that_is_imported() {
        let expected = ["1 d::E d/e.rs"];
        assert_eq!(imports("use crate::d; fn f() -> d::E { todo!() }"), expected);
        assert_eq!(imports("use crate::d as x; m!(x::D);"), ["1 x::D d/mod.rs"]);
        assert_eq!(imports("fn f() { use crate::d; d::e() }"), ["1 d::e d/e.rs"]);
        assert_eq!(imports("use crate::d::*;\nfn f(x: E) {}"), ["2 E d/e.rs"]);
        assert_eq!(imports("use crate::d;"), [""; 0]);
        let public = "pub(crate) use crate::d; fn f() { d::e() }";
        assert_eq!(imports(public), ["1 d::e d/e.rs", "1 crate::d d/mod.rs"]);
        assert_eq!(imports("use crate::d; use ::d::E; fn f() -> ::d::e { todo!() }"), [""; 0]);
    }

    #[test]
    fn a_facade_imports_what_its_own_code_names() {
        let files = |facade| {
            [
                ("lib.rs", "mod d;"),
                ("d/mod.rs", facade),
                ("d/e.rs", "pub struct E; pub fn e() {} pub const EE: u8 = 1;"),
            ]
        };
        let facade = |facade| of_file("d/mod.rs", &files(facade));
        let expected = ["2 E d/e.rs"];
        assert_eq!(facade("mod e; pub use e::E;"), [""; 0]);
        assert_eq!(facade("mod e; pub use e::E;\npub struct D(E);"), expected);
        assert_eq!(facade("mod e; pub(crate) use e::*;\npub struct D(E);"), expected);
        assert_eq!(facade("mod e; pub use e::e;\nfn f() { e() }"), ["2 e d/e.rs"]);
        assert_eq!(
            facade("mod e; pub use e::EE;\nfn f() { match 1 { EE => {} _ => {} } }"),
            ["2 EE d/e.rs"]
        );
        assert_eq!(facade("mod e;\nfn f() { e::e() }"), ["2 e::e d/e.rs"]);
        assert_eq!(facade("mod e;\nuse e::E;"), ["2 e::E d/e.rs"]);
        let other = "mod e; pub use e::e;\nfn f(e: u8) { e } fn g() {}\nfn h() { e() }";
        assert_eq!(facade(other), ["3 e d/e.rs"]);
        // Variables, fields and methods by the name of something that is handed on.
        let none = "fn f(e: u8) { g(e); x.e(); y.e; let z = |e| e; S { e: 1 }; m!(e, x.e) }";
        assert_eq!(facade(&format!("mod e; pub use e::e; {none}")), [""; 0]);
    }

    #[test]
    fn a_door_imports_what_is_behind_it() {
        let files = [
            ("lib.rs", "mod a; mod door; mod user;"),
            ("a.rs", "pub fn a() {}"),
            ("door.rs", "pub(crate) use crate::a; pub(crate) use crate::a::a as b;"),
            ("user.rs", "use crate::door::{a, b};"),
        ];
        assert_eq!(of_file("door.rs", &files), ["1 crate::a a.rs", "1 crate::a::a a.rs"]);
        let expected = ["1 crate::door::a door.rs", "1 crate::door::b door.rs"];
        assert_eq!(of_file("user.rs", &files), expected);
    }

    #[test]
    fn what_only_tests_have_is_no_import() {
        for code in [
            "#[cfg(test)] use crate::b::B;",
            "#[cfg(all(test, unix))] mod tests { use crate::b::B; }",
            "#[cfg(test)] fn f() { crate::b::b() }",
            "struct S; impl S { #[cfg(test)] fn f() { crate::b::b() } }",
            "trait X { #[cfg(test)] fn f() { crate::b::b() } }",
            "fn f() { #[cfg(test)] let x = crate::b::b(); }",
            "fn f() { #[cfg(test)] crate::b::b(); }",
            "fn f() { #[cfg(test)] m!(crate::b::b); }",
            "fn f() { #[cfg(test)] { use crate::b::b; b() } }",
            "fn f() { match x { #[cfg(test)] crate::b::BEE => {} _ => {} } }",
            "fn f() { S { #[cfg(test)] x: crate::b::b() } }",
            "struct S { #[cfg(test)] x: crate::b::B }",
            "enum X { #[cfg(test)] Y(crate::b::B) }",
            "#[cfg(test)] m!(crate::b::b);",
        ] {
            assert_eq!(imports(code), [""; 0], "{code}");
        }
    }

    #[test]
    fn what_features_have_is_an_import() {
        for code in [
            "#[cfg(feature = \"std\")] use crate::b::B;",
            "#[cfg(any(test, feature = \"std\"))] use crate::b::B;",
            "#[cfg(not(test))] use crate::b::B;",
        ] {
            assert_eq!(imports(code), ["1 crate::b::B b.rs"], "{code}");
        }
    }

    #[test]
    fn what_is_said_is_no_import() {
        let code = "//! [`B`](crate::b::B)\n/// crate::b::B\n// crate::b::B\n\
            pub(in crate::b) struct S; pub(super) fn f() { g(\"crate::b::B\"); }\n\
            #[cfg_attr(x, y = crate::b::B)] struct T; fn f() { m!(\"crate::b::B\") }";
        assert_eq!(imports(code), [""; 0]);
    }

    #[test]
    fn imports_in_code_are_left_out_where_a_use_says_the_same() {
        let code = "use crate::b::B;\nfn f(x: B) { crate::b::b() }\nfn g(x: crate::c::C) {}";
        assert_eq!(imports(code), ["1 crate::b::B b.rs", "3 crate::c::C c.rs"]);
    }
}
