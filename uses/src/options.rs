//! [`Options`]: what every program is told.

use clap::{Args, ValueEnum};

/// What every program is told. `S` lists what can be broken on purpose.
#[derive(Clone, Copy, Debug, Args)]
pub struct Options<S: ValueEnum + Send + Sync + 'static> {
    /// The whole sizes, which take minutes
    #[arg(long)]
    pub full: bool,
    /// Break this on purpose: the program must notice, and exit with status 1
    #[arg(long, value_enum, value_name = "WHAT")]
    pub sabotage: Option<S>,
}

impl<S: ValueEnum + Send + Sync + 'static> Options<S> {
    /// One of two sizes: that of a test, or the whole one.
    #[must_use]
    pub fn size<T>(&self, small: T, full: T) -> T {
        if self.full { full } else { small }
    }
}

impl<S: ValueEnum + PartialEq + Send + Sync + 'static> Options<S> {
    /// Whether this is to be broken.
    #[must_use]
    pub fn breaks(&self, what: &S) -> bool {
        self.sabotage.as_ref() == Some(what)
    }
}
