//! What libmemcached and twemproxy are made of: addresses, and counts of points.

use annulus::Counts;

use crate::text::{split_port, without_brackets};

/// The port that labels leave out.
pub(crate) const DEFAULT_PORT: u16 = 11_211;

/// The points of a server where all weights are equal, but for what rounding takes away: 156 or 160.
const POINTS: f32 = 160.0;

/// The points of a label.
pub(crate) const PARTS: u32 = 4;

/// An address as its two parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address<'a> {
    /// The host without brackets, or the path of a socket.
    pub(crate) host: &'a str,
    /// The port as it is written, digits alone.
    pub(crate) port: Option<&'a str>,
}

impl<'a> Address<'a> {
    /// The parts of `host`, `host:port` or `[ip]:port`, or of the path of a socket, with or without a port.
    pub(crate) fn of(text: &'a str) -> Self {
        let (host, port) = split_port(text);
        Self { host: without_brackets(host), port }
    }

    pub(crate) fn is_path(&self) -> bool {
        self.host.starts_with('/')
    }

    /// The port, if it is one of those that 16 bits can have.
    pub(crate) fn number(&self) -> Option<u16> {
        self.port.and_then(|port| port.parse().ok())
    }
}

/// Four points for each label, and as many of 40 × servers labels as the weight is of all weights, every step rounded
/// to binary32, and then down.
#[derive(Clone, Copy, Debug)]
pub struct Binary32 {
    servers: f32,
    total: f32,
}

impl<C> Counts<C> for Binary32 {
    const RELATIVE: bool = true;

    fn new(_: &C, weights: impl Iterator<Item = u32> + Clone) -> Self {
        let total: u64 = weights.clone().map(u64::from).sum();
        Self { servers: weights.count() as f32, total: total as f32 }
    }

    fn next(&mut self, weight: u32) -> u64 {
        let share = weight as f32 / self.total;
        // In the order of the C code, which adds what vanishes beside whatever is 1 or more.
        let labels = share * POINTS / PARTS as f32 * self.servers + 1e-10;
        // It is not negative: this rounds down.
        (labels as u64).saturating_mul(u64::from(PARTS))
    }
}

/// 100 points for each server, whatever its weight.
#[derive(Clone, Copy, Debug)]
pub struct Hundred;

impl<C> Counts<C> for Hundred {
    const RELATIVE: bool = false;

    fn new(_: &C, _: impl Iterator<Item = u32> + Clone) -> Self {
        Self
    }

    fn next(&mut self, _: u32) -> u64 {
        100
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_split_at_their_port() {
        for (text, host, port, number) in [
            ("10.0.0.1:11211", "10.0.0.1", Some("11211"), Some(11_211)),
            ("cache-a", "cache-a", None, None),
            ("[fd00::1]:9001", "fd00::1", Some("9001"), Some(9_001)),
            ("[fd00::1]", "fd00::1", None, None),
            ("fd00::1:9001", "fd00::1", Some("9001"), Some(9_001)),
            ("/tmp/memcached.sock", "/tmp/memcached.sock", None, None),
            ("/tmp/memcached.sock:0", "/tmp/memcached.sock", Some("0"), Some(0)),
            ("cache-a:65536", "cache-a", Some("65536"), None),
        ] {
            let address = Address::of(text);
            assert_eq!(address, Address { host, port }, "{text}");
            assert_eq!(address.number(), number, "{text}");
            assert_eq!(address.is_path(), text.starts_with('/'), "{text}");
        }
    }

    #[test]
    fn a_weight_does_not_count_where_all_have_a_hundred() {
        let mut rule = <Hundred as Counts<()>>::new(&(), [1, 9].into_iter());
        assert_eq!([1, 9].map(|weight| Counts::<()>::next(&mut rule, weight)), [100; 2]);
    }

    fn counts<const N: usize>(weights: [u32; N]) -> [u64; N] {
        let mut rule = <Binary32 as Counts<()>>::new(&(), weights.into_iter());
        weights.map(|weight| Counts::<()>::next(&mut rule, weight))
    }

    /// 25 times a 25th is less than 1 in binary32, and so is a small weight's label.
    #[test]
    fn counts_are_rounded_to_binary32_and_then_down() {
        assert_eq!(counts([1; 7]), [160; 7]);
        assert_eq!(counts([1; 25]), [156; 25]);
        assert_eq!(counts([1, 1_000]), [0, 316]);
    }

    #[test]
    fn counts_of_any_weights_fit_the_room_for_equal_ones() {
        for weights in [[u32::MAX; 3], [1, u32::MAX, u32::MAX], [1, 1, u32::MAX], [1, 2, 3]] {
            assert!(counts(weights).iter().sum::<u64>() <= 3 * 160, "{weights:?}");
        }
    }
}
