//! Any bytes as a stream of keys, however they arrive: the lines are those of the text.

use std::io::{self, Read};

use arbitrary::Arbitrary;

#[allow(dead_code)]
#[path = "../../cli/src/keys.rs"]
mod blocks;

/// A text and how it arrives.
#[derive(Arbitrary, Debug)]
pub struct Input<'a> {
    /// What each read gives: 0 an interruption, else at most so many bytes; then all at once.
    reads: Vec<u8>,
    /// Whether the stream breaks where it would end.
    breaks: bool,
    text: &'a [u8],
}

struct Stream<'a> {
    reads: std::slice::Iter<'a, u8>,
    rest: &'a [u8],
    breaks: bool,
}

impl Read for Stream<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        assert!(!out.is_empty(), "no room is not the end");
        let most = match self.reads.next() {
            Some(0) => return Err(io::ErrorKind::Interrupted.into()),
            Some(&most) => usize::from(most),
            None => usize::MAX,
        };
        let (now, rest) = self.rest.split_at(most.min(out.len()).min(self.rest.len()));
        if now.is_empty() && self.breaks {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        out[..now.len()].copy_from_slice(now);
        self.rest = rest;
        Ok(now.len())
    }
}

/// Reads the keys; panics where they are not the lines of the text.
pub fn check(input: &Input<'_>) {
    let Input { reads, breaks, text } = input;
    let stream = Stream { reads: reads.iter(), rest: text, breaks: *breaks };
    let mut blocks = blocks::Blocks::new(stream);
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let broken = loop {
        match blocks.next() {
            Ok(Some(block)) => {
                assert!(!block.is_empty());
                lines.extend(blocks::lines(block).map(<[u8]>::to_vec));
            }
            Ok(None) => break false,
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
                break true;
            }
        }
    };
    assert_eq!(broken, *breaks);
    let mut expected: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
    // What follows the last newline is a line unless it is empty; a broken stream does not give it.
    if *breaks || expected.last().is_some_and(|last| last.is_empty()) {
        expected.pop();
    }
    assert_eq!(lines, expected);
}
