//! The gateway's surroundings: its collectors, its devices, and the links that go down and come
//! back. A test on the host reads this file too and works the owners out from it.

/// The collectors upstream.
pub const COLLECTORS: [&str; 8] = [
    "collector-north",
    "collector-east",
    "collector-south",
    "collector-west",
    "collector-roof",
    "collector-cellar",
    "collector-yard",
    "collector-gate",
];

/// Points of each collector.
pub const VNODES: u32 = 16;

/// How many devices there are.
pub const DEVICES: usize = 48;

/// The id of device `i`, as it comes with each reading.
pub const fn device(i: usize) -> u32 {
    0x4000_1000 + 0x11 * i as u32
}

/// The collectors whose links change state, one after the other; all are up at the beginning. In the
/// end all links have been down at once but one.
pub const LINKS: [usize; 32] = [
    3, 3, 0, 7, 0, 7, 5, 2, 5, 1, 2, 1, 6, 4, 6, 4, 0, 1, 2, 3, 4, 5, 6, 6, 5, 4, 3, 2, 1, 0, 7, 7,
];

/// Which links are up after so many of [`LINKS`].
pub fn links_up(changes: usize) -> [bool; COLLECTORS.len()] {
    let mut up = [true; COLLECTORS.len()];
    for &collector in &LINKS[..changes] {
        up[collector] = !up[collector];
    }
    up
}

/// The collector of each device after 0, 1, 2 .. of [`LINKS`]: a line each, a digit each.
pub const OWNERS: &str = include_str!("owners.txt");

/// The collector that device `i` belongs to after so many of [`LINKS`], as the host found.
pub fn owner(changes: usize, i: usize) -> Option<&'static str> {
    let digit = OWNERS.as_bytes().get(changes * (DEVICES + 1) + i)?;
    COLLECTORS.get(usize::from(digit.wrapping_sub(b'0'))).copied()
}
