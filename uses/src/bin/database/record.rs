//! [`Record`]: a value and its [`Version`], as servers keep them.

use std::fmt::{self, Display};
use std::str;

/// Which of two values of a key is the newer one: that of the greater counter or, of equal counters, that of the
/// greater writer. No two writes have the same version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) counter: u64,
    pub(crate) writer: u32,
}

/// In digits whose order is that of versions.
impl Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:08x}", self.counter, self.writer)
    }
}

impl Version {
    /// How long it is in a record.
    pub(crate) const LEN: usize = 24;

    /// The version at the start of a record; `None` if there is none.
    pub(crate) fn of(record: &[u8]) -> Option<Self> {
        let digits = str::from_utf8(record.get(..Self::LEN)?).ok()?;
        let (counter, writer) = digits.split_at_checked(16)?;
        let counter = u64::from_str_radix(counter, 16).ok()?;
        Some(Self { counter, writer: u32::from_str_radix(writer, 16).ok()? })
    }
}

/// A value and its version.
///
/// A value that is deleted would be a record too, that says so: of a key that is just gone from some servers, nobody
/// knows whether the others missed a deletion or these a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) version: Version,
    pub(crate) value: Vec<u8>,
}

impl Record {
    /// Reads the form in which servers keep it; `None` if this is none.
    pub(crate) fn decode(record: &[u8]) -> Option<Self> {
        Some(Self { version: Version::of(record)?, value: record[Version::LEN..].to_vec() })
    }

    /// The form in which servers keep it.
    pub(crate) fn encode(&self) -> Vec<u8> {
        [self.version.to_string().as_bytes(), &self.value].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let version = Version { counter: u64::MAX - 1, writer: 7 };
        let record = Record { version, value: b"value".to_vec() };
        assert_eq!(Record::decode(&record.encode()), Some(record.clone()));
        assert_eq!(Version::of(&record.encode()), Some(version));
        assert_eq!((Record::decode(b""), Record::decode(&[b'g'; 30])), (None, None));
    }

    #[test]
    fn digits_have_the_order_of_versions() {
        let version = |counter, writer| Version { counter, writer };
        let ordered =
            [version(0, 1), version(9, 16), version(10, 2), version(10, 15), version(256, 0)];
        assert!(ordered.is_sorted() && ordered.map(|version| version.to_string()).is_sorted());
        assert!(ordered.iter().all(|version| version.to_string().len() == Version::LEN));
    }
}
