//! Tests of the stored form: what is written, byte for byte, what is read, and what is refused and why.

use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Native, Ring};

type Small = Ring<named::Name, 3, 30>;
type Wide = Ring<named::Name, 3, 30, Native<u64>>;

/// A node that is serialized as its name.
mod named {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(transparent)]
    pub(super) struct Name(pub(super) std::string::String);

    impl crate::Node for Name {
        fn identity(&self) -> &[u8] {
            self.0.as_bytes()
        }
    }
}

fn name(name: &str) -> named::Name {
    named::Name(String::from(name))
}

/// What [`TEXT`] and [`BYTES`] have.
fn ring() -> Small {
    let mut ring = Small::with_vnodes(10);
    ring.insert_all(["b", "a"].map(name)).unwrap();
    ring.set_weight(b"a", 2).unwrap();
    ring
}

const NODES: &str = r#"[{"weight":2,"node":"a"},{"weight":1,"node":"b"}]"#;

/// Frozen; the fingerprint is what `Ring` of `tests/golden/golden.py` says.
const TEXT: &str = r#"{"form":2,"placement":"annulus-32","vnodes":10,"fingerprint":"96069ec2417244b8","nodes":[{"weight":2,"node":"a"},{"weight":1,"node":"b"}]}"#;

/// Frozen: postcard's numbers have seven bits a byte. The form, the placement, the vnodes, the fingerprint, two nodes.
const BYTES: &[u8] = b"\x82\xfe\xff\xff\x0f\x0aannulus-32\x0a\xb8\x89\xc9\x8b\xa4\xd8\xa7\x83\x96\x01\x02\x02\x01a\x01\x01b";

/// Of form 1.
const FORMER_TEXT: &str =
    r#"{"vnodes":10,"nodes":[{"weight":2,"node":"a"},{"weight":1,"node":"b"}]}"#;
const FORMER_BYTES: &[u8] = b"\x0a\x02\x02\x01a\x01\x01b";

/// What a text is refused for, in a ring that stays as it was.
fn refusal(text: &str) -> String {
    let mut ring = Small::with_vnodes(7);
    let mut json = serde_json::Deserializer::from_str(text);
    let error = ring.restore(&mut json).unwrap_err().to_string();
    assert!(ring.view().is_empty() && ring.view().point_count() == 0 && ring.view().vnodes() == 7);
    ring.restore(&mut serde_json::Deserializer::from_str(TEXT)).unwrap();
    assert!(ring.same_membership(&self::ring()));
    error
}

#[test]
fn texts_are_written_so_and_read_with_and_without_what_verifies_them() {
    let ring = ring();
    assert_eq!(serde_json::to_string(&ring).unwrap(), TEXT);
    let [form, placement, vnodes] =
        [r#""form":2"#, r#""placement":"annulus-32""#, r#""vnodes":10"#];
    let fingerprint = r#""fingerprint":"96069ec2417244b8""#;
    let nodes = &format!(r#""nodes":{NODES}"#);
    for fields in [
        vec![form, placement, vnodes, fingerprint, nodes],
        vec![nodes, fingerprint, vnodes, placement, form],
        vec![fingerprint, nodes, vnodes],
        vec![vnodes, nodes],
        vec![nodes, vnodes, placement],
        vec![r#""form":1"#, vnodes, nodes],
        vec![vnodes, r#""fingerprint":"96069EC2417244B8""#, nodes],
    ] {
        let text = format!("{{{}}}", fields.join(","));
        let back: Small = serde_json::from_str(&text).unwrap();
        assert!(back.same_membership(&ring), "{text}");
        assert_eq!(back.view().fingerprint(), ring.view().fingerprint());
        assert_eq!(back.view().point_count(), 30);
    }
    assert!(serde_json::from_str::<Small>(FORMER_TEXT).unwrap().same_membership(&ring));
    assert!(
        serde_json::from_str::<Small>(&format!("[10,{NODES}]")).unwrap().same_membership(&ring)
    );
}

#[test]
fn bytes_are_written_so_and_read_in_both_forms() {
    let ring = ring();
    assert_eq!(postcard::to_stdvec(&ring).unwrap(), BYTES);
    assert!(postcard::from_bytes::<Small>(BYTES).unwrap().same_membership(&ring));
    assert!(postcard::from_bytes::<Small>(FORMER_BYTES).unwrap().same_membership(&ring));
    // What comes after a ring is the next reader's.
    for bytes in [BYTES, FORMER_BYTES] {
        let followed = [bytes, b"next"].concat();
        let (back, rest) = postcard::take_from_bytes::<Small>(&followed).unwrap();
        assert!(back.same_membership(&ring) && rest == b"next");
    }
    // The most vnodes that are no mark; a ring without nodes has room for any.
    let mut most = b"\xff\xfd\xff\xff\x0f\x00".to_vec();
    assert_eq!(postcard::from_bytes::<Small>(&most).unwrap().view().vnodes(), 0xffff_feff);
    most[..2].copy_from_slice(b"\x80\xfe");
    assert!(postcard::from_bytes::<Small>(&most).is_err());
}

/// MessagePack says what it has, and is not read by people.
#[test]
fn formats_of_both_kinds_have_the_marked_form() {
    let ring = ring();
    let fields: [&[u8]; 5] = [
        b"\xa4form\xce\xff\xff\xff\x02",
        b"\xa9placement\xaaannulus-32",
        b"\xa6vnodes\x0a",
        b"\xabfingerprint\xcf\x96\x06\x9e\xc2\x41\x72\x44\xb8",
        b"\xa5nodes\x92\x82\xa6weight\x02\xa4node\xa1a\x82\xa6weight\x01\xa4node\xa1b",
    ];
    let map = [&b"\x85"[..], &fields.concat()].concat();
    assert_eq!(rmp_serde::to_vec_named(&ring).unwrap(), map);
    let mut turned = fields;
    turned.reverse();
    let turned = [&b"\x85"[..], &turned.concat()].concat();
    let former = [&b"\x82"[..], fields[2], fields[4]].concat();
    let sequence = rmp_serde::to_vec(&ring).unwrap();
    assert_eq!(sequence[..6], *b"\x95\xce\xff\xff\xff\x02");
    let former_sequence = [&b"\x92\x0a"[..], &sequence[sequence.len() - 9..]].concat();
    assert_eq!(former_sequence, b"\x92\x0a\x92\x92\x02\xa1a\x92\x01\xa1b");
    // Fields that are called by their numbers, in the order in which each form has them.
    let values = [&b"\x00\xce\xff\xff\xff\x02"[..], b"\x01\xaaannulus-32", b"\x02\x0a"];
    let values = [&b"\x84"[..], &values.concat(), b"\x04\x90"].concat();
    for (bytes, nodes) in [
        (&map, 2),
        (&turned, 2),
        (&former, 2),
        (&sequence, 2),
        (&former_sequence, 2),
        (&values, 0),
        (&b"\x82\x00\x0a\x01\x90".to_vec(), 0),
    ] {
        let back = rmp_serde::from_slice::<Small>(bytes).unwrap();
        assert_eq!((back.len(), back.view().vnodes()), (nodes, 10), "{bytes:02x?}");
        assert!(nodes == 0 || back.same_membership(&ring));
    }
    for (bytes, said) in [
        (&b"\x82\x00\x0a\x02\x90"[..], "unknown field: its number is too great"),
        (b"\x83\x00\x0a\x01\x90\xa6vnodes\x0a", "duplicate field `vnodes`"),
        (b"\x83\xa6vnodes\x05\x00\x0a\x01\x90", "duplicate field `vnodes`"),
        (b"\x81\xa4form\x02", "invalid value: integer `2`, expected the form of a stored ring"),
        (b"\x81\xa4form\xce\xff\xff\xff\x01", "of form 1, expected form 2 to 2"),
        (b"\x91\xce\xff\xff\xff\x01", "of form 1, expected form 2 to 2"),
        (b"\x91\xce\xff\xff\xff\x03", "of form 3, which is newer than form 2"),
        (
            b"\x91\xce\xff\xff\xff\x02",
            "invalid length 1, expected form, placement, vnodes, fingerprint and nodes",
        ),
        (b"\x91\x0a", "invalid length 1, expected vnodes and nodes"),
        (b"\x92\xce\xff\xff\xff\x02\xaaannulus-64", "placed by `annulus-64`"),
    ] {
        let error = rmp_serde::from_slice::<Small>(bytes).unwrap_err().to_string();
        assert!(error.contains(said), "{bytes:02x?}: {error}");
    }
}

/// Serde keeps the fields of an enum with tags before it knows what they are of, and then shows bytes as a text.
#[test]
fn a_ring_is_read_out_of_an_enum() {
    #[derive(Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Ring(Small),
    }

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Ring(Small),
    }

    let ring = ring();
    let tagged = rmp_serde::to_vec_named(&Tagged::Ring(ring.clone())).unwrap();
    let Tagged::Ring(back) = rmp_serde::from_slice(&tagged).unwrap();
    assert!(back.same_membership(&ring));
    let text = serde_json::to_string(&Tagged::Ring(ring.clone())).unwrap();
    let Tagged::Ring(back) = serde_json::from_str(&text).unwrap();
    assert!(back.same_membership(&ring));
    for bytes in [rmp_serde::to_vec_named(&ring), rmp_serde::to_vec(&ring)] {
        let Untagged::Ring(back) = rmp_serde::from_slice(&bytes.unwrap()).unwrap();
        assert!(back.same_membership(&ring));
    }
}

#[test]
fn what_is_refused_leaves_the_ring_empty() {
    let cases = [
        (r#"{"vnodes":10}"#, "missing field `nodes`"),
        (r#"{"nodes":[]}"#, "missing field `vnodes`"),
        (r#"{"vnodes":1,"vnodes":1,"nodes":[]}"#, "duplicate field"),
        (r#"{"vnodes":1,"nodes":[{"weight":1,"node":"a"},{"weight":1,"node":"a"}]}"#, "taken"),
        (r#"{"vnodes":10,"nodes":[{"weight":4,"node":"a"}]}"#, "40 points exceed"),
        (r#"{"form":2,"form":2}"#, "duplicate field `form`"),
        (r#"{"form":0}"#, "the stored ring is of form 0, expected form 1 to 2"),
        (
            r#"{"form":3}"#,
            "the stored ring is of form 3, which is newer than form 2, the newest that is known here",
        ),
        (r#"{"form":4294967043}"#, "of form 3, which is newer"),
        (
            r#"{"placement":"annulus-64","vnodes":10,"nodes":[]}"#,
            "the stored ring is placed by `annulus-64`, and cannot be restored into one placed by `annulus-32`",
        ),
        (r#"{"placement":7}"#, "expected the name of the placement `annulus-32`"),
        (
            r#"{"fingerprint":"+6069ec2417244b8"}"#,
            "expected a fingerprint of 16 hexadecimal digits",
        ),
        (r#"{"fingerprint":"96069ec2417244b"}"#, "expected a fingerprint of 16 hexadecimal digits"),
        (r#"{"fingerprint":true}"#, "expected a fingerprint of 16 hexadecimal digits"),
        (r#"[10]"#, "invalid length"),
        (r#"[10,[{"weight":1,"node":"a"}]"#, "EOF"),
        (r#"{"vnodes":10,"nodes":[{"weight":1,"node":"a"}]"#, "EOF"),
    ];
    for (text, why) in cases {
        let error = refusal(text);
        assert!(error.contains(why), "{text}: {error}");
    }
}

/// Whatever is changed in a stored ring: its fingerprint says so, with both numbers.
#[test]
fn the_fingerprint_holds_what_is_stored() {
    for (was, is) in [
        (r#""vnodes":10"#, r#""vnodes":9"#),
        (r#""weight":2"#, r#""weight":1"#),
        (r#""node":"b""#, r#""node":"c""#),
        (r#""node":"b""#, r#""node":"b","points":9"#),
        (r#",{"weight":1,"node":"b"}"#, ""),
    ] {
        let text = TEXT.replacen(was, is, 1);
        let former = text.replacen(r#""fingerprint":"96069ec2417244b8","#, "", 1);
        let found = serde_json::from_str::<Small>(&former).unwrap().view().fingerprint();
        let said = format!(
            "the stored fingerprint is 96069ec2417244b8, that of the stored nodes is {found:016x}"
        );
        assert!(refusal(&text).contains(&said), "{text}");
    }
    // The last byte of the fingerprint, and a node's name; the ring that is refused takes the next one.
    for at in [18, BYTES.len() - 1] {
        let mut bytes = BYTES.to_vec();
        bytes[at] ^= 2;
        let mut ring = Small::with_vnodes(7);
        assert!(ring.restore(&mut postcard::Deserializer::from_bytes(&bytes)).is_err());
        assert_eq!((ring.len(), ring.view().vnodes()), (0, 7));
        ring.restore(&mut postcard::Deserializer::from_bytes(BYTES)).unwrap();
        assert!(ring.same_membership(&self::ring()));
    }
}

/// One rule at every level, the name included. Of a placement that is another one, more is not asked.
#[test]
fn fields_that_nobody_knows_are_refused() {
    for (text, said) in [
        (
            r#"{"more":1,"vnodes":10,"nodes":[]}"#,
            "unknown field `more`, expected one of `form`, `placement`, `vnodes`, `fingerprint`, `nodes`",
        ),
        (
            r#"{"vnodes":10,"nodes":[{"weight":1,"node":"a","more":1}]}"#,
            "unknown field `more`, expected one of `weight`, `node`, `points`",
        ),
    ] {
        let error = refusal(text);
        assert!(error.starts_with(said), "{text}: {error}");
    }
    let text = r#"{"vnodes":10,"nodes":[{"weight":1,"node":{"name":"a","more":1}}]}"#;
    let error = serde_json::from_str::<Ring<crate::NamedNode<'_>, 3, 30>>(text).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("unknown field `more`, expected one of `name`, `weight`, `zone`")
    );
    let bytes = rmp_serde::to_vec_named(
        &json!({"vnodes": 10, "nodes": [{"weight": 1, "node": "a", "more": 1}]}),
    );
    let error = rmp_serde::from_slice::<Small>(&bytes.unwrap()).unwrap_err().to_string();
    assert!(error.contains("unknown field `more`"), "{error}");
}

#[test]
fn other_placements_have_their_own_name() {
    let mut wide = Wide::with_vnodes(10);
    wide.insert(name("a")).unwrap();
    let (text, bytes) =
        (serde_json::to_string(&wide).unwrap(), postcard::to_stdvec(&wide).unwrap());
    assert!(serde_json::from_str::<Wide>(&text).unwrap().same_membership(&wide));
    assert!(postcard::from_bytes::<Wide>(&bytes).unwrap().same_membership(&wide));
    assert!(refusal(&text).contains("placed by `annulus-64`"));
    assert!(postcard::from_bytes::<Small>(&bytes).is_err());
}

/// Fingerprints have their leading zeros.
#[test]
fn a_fingerprint_has_sixteen_digits() {
    use super::form::Fingerprint;

    for (number, text) in [
        (0, r#""0000000000000000""#),
        (0x0123_4567_89ab_cdef, r#""0123456789abcdef""#),
        (u64::MAX, r#""ffffffffffffffff""#),
    ] {
        assert_eq!(serde_json::to_string(&Fingerprint(number)).unwrap(), text);
        assert_eq!(format!("\"{}\"", Fingerprint(number)), text);
        assert_eq!(serde_json::from_str::<Fingerprint>(text).unwrap().0, number);
    }
    let bytes: Vec<u8> = postcard::to_stdvec(&Fingerprint(300)).unwrap();
    assert_eq!(bytes, b"\xac\x02");
}

#[test]
fn a_ring_with_members_is_not_overwritten() {
    let mut ring = Small::with_vnodes(10);
    ring.insert(name("a")).unwrap();
    let mut json = serde_json::Deserializer::from_str(r#"{"vnodes":1,"nodes":[]}"#);
    assert!(ring.restore(&mut json).is_err());
    assert_eq!(ring.view().point_count(), 10);
}
