//! The options behind the name of a profile.

use core::error::Error;
use core::fmt;
use core::str::FromStr;

/// Why a text names no [`Profile`](crate::Profile).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProfileError<'t> {
    /// No system has this name.
    Name(&'t str),
    /// The system has no such option.
    Option(&'t str),
    /// The option comes twice.
    Twice(&'t str),
    /// Only one of these two options may be there.
    Both(&'static str, &'static str),
    /// The option does not take this value.
    Value {
        /// The option.
        option: &'t str,
        /// What stands behind its `=`; nothing where there is none.
        value: &'t str,
        /// What it takes.
        wanted: &'static str,
    },
}

impl fmt::Display for ProfileError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => {
                write!(f, "no system is called {name:?}; there are")?;
                let names = crate::Profile::NAMES.iter().enumerate();
                names.clone().try_for_each(|(at, name)| {
                    write!(f, "{} {name}", if at == 0 { "" } else { "," })
                })
            }
            Self::Option(option) => write!(f, "the system has no option {option:?}"),
            Self::Twice(option) => write!(f, "the option {option:?} comes twice"),
            Self::Both(one, other) => write!(f, "only one of {one} and {other} may be there"),
            Self::Value { option, value, wanted } => {
                write!(f, "the option {option} takes {wanted}, not {value:?}")
            }
        }
    }
}

impl Error for ProfileError<'_> {}

/// The most options that a profile may have in a text.
const MOST: usize = 8;

/// The options of a text, of which a profile takes those that it knows.
pub(super) struct Options<'t> {
    /// Option and value.
    left: [Option<(&'t str, Option<&'t str>)>; MOST],
    error: Option<ProfileError<'t>>,
}

impl<'t> Options<'t> {
    /// The name, and the options behind it.
    pub(super) fn of(text: &'t str) -> (&'t str, Self) {
        let mut words = text.split(',');
        let name = words.next().unwrap_or_default();
        let mut options = Self { left: [None; MOST], error: None };
        for word in words {
            let (option, value) = match word.split_once('=') {
                Some((option, value)) => (option, Some(value)),
                None => (word, None),
            };
            let mut taken = options.left.iter().flatten();
            if taken.any(|&(other, _)| other == option) {
                options.error = options.error.or(Some(ProfileError::Twice(option)));
            }
            match options.left.iter_mut().find(|place| place.is_none()) {
                Some(place) => *place = Some((option, value)),
                None => options.error = options.error.or(Some(ProfileError::Option(option))),
            }
        }
        (name, options)
    }

    /// The option of this name and what stands behind its `=`, if it is there.
    fn take(&mut self, name: &str) -> Option<(&'t str, Option<&'t str>)> {
        let place = self.left.iter_mut().find(|option| option.is_some_and(|(o, _)| o == name))?;
        place.take()
    }

    /// Whether this option is there, which takes no value.
    pub(super) fn flag(&mut self, name: &str) -> Result<bool, ProfileError<'t>> {
        match self.take(name) {
            None => Ok(false),
            Some((_, None)) => Ok(true),
            Some((option, Some(value))) => {
                Err(ProfileError::Value { option, value, wanted: "no value" })
            }
        }
    }

    /// What `read` makes of the value of this option, if it is there.
    pub(super) fn value<V>(
        &mut self,
        name: &str,
        wanted: &'static str,
        read: impl FnOnce(&'t str) -> Option<V>,
    ) -> Result<Option<V>, ProfileError<'t>> {
        let Some((option, value)) = self.take(name) else { return Ok(None) };
        let value = value.unwrap_or_default();
        read(value).map(Some).ok_or(ProfileError::Value { option, value, wanted })
    }

    /// The number that is the value of this option, if it is there and one of those that are `taken`.
    pub(super) fn number<V: FromStr>(
        &mut self,
        name: &str,
        wanted: &'static str,
        taken: impl FnOnce(&V) -> bool,
    ) -> Result<Option<V>, ProfileError<'t>> {
        self.value(name, wanted, |value| {
            // A sign, or a zero in front, is no number of a configuration.
            let plain = value == "0" || !value.starts_with(['+', '0']);
            value.parse().ok().filter(|number| plain && taken(number))
        })
    }

    /// Refuses what is left.
    pub(super) fn end(self) -> Result<(), ProfileError<'t>> {
        match (self.error, self.left.into_iter().flatten().next()) {
            (Some(error), _) => Err(error),
            (None, Some((option, _))) => Err(ProfileError::Option(option)),
            (None, None) => Ok(()),
        }
    }
}
