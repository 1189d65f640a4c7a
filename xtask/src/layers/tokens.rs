//! Paths in tokens that no grammar is known for: what macros are called with, and what they are made of.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// A path and the line that it begins on.
pub(super) type Path = (Vec<String>, usize);

/// All paths, those in groups included: names with `::` between them, or one name alone.
///
/// No paths are names behind a dot, which are fields and methods, or before a colon, which are fields
/// too, variables of macros, and lifetimes.
pub(super) fn paths(tokens: TokenStream) -> Vec<Path> {
    let mut found = Vec::new();
    scan(&words(tokens), &[], &mut found);
    found
}

/// A token as far as it matters for paths.
enum Word {
    Name(String, usize),
    /// `::`
    Path,
    Colon,
    /// Something that a name may stand behind without being the beginning of a path.
    Mark(char),
    Group(Delimiter, Vec<Word>),
    Other,
}

fn words(tokens: TokenStream) -> Vec<Word> {
    let mut words = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        words.push(match token {
            TokenTree::Ident(name) => Word::Name(name.to_string(), name.span().start().line),
            TokenTree::Group(group) => Word::Group(group.delimiter(), self::words(group.stream())),
            TokenTree::Punct(mark) if mark.as_char() == ':' => {
                let second = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ':');
                match mark.spacing() == Spacing::Joint && tokens.next_if(second).is_some() {
                    true => Word::Path,
                    false => Word::Colon,
                }
            }
            TokenTree::Punct(mark) => match mark.as_char() {
                // Two dots make a range, behind which a path may stand.
                '.' if mark.spacing() == Spacing::Joint => {
                    while tokens.next_if(|token| token.to_string() == ".").is_some() {}
                    Word::Other
                }
                mark @ ('.' | '$' | '\'') => Word::Mark(mark),
                _ => Word::Other,
            },
            TokenTree::Literal(_) => Word::Other,
        });
    }
    words
}

/// Finds paths; each that begins here goes on from `prefix`.
fn scan(words: &[Word], prefix: &[String], found: &mut Vec<Path>) {
    let mut at = 0;
    while at < words.len() {
        let before = at.checked_sub(1).map(|before| &words[before]);
        match &words[at] {
            Word::Group(_, inner) => scan(inner, &[], found),
            Word::Name(name, line) => {
                let begins = match before {
                    Some(Word::Mark('$')) => name == "crate",
                    Some(Word::Mark(_) | Word::Path) => false,
                    _ => true,
                };
                let mut path = [prefix, std::slice::from_ref(name)].concat();
                // A path goes on as long as names follow; a group is the end of several.
                while let Some(Word::Path) = words.get(at + 1) {
                    match words.get(at + 2) {
                        Some(Word::Name(name, _)) => path.push(name.clone()),
                        Some(Word::Group(Delimiter::Brace, inner)) if begins => {
                            scan(inner, &path, found);
                            path.clear();
                        }
                        _ => break,
                    }
                    at += 2;
                }
                // `a::{self}` is `a`.
                if !prefix.is_empty() && path.last().is_some_and(|last| last == "self") {
                    path.pop();
                }
                let is_field = path.len() == 1 && matches!(words.get(at + 1), Some(Word::Colon));
                if begins && !is_field && !path.is_empty() {
                    found.push((path, *line));
                }
            }
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(tokens: &str) -> Vec<String> {
        let paths = paths(tokens.parse().unwrap());
        paths.into_iter().map(|(path, _)| path.join("::")).collect()
    }

    #[test]
    fn paths_end_where_no_name_follows() {
        assert_eq!(found("crate::a::B::<C>::new(d)"), ["crate::a::B", "C", "d"]);
        assert_eq!(found("$crate::a!(super::b)"), ["crate::a", "super::b"]);
        assert_eq!(found("(x, [self::y])"), ["x", "self::y"]);
        assert_eq!(found("0..crate::a, 0..=b"), ["crate::a", "b"]);
    }

    #[test]
    fn a_group_has_the_ends_of_several_paths() {
        let expected = ["crate::a", "crate::a::b", "crate::a::c::d", "crate::a::c::e", "x"];
        assert_eq!(found("crate::a::{self, b, c::{d, e}}; x")[..], expected);
    }

    #[test]
    fn what_begins_no_path_is_none() {
        assert_eq!(found("$a.b.c::<d> 'e ::f::g h: 1 \"crate::i\""), ["d"]);
        assert_eq!(found("$a::b"), [""; 0]);
    }

    #[test]
    fn a_path_has_its_line() {
        assert_eq!(paths("a\n b".parse().unwrap())[1].1, 2);
    }
}
