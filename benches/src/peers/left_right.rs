//! What it takes to have a value published by left-right.

use left_right::{Absorb, ReadHandle, WriteHandle};

/// The value, which an operation replaces.
#[derive(Clone, Default)]
pub struct Value(u64);

impl Absorb<u64> for Value {
    fn absorb_first(&mut self, new: &mut u64, _: &Self) {
        self.0 = *new;
    }

    fn sync_with(&mut self, first: &Self) {
        self.0 = first.0;
    }
}

/// A value that has been published.
pub fn left_right() -> (WriteHandle<Value, u64>, ReadHandle<Value>) {
    let (mut writer, reader) = left_right::new();
    writer.append(1).publish();
    (writer, reader)
}
