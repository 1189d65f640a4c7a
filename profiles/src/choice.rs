//! Hashes of keys that a system's configuration chooses by name.

/// Defines an enumeration of hashes with the names that the system has for them. What `of` makes of bytes is in 32
/// bits.
macro_rules! hash_choice {
    (
        $(#[$doc:meta])*
        $name:ident {$($(#[$variant_doc:meta])* $variant:ident = $text:literal, $function:expr;)+}
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// What stands for it where a name is wanted.
            #[cfg(feature = "xxhash")]
            pub(crate) const WANTED: &'static str = concat!("one of" $(, " ", $text)+);

            /// The name that the system has for it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The hash of this name, if there is one. O(length).
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|hash| hash.name() == name)
            }

            /// What it makes of bytes. O(length).
            #[inline]
            fn of(self, bytes: &[u8]) -> u32 {
                match self {
                    $(Self::$variant => $function(bytes),)+
                }
            }
        }
    };
}

pub(crate) use hash_choice;
