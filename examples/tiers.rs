//! Two tiers: a ring of regions, and in each region a ring of servers. The second tier must hash keys otherwise
//! than the first: under one hash all keys of a region lie on the same few arcs of its ring of servers.
//!
//! `cargo run --example tiers --features alloc`

use annulus::{HeapRing, Key, Native, SipHash13, Xxh3};

const SERVERS: usize = 10;
const KEYS: u32 = 200_000;

/// Not a secret: it only has to differ from what the first tier does. Where keys are chosen by strangers, take
/// two secrets.
const SECOND: SipHash13 = SipHash13::new(*b"the second tier.");

/// A region, by its name, and the ring of its servers.
type Region<H> = (String, HeapRing<String, Native, H>);

/// So many regions in the order of their names, which is that of members' numbers.
fn regions<H: Clone>(count: u32, hash: &H) -> Vec<Region<H>> {
    let region = |number| {
        let region = format!("region-{number:02}");
        let mut servers = HeapRing::with_hash(150, hash.clone());
        let names = (0..SERVERS).map(|number| format!("{region}-server-{number}"));
        servers.insert_all(names).expect("names differ, and there is memory");
        (region, servers)
    };
    (0..count).map(region).collect()
}

/// The keys of the busiest server of a region over those of the mean one there: the mean of all regions.
fn peak<H>(first: &HeapRing<String>, second: &[Region<H>]) -> f64
where
    String: Key<H>,
{
    let mut counts = vec![[0_u32; SERVERS]; second.len()];
    for key in (0..KEYS).map(|number| format!("user:{number}")) {
        let region = first.view().owner_number(&key).expect("there are regions") as usize;
        let server = second[region].1.view().owner_number(&key).expect("there are servers");
        counts[region][server as usize] += 1;
    }
    let peaks = counts.iter().map(|counts| {
        let (sum, most) = (counts.iter().sum::<u32>(), counts.iter().max().expect("not empty"));
        f64::from(*most) * SERVERS as f64 / f64::from(sum)
    });
    peaks.sum::<f64>() / second.len() as f64
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Keys and points lie the same on every machine, so the figures do not change.
    let page = include_str!("../src/cookbook.md");
    let mut all_written = true;
    println!("| regions of 10 servers | both tiers under one hash | the second keyed |");
    for count in [2, 4, 8, 16] {
        let second = regions(count, &SECOND);
        let mut first = HeapRing::<String>::new();
        first.insert_all(second.iter().map(|(name, _)| name.clone()))?;

        // A lookup goes through both: first the region, then the server there.
        let number = first.view().owner_number("user:42").expect("there are regions");
        let (region, servers) = &second[number as usize];
        assert!(servers.owner("user:42").expect("there are servers").starts_with(region));

        let (alike, keyed) = (peak(&first, &regions(count, &Xxh3)), peak(&first, &second));
        let row = format!("| {count} | {alike:.2} | {keyed:.2} |");
        println!("{row}");
        all_written &= page.contains(&row);
        assert!(keyed < alike, "the second tier is the more even for its own hash");
    }
    assert!(all_written, "src/cookbook.md has other figures");
    Ok(())
}
