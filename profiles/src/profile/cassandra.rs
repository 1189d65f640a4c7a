//! The options of Cassandra.

use super::ProfileError;
use super::options::Options;
use crate::cassandra::{DataCenters, Strategy};

/// The strategy: `simple=RF` or `nts=DC:RF+DC:RF`. Without either it is the one host that has the token.
pub(super) fn strategy<'t>(options: &mut Options<'t>) -> Result<Strategy<'t>, ProfileError<'t>> {
    const WANTED: &str =
        "data centres, each once and with a number from 1 on, 8 at most, such as dc1:3+dc2:2";
    let simple = options.number("simple", "a number from 1 on", |&factor| factor > 0)?;
    let centers = options.value("nts", WANTED, DataCenters::parse)?;
    match (simple, centers) {
        (Some(_), Some(_)) => Err(ProfileError::Both("simple", "nts")),
        (_, Some(centers)) => Ok(Strategy::NetworkTopology(centers)),
        (factor, None) => Ok(Strategy::Simple(factor.unwrap_or(1))),
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;

    use super::*;
    use crate::Profile;

    #[test]
    fn strategies_are_read_and_written_back() {
        for (text, written) in [
            ("cassandra", "cassandra,simple=1"),
            ("cassandra,simple=3", "cassandra,simple=3"),
            ("cassandra,nts=eu-west:3+dc2:1", "cassandra,nts=eu-west:3+dc2:1"),
        ] {
            let profile = Profile::parse(text).unwrap();
            assert_eq!(profile.to_string(), written);
            assert_eq!(Profile::parse(written), Ok(profile));
        }
    }

    #[test]
    fn what_is_no_strategy_is_refused() {
        for text in ["simple=0", "simple", "nts", "nts=dc1", "nts=dc1:1+dc1:2", "rf=3"] {
            let text = std::format!("cassandra,{text}");
            assert!(Profile::parse(&text).is_err(), "{text}");
        }
        let both = Profile::parse("cassandra,simple=1,nts=dc1:1");
        assert_eq!(both, Err(ProfileError::Both("simple", "nts")));
    }
}
