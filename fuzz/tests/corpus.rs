//! What the fuzzer found, played again: the seeds in `corpus`, among them every input that once failed.

use std::fs;
use std::path::Path;

use annulus_fuzz::TARGETS;

#[test]
fn every_input_of_the_corpora_passes() {
    for (name, check) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let mut inputs = 0;
        for entry in fs::read_dir(&folder).expect("each target has a corpus") {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            // The name, should it fail: a panic does not tell.
            println!("{}", path.display());
            check(&bytes);
            inputs += 1;
        }
        assert!(inputs > 0, "no input in {}", folder.display());
    }
}
