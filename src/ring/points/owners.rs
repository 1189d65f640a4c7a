//! The owner of each point, as the number of a member, in words as wide as the membership needs.

/// The most members whose numbers fit in owners of 16 bits.
pub(crate) const MOST_NARROW: usize = 1 << 16;

/// A number that no member has. Lookups in a ring without points find it, so that one check against
/// the number of members suffices.
pub(crate) const NOBODY: usize = usize::MAX;

/// The owners of the points of a ring.
#[derive(Clone, Copy, Debug)]
pub enum Owners<'a> {
    /// Owners of 16 bits, for up to [`MOST_NARROW`] members.
    Narrow(&'a [u16]),
    /// Owners of 32 bits, for more members. Only heap storage has room for them.
    #[cfg(feature = "alloc")]
    Wide(&'a [u32]),
}

impl Owners<'_> {
    /// The owner of the point of this rank.
    #[inline]
    pub(crate) fn get(&self, rank: usize) -> Option<usize> {
        match self {
            Self::Narrow(owners) => owners.get(rank).map(|&owner| usize::from(owner)),
            #[cfg(feature = "alloc")]
            Self::Wide(owners) => owners.get(rank).map(|&owner| owner as usize),
        }
    }

    /// The memory of the owners in bytes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Narrow(owners) => size_of_val(*owners),
            #[cfg(feature = "alloc")]
            Self::Wide(owners) => size_of_val(*owners),
        }
    }
}

/// The owner of a point, as a word of 16 or 32 bits.
pub trait OwnerWord: Copy + Ord + 'static {
    /// The word for the member of this number.
    fn new(number: u32) -> Self;
    /// The number of the member.
    fn get(self) -> u32;
    /// The sum modulo 2 to the power of the word's number of bits.
    fn wrapping_add(self, other: Self) -> Self;
    /// `owners` as words of this width; `None` if they have another width.
    fn of(owners: Owners<'_>) -> Option<&[Self]>;
    /// Words of this width as owners.
    fn owners(words: &[Self]) -> Owners<'_>;
}

macro_rules! owner_word {
    ($int:ty, $width:ident) => {
        impl OwnerWord for $int {
            #[inline]
            fn new(number: u32) -> Self {
                number as $int
            }

            #[inline]
            #[allow(clippy::unnecessary_cast)]
            fn get(self) -> u32 {
                self as u32
            }

            #[inline]
            fn wrapping_add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            #[inline]
            fn of(owners: Owners<'_>) -> Option<&[Self]> {
                #[allow(unreachable_patterns)]
                match owners {
                    Owners::$width(words) => Some(words),
                    _ => None,
                }
            }

            #[inline]
            fn owners(words: &[Self]) -> Owners<'_> {
                Owners::$width(words)
            }
        }
    };
}

owner_word!(u16, Narrow);
#[cfg(feature = "alloc")]
owner_word!(u32, Wide);
