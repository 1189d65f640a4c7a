//! Which change is named when many are refused.

mod common;

use annulus::{BatchError, EditError, Ring};
use common::Random;

#[test]
fn of_many_twins_the_first_is_named() {
    let mut random = Random(3);
    for _ in 0..50 {
        let names: Vec<String> = (0..60).map(|_| format!("n{}", random.below(25))).collect();
        let first = (0..60).find(|&at| names[..at].contains(&names[at])).unwrap();
        let mut ring = Box::new(Ring::<&str, 64, 64>::with_vnodes(1));
        let error = ring.insert_all(names.iter().map(String::as_str)).unwrap_err();
        assert_eq!(error, BatchError { at: Some(first), error: EditError::DuplicateIdentity });
        assert!(ring.view().is_empty() && ring.view().point_count() == 0);
    }
}
