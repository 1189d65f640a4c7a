//! Bytes in JSON: as text if they are UTF-8, and so that they can be had back if they are not.

use std::io::{self, Write};

use base64::prelude::BASE64_STANDARD;
use base64::write::EncoderWriter;

/// Writes the member of a JSON object that holds bytes, piece by piece.
pub(crate) fn member(out: &mut impl Write, name: &str, bytes: &[u8]) -> io::Result<()> {
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            write!(out, "\"{name}\":")?;
            Ok(serde_json::to_writer(out, text)?)
        }
        Err(_) => {
            write!(out, "\"{name}_base64\":\"")?;
            let mut encoder = EncoderWriter::new(&mut *out, &BASE64_STANDARD);
            encoder.write_all(bytes)?;
            encoder.finish()?;
            drop(encoder);
            out.write_all(b"\"")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_json_can_be_had_back() {
        for (key, expected) in [
            (&b"user:1"[..], r#""key":"user:1""#),
            (b"a\"\\\t\r", r#""key":"a\"\\\t\r""#),
            ("ä".as_bytes(), r#""key":"ä""#),
            (b"\xff\0", r#""key_base64":"/wA=""#),
            (b"", r#""key":"""#),
        ] {
            let mut out = Vec::new();
            member(&mut out, "key", key).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
