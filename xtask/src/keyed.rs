//! Every method of the library that takes a key has a form at a position, in the same file.

use crate::workspace;

/// What stands in the signature of a method that takes a key.
const KEY: &str = "impl Key<";

/// The key becomes a position here.
const HASHES: &str = "position";

/// The methods of a source file that take a key, and whether each has its form at a position.
fn keyed(source: &str) -> impl Iterator<Item = (&str, bool)> {
    let public = source.split("pub fn ").skip(1);
    public.filter_map(move |rest| {
        let signature = rest.split(['{', ';']).next()?;
        let name = signature.split(['(', '<']).next()?;
        let at = ['(', '<'].iter().any(|end| source.contains(&format!("pub fn {name}_at{end}")));
        (signature.contains(KEY) && name != HASHES).then_some((name, at))
    })
}

#[test]
fn every_lookup_of_a_key_has_a_form_at_a_position() {
    let sources = workspace::sources().expect("the sources of the library");
    let all = sources.iter().flat_map(|(file, text)| {
        keyed(text).map(move |(name, at)| (format!("{file}: {name}"), at))
    });
    let all: Vec<(String, bool)> = all.collect();
    assert!(all.len() >= 20, "{all:?}");
    let missing: Vec<&String> = all.iter().filter(|(_, at)| !at).map(|(name, _)| name).collect();
    assert!(missing.is_empty(), "no form at a position: {missing:#?}");
}

#[test]
fn a_missing_form_is_noticed() {
    let source = "
        pub fn a(&self, key: &(impl Key<H> + ?Sized)) -> u32 { self.a_at(0) }
        pub fn a_at(&self, position: P::Position) -> u32 { 0 }
        pub fn b<const K: usize>(
            &self,
            key: &(impl Key<H> + ?Sized),
        ) -> u32 { 0 }
        pub fn c(&self) -> u32 { 0 }
        fn b_at(&self) {}";
    assert_eq!(keyed(source).collect::<Vec<_>>(), [("a", true), ("b", false)]);
}
