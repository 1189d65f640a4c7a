//! Errors of publication.

use core::{error::Error, fmt};

/// All slots for readers are in use.
///
/// ```
/// use annulus::publish::{Published, ReadersExhausted};
///
/// let published = Published::<u32, 1, 3>::new([7; 3]);
/// let first = published.reader()?;
/// // Whoever has no reader of its own asks one that has, or waits until one is dropped.
/// let Err(ReadersExhausted { readers }) = published.reader() else { panic!("there is one slot") };
/// assert_eq!(readers, 1);
/// drop(first);
/// assert_eq!(*published.reader()?.pin(), 7);
/// # Ok::<(), ReadersExhausted>(())
/// ```
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
///
/// ```
/// use annulus::publish::{Published, WriterTaken};
///
/// let published = Published::<u32, 1, 3>::new([7; 3]);
/// let leader = published.writer()?;
/// // Whoever is not first stands by, and takes over when the writer is dropped.
/// assert_eq!(published.writer().err(), Some(WriterTaken));
/// drop(leader);
/// assert_eq!(*published.writer()?.current(), 7);
/// # Ok::<(), WriterTaken>(())
/// ```
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
///
/// ```
/// use annulus::publish::{SharedPublished, TooFewSnapshots};
///
/// /// As many snapshots as a configuration says, but two at least.
/// fn publish(snapshots: usize) -> Result<SharedPublished<u32>, TooFewSnapshots> {
///     SharedPublished::new(vec![7; snapshots]).or_else(|TooFewSnapshots { given }| {
///         eprintln!("snapshots: 2, not {given}");
///         SharedPublished::new([7; 2])
///     })
/// }
///
/// assert_eq!(*publish(1)?.pin(), 7);
/// # Ok::<(), TooFewSnapshots>(())
/// ```
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
///
/// ```
/// use annulus::publish::{Published, UpdateError};
///
/// let mut published = Published::<u32, 1, 2>::new([0; 2]);
/// let (mut writer, [mut reader]) = published.split();
/// let mut reload = |text: &str| writer.update(|_, new| text.parse().map(|value| *new = value));
/// reload("7")?;
/// // The text is wrong, and would be next time.
/// assert!(matches!(reload("seven"), Err(UpdateError::Build(_))));
/// // The other buffer is held. The text is kept for another try.
/// let guard = reader.pin();
/// reload("8")?;
/// assert_eq!(reload("9"), Err(UpdateError::Busy));
/// drop(guard);
/// reload("9")?;
/// assert_eq!(*reader.pin(), 9);
/// # Ok::<(), UpdateError<core::num::ParseIntError>>(())
/// ```
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
