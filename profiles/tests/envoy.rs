//! The rings and routes that Envoy's own tests expect: `vectors/envoy/published.tsv`.

use annulus::HeapRing;
use annulus_profiles::Server;
use annulus_profiles::envoy::{Config, Envoy, Hash, Points};

#[test]
fn rings_are_those_of_envoys_tests() {
    let text = include_str!("../vectors/envoy/published.tsv");
    let mut compared = 0;
    for row in text.lines().skip(1) {
        let [case, hash, hosts, min, max, kind, value] = row.split('\t').collect::<Vec<_>>()[..]
        else {
            panic!("{row}")
        };
        let points = match hash {
            "xx" => Points::Xxh,
            "murmur" => Points::Murmur,
            other => panic!("{other}"),
        };
        let sizes = Config::new(min.parse().unwrap(), max.parse().unwrap()).unwrap();
        let mut ring = HeapRing::<Server<'_>, Envoy, Hash>::with_hash(
            sizes.with_points(points),
            Hash::default(),
        );
        let servers = hosts.split(' ').zip(0..).map(|(host, place)| {
            let (label, weight) = host.split_once('=').unwrap();
            Server::new(label, place).with_weight(weight.parse().unwrap())
        });
        ring.insert_all(servers).unwrap();
        // The end of a label is enough to tell hosts apart.
        let name = |server: &Server<'_>| server.address.rsplit(':').next().unwrap().to_owned();
        let view = ring.view();
        let found: Vec<String> = match kind {
            "ring" => view
                .points()
                .map(|point| format!("{}:{}", name(point.node), point.position))
                .collect(),
            "route" => {
                let asked = value.split(' ').map(|row| row.split_once('=').unwrap().0);
                let owner = |position: &str| {
                    let owner = view.owner_at(position.parse().unwrap()).unwrap();
                    format!("{position}={}", name(owner))
                };
                asked.map(owner).collect()
            }
            other => panic!("{other}"),
        };
        compared += found.len();
        assert_eq!(found.join(" "), value, "{case}");
    }
    assert_eq!(compared, 39, "all that are published");
}
