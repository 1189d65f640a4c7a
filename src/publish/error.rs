//! Errors of publication.

use core::{error::Error, fmt};

/// All slots for readers are in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_structs, reason = "it says all there is to say")]
pub struct ReadersExhausted {
    /// The number of slots.
    pub readers: usize,
}

impl fmt::Display for ReadersExhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "all {} reader slots are in use", self.readers)
    }
}

impl Error for ReadersExhausted {}

/// The publication has another writer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_structs, reason = "it says all there is to say")]
pub struct WriterTaken;

impl fmt::Display for WriterTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the publication has a writer already")
    }
}

impl Error for WriterTaken {}

/// A publication needs at least two snapshots, and was given fewer.
#[cfg(feature = "std")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_structs, reason = "it says all there is to say")]
pub struct TooFewSnapshots {
    /// The number given.
    pub given: usize,
}

#[cfg(feature = "std")]
impl fmt::Display for TooFewSnapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a publication needs at least 2 snapshots, not {}", self.given)
    }
}

#[cfg(feature = "std")]
impl Error for TooFewSnapshots {}

/// Why an update published nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "callers tell its two cases apart")]
pub enum UpdateError<E> {
    /// Readers may still hold every buffer but the current one; a later try may find one free.
    Busy,
    /// The builder failed with this error.
    Build(E),
}

impl<E: fmt::Display> fmt::Display for UpdateError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => {
                f.write_str("no buffer is free: readers may hold all but the current one")
            }
            Self::Build(error) => error.fmt(f),
        }
    }
}

impl<E: Error> Error for UpdateError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Busy => None,
            Self::Build(error) => error.source(),
        }
    }
}
