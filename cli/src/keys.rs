//! Keys from files and standard input: large blocks of whole lines, in memory of constant size.

use std::io::{self, Read};

use memchr::{memchr_iter, memrchr};

/// How much is read at once. Under a fuzzer so little that lines often go past it.
const BLOCK: usize = if cfg!(fuzzing) { 16 } else { 256 * 1024 };

/// A reader as blocks of whole lines.
pub(crate) struct Blocks<R> {
    reader: R,
    buffer: Vec<u8>,
    /// What of the buffer was given out last.
    given: usize,
    /// What of the buffer was read.
    filled: usize,
    ended: bool,
}

impl<R: Read> Blocks<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, buffer: vec![0; BLOCK], given: 0, filled: 0, ended: false }
    }

    /// The next lines, as soon as there are any, each with the newline that ends it; the last line
    /// of all may have none. `None` at the end.
    ///
    /// A line that is longer than the buffer makes the buffer grow; one that there is no memory for is an error.
    pub(crate) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        // What was kept from the last block is part of one line.
        self.buffer.copy_within(self.given..self.filled, 0);
        self.filled -= self.given;
        self.given = 0;
        while !self.ended {
            if self.filled == self.buffer.len() {
                self.grow()?;
            }
            let read = match self.reader.read(&mut self.buffer[self.filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            let old = self.filled;
            self.filled += read;
            self.ended = read == 0;
            if let Some(newline) = memrchr(b'\n', &self.buffer[old..self.filled]) {
                self.given = old + newline + 1;
                return Ok(Some(&self.buffer[..self.given]));
            }
        }
        self.given = self.filled;
        Ok((self.given > 0).then_some(&self.buffer[..self.given]))
    }

    /// Makes the buffer twice as long.
    fn grow(&mut self) -> io::Result<()> {
        let len = self.buffer.len();
        if self.buffer.try_reserve_exact(len).is_err() {
            let cause = format!("no memory for a line of more than {len} bytes");
            return Err(io::Error::new(io::ErrorKind::OutOfMemory, cause));
        }
        self.buffer.resize(2 * len, 0);
        Ok(())
    }
}

/// The lines of a block, without their newlines.
pub(crate) fn lines(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let last = if block.ends_with(b"\n") { None } else { Some(block.len()) };
    let mut start = 0;
    memchr_iter(b'\n', block).chain(last).map(move |end| {
        let line = &block[start..end];
        start = end + 1;
        line
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives at most so many bytes at once, and is interrupted in between.
    struct Slow<'a>(&'a [u8], usize, bool);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.2 = !self.2;
            if self.2 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let len = self.1.min(out.len()).min(self.0.len());
            let (now, rest) = self.0.split_at(len);
            out[..len].copy_from_slice(now);
            self.0 = rest;
            Ok(len)
        }
    }

    fn read(text: &[u8], step: usize) -> Vec<Vec<u8>> {
        let mut blocks = Blocks::new(Slow(text, step, false));
        let mut all = Vec::new();
        while let Some(block) = blocks.next().unwrap() {
            all.extend(lines(block).map(<[u8]>::to_vec));
        }
        all
    }

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        let long = vec![b'x'; 3 * BLOCK + 7];
        let text = [b"a\r\n\n\xff\0\n", &long[..], b"\nb\n", &long[..BLOCK], b"\nlast"].concat();
        let expected: [&[u8]; 7] = [b"a\r", b"", b"\xff\0", &long, b"b", &long[..BLOCK], b"last"];
        for step in [1000, 4096, BLOCK - 1, BLOCK, usize::MAX] {
            assert_eq!(read(&text, step), expected);
        }
        assert_eq!(read(b"a\r\n\nb", 1), [&b"a\r"[..], b"", b"b"]);
    }

    #[test]
    fn no_input_has_no_lines_and_a_newline_has_one() {
        assert!(read(b"", 1).is_empty());
        assert_eq!(read(b"\n", 1), [b""]);
    }

    #[test]
    fn the_buffer_grows_with_the_longest_line_only() {
        let text = b"key\n".repeat(BLOCK);
        let mut blocks = Blocks::new(&text[..]);
        while blocks.next().unwrap().is_some() {}
        assert_eq!(blocks.buffer.len(), BLOCK);
    }
}
