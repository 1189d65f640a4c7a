//! [`Strategy`]: how many hosts hold a key.

use core::fmt;

/// How many hosts hold a key, and which.
///
/// ```
/// use annulus_profiles::cassandra::{DataCenters, Strategy};
///
/// assert_eq!(Strategy::Simple(3).replicas(), 3);
/// let centers = DataCenters::new(&[("dc1", 3), ("dc2", 2)]).expect("no name twice");
/// assert_eq!(Strategy::NetworkTopology(centers).replicas(), 5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strategy<'t> {
    /// `SimpleStrategy`: the first so many distinct hosts clockwise.
    Simple(u32),
    /// `NetworkTopologyStrategy`: so many hosts in each of some data centres, on as many racks as there are.
    NetworkTopology(DataCenters<'t>),
}

impl Strategy<'_> {
    /// How many hosts hold a key, given that there are enough. O(data centres).
    #[must_use]
    pub fn replicas(&self) -> usize {
        match self {
            Self::Simple(factor) => *factor as usize,
            Self::NetworkTopology(centers) => centers
                .iter()
                .fold(0, |sum: usize, (_, factor)| sum.saturating_add(factor as usize)),
        }
    }
}

/// As the options of a profile: `simple=3`, `nts=dc1:3+dc2:2`.
impl fmt::Display for Strategy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Simple(factor) => write!(f, "simple={factor}"),
            Self::NetworkTopology(centers) => write!(f, "nts={centers}"),
        }
    }
}

/// The data centres of a strategy, each with the number of hosts there that hold a key.
///
/// It borrows the names, and needs no allocator. Their order changes no answer.
///
/// ```
/// use annulus_profiles::cassandra::DataCenters;
///
/// let centers = DataCenters::parse("dc1:3+dc2:2").expect("as it is written");
/// assert!(centers.iter().eq([("dc1", 3), ("dc2", 2)]));
/// assert_eq!(centers.to_string(), "dc1:3+dc2:2");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataCenters<'t> {
    list: [(&'t str, u32); DataCenters::MOST],
    len: usize,
}

impl<'t> DataCenters<'t> {
    /// The most data centres of a strategy.
    pub const MOST: usize = 8;

    /// No data centres yet.
    const EMPTY: Self = Self { list: [("", 0); Self::MOST], len: 0 };

    /// These data centres, each with the number of hosts there that hold a key.
    ///
    /// `None` if there are none or more than [`MOST`](Self::MOST), if a name is empty or comes twice, or if a number
    /// is 0: leave out a data centre that has no replicas. O(data centres²).
    ///
    /// ```
    /// use annulus_profiles::cassandra::DataCenters;
    ///
    /// assert!(DataCenters::new(&[("dc1", 3)]).is_some());
    /// assert_eq!(DataCenters::new(&[("dc1", 3), ("dc1", 1)]), None);
    /// assert_eq!(DataCenters::new(&[("dc1", 0)]), None);
    /// assert_eq!(DataCenters::new(&[]), None);
    /// ```
    #[must_use]
    pub fn new(centers: &[(&'t str, u32)]) -> Option<Self> {
        Self::of(centers.iter().map(|&center| Some(center)))
    }

    /// The data centres of a text such as `dc1:3+dc2:2`; `None` for what [`new`](Self::new) would not take either.
    /// O(length).
    ///
    /// ```
    /// use annulus_profiles::cassandra::DataCenters;
    ///
    /// assert_eq!(DataCenters::parse("dc1:3"), DataCenters::new(&[("dc1", 3)]));
    /// assert_eq!(DataCenters::parse("dc1"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &'t str) -> Option<Self> {
        Self::of(text.split('+').map(|center| {
            let (name, factor) = center.rsplit_once(':')?;
            // A sign, or a zero in front, is no number of a configuration.
            let plain = !factor.starts_with(['+', '0']);
            Some((name, factor.parse().ok().filter(|_| plain)?))
        }))
    }

    fn of(centers: impl Iterator<Item = Option<(&'t str, u32)>>) -> Option<Self> {
        let mut all = Self::EMPTY;
        for center in centers {
            let (name, factor) = center?;
            if name.is_empty() || factor == 0 || all.iter().any(|(other, _)| other == name) {
                return None;
            }
            *all.list.get_mut(all.len)? = (name, factor);
            all.len += 1;
        }
        (all.len > 0).then_some(all)
    }

    /// The data centres, each with the number of hosts there that hold a key.
    pub fn iter(&self) -> impl Iterator<Item = (&'t str, u32)> + Clone {
        self.list.into_iter().take(self.len)
    }

    /// Those that are `wanted`.
    pub(super) fn only(&self, wanted: impl Fn(&str) -> bool) -> Self {
        let mut left = Self::EMPTY;
        for (place, center) in
            left.list.iter_mut().zip(self.iter().filter(|(name, _)| wanted(name)))
        {
            *place = center;
            left.len += 1;
        }
        left
    }

    /// Whether there are none, which [`new`](Self::new) does not take.
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of hosts of this data centre that hold a key.
    pub(super) fn factor(&self, name: &str) -> Option<u32> {
        self.iter().find(|&(other, _)| other == name).map(|(_, factor)| factor)
    }
}

impl fmt::Display for DataCenters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().enumerate().try_for_each(|(at, (name, factor))| {
            write!(f, "{}{name}:{factor}", if at == 0 { "" } else { "+" })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_eight() {
        let eight = "a:1+b:2+c:3+d:4+e:5+f:6+g:7+h:4294967295";
        let centers = DataCenters::parse(eight).unwrap();
        assert_eq!(std::format!("{centers}"), eight);
        assert_eq!(DataCenters::parse(&std::format!("{eight}+i:1")), None);
    }

    #[test]
    fn what_is_no_strategy_is_none() {
        for text in
            ["", "a", "a:", ":1", "a:0", "a:01", "a:+1", "a:-1", "a:1+", "a:1+a:2", "a:4294967296"]
        {
            assert_eq!(DataCenters::parse(text), None, "{text:?}");
        }
        // A name may have a colon in it.
        assert_eq!(DataCenters::parse("a:b:1"), DataCenters::new(&[("a:b", 1)]));
    }
}
