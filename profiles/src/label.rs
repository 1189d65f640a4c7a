//! Texts that are hashed with a number behind them.

use core::fmt::{self, Write};

use annulus::MAX_IDENTITY_LEN;

/// Room for an identity, what stands around it, and a number.
const ROOM: usize = MAX_IDENTITY_LEN + 33;

/// A text that is hashed with something behind it, over and over.
pub(crate) struct Label {
    bytes: [u8; ROOM],
    /// The length of what comes first each time.
    prefix: usize,
    len: usize,
}

impl Label {
    /// A label that begins so.
    pub(crate) fn new(prefix: fmt::Arguments<'_>) -> Self {
        let mut label = Self { bytes: [0; ROOM], prefix: 0, len: 0 };
        // What does not fit is left out. Nothing is that long.
        let _ = label.write_fmt(prefix);
        label.prefix = label.len;
        label
    }

    /// The bytes of the label with this behind what comes first.
    pub(crate) fn with(&mut self, rest: fmt::Arguments<'_>) -> &[u8] {
        self.len = self.prefix;
        let _ = self.write_fmt(rest);
        self.as_bytes()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl Write for Label {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        let room = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_first_stays() {
        let mut label = Label::new(format_args!("{}-", "a".repeat(MAX_IDENTITY_LEN)));
        assert!(label.with(format_args!("{}", u32::MAX)).ends_with(b"a-4294967295"));
        assert!(label.with(format_args!("{}", 7)).ends_with(b"a-7"));
        assert_eq!(label.with(format_args!("")).len(), MAX_IDENTITY_LEN + 1);
    }
}
