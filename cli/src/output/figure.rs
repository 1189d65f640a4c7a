//! Positions and numbers of positions, which not every reader of JSON has as integers.

use annulus::{Placement, Position};
use annulus_profiles::System;
use serde::Serialize;

use crate::nodes::Node;

/// A whole number: a number in JSON where the circle has at most 53 bits, else a text.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Figure {
    Number(i64),
    Text(String),
}

impl Figure {
    /// So many positions of the circle of `P`, or that many fewer.
    pub(crate) fn count<P: Placement>(number: i128) -> Self {
        match i64::try_from(number) {
            Ok(number) if P::Position::BITS <= 53 => Self::Number(number),
            _ => Self::Text(number.to_string()),
        }
    }

    /// A position as the system has it.
    pub(crate) fn position<S: System<Node>>(position: S::Position) -> Self {
        Self::count::<S>(S::number(position))
    }

    /// The position of a key as the system has it.
    pub(crate) fn key_position<S: System<Node>>(position: S::Position) -> Self {
        Self::count::<S>(S::key_number(position))
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use annulus::Native;
    use annulus_profiles::cassandra::{Cassandra, position};

    #[test]
    fn figures_of_more_than_53_bits_are_texts() {
        let of_32 = Figure::count::<Native>(4_294_967_296);
        assert_eq!(of_32, Figure::Number(4_294_967_296));
        assert_eq!(Figure::count::<Native<u64>>(1), Figure::Text("1".into()));
        let token = Figure::position::<Cassandra>(position(-7));
        assert_eq!(serde_json::to_string(&token).unwrap(), "\"-7\"");
        assert_eq!(serde_json::to_string(&of_32).unwrap(), "4294967296");
    }
}
