//! [`Refusal`]: why a system would not take a server.

use core::error::Error;
use core::fmt;

/// Why a system would not take a server as it is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The address is not an IP address with a port: `10.0.0.1:80` or `[fd00::1]:80`.
    NotAnEndpoint,
    /// The address has no port.
    NoPort,
    /// The address is empty, or has white space in it.
    NotAnAddress,
    /// The address has this in it, which no address has where the system reads it.
    Mark(char),
    /// The address has more bytes than this, which is all that the system has room for.
    LongerThan(u32),
    /// An IPv6 address needs brackets around it, and a name has none.
    Brackets,
    /// The port is not a number from 1 to 65535.
    NotAPort,
    /// The weight is no number.
    NotAWeight,
    /// The system reads lines of this form, and this is not one.
    Form(&'static str),
    /// The name that is hashed has more bytes than this, which is all that the system has room for.
    NameLongerThan(u32),
    /// A server before has the same name.
    SameName,
    /// The system has no servers of weight 0.
    NoWeight,
    /// The system counts a server of weight 0 among the others, which have more points for it. A ring does not.
    WeightZeroCounts,
    /// The system has no servers of a weight above this.
    WeightAbove(u32),
    /// The server has no number, or one that the system does not give.
    NotAnId,
    /// The server has a number that one before it has.
    SameId,
    /// The server has no tokens.
    NoTokens,
    /// The server's weight is not the number of its tokens.
    WeightUnlikeTokens,
    /// A token is not a number of 64 bits with a sign.
    NotAToken,
    /// This part of the server's directive is unknown, or the system does not have it together with a ring.
    Parameter(Parameter),
}

/// A parameter of a directive that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parameter {
    /// `weight=` with what is no weight.
    Weight,
    /// `backup`: a ring has none.
    Backup,
    /// `hash-key` differs from what the ring is made with.
    HashKey,
    /// One that the system does not know.
    Unknown,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnEndpoint => f.write_str(
                "the address is not an IP address with a port, such as 10.0.0.1:80 or [fd00::1]:80",
            ),
            Self::NoPort => f.write_str("the address has no port"),
            Self::NotAnAddress => f.write_str("the address is empty or has white space in it"),
            Self::Mark(mark) => write!(f, "the address has {mark:?} in it"),
            Self::LongerThan(most) => write!(f, "the address is longer than {most} bytes"),
            Self::WeightZeroCounts => f.write_str(
                "a server of weight 0 gives the others more points, which a ring does not do",
            ),
            Self::Brackets => {
                f.write_str("IPv6 needs brackets around the address, and a name has none")
            }
            Self::NotAPort => f.write_str("the port is not a number from 1 to 65535"),
            Self::NotAWeight => f.write_str("the weight is not a number"),
            Self::Form(form) => write!(f, "it is not of the form {form}"),
            Self::NameLongerThan(most) => write!(f, "the name is longer than {most} bytes"),
            Self::SameName => f.write_str("a server before has the same name"),
            Self::NoWeight => f.write_str("the system has no servers of weight 0"),
            Self::WeightAbove(most) => write!(f, "the system has no weights above {most}"),
            Self::NotAnId => f.write_str("the id is not a number that the system gives, from 1 on"),
            Self::SameId => f.write_str("a server before has the same id"),
            Self::NoTokens => f.write_str("the server has no tokens"),
            Self::WeightUnlikeTokens => {
                f.write_str("the weight is not the number of tokens: leave it out")
            }
            Self::NotAToken => f.write_str("a token is a number of 64 bits with a sign"),
            Self::Parameter(Parameter::Weight) => f.write_str("weight= needs a number from 1 on"),
            Self::Parameter(Parameter::Backup) => f.write_str("a ring has no backup servers"),
            Self::Parameter(Parameter::HashKey) => {
                f.write_str("hash-key differs from what the ring is made with")
            }
            Self::Parameter(Parameter::Unknown) => f.write_str("an unknown parameter"),
        }
    }
}

impl Error for Refusal {}

/// A server of a list that was refused, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it says all there is to say")]
pub struct Refused {
    /// The place of the server in the list, from 0.
    pub at: usize,
    /// Why it was refused.
    pub refusal: Refusal,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "server {}: {}", self.at, self.refusal)
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.refusal)
    }
}
