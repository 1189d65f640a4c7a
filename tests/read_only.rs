//! Asking for a handle that somebody has stores nothing: on pages that cannot be written it is refused
//! as anywhere. A store would take the line from the reader whose slot it is.
#![cfg(all(feature = "std", target_os = "linux", not(miri)))]
#![allow(unsafe_code)]

use std::ptr;

use annulus::publish::{Published, ReadersExhausted, WriterTaken};

type Cell = Published<u64, 3, 5>;

#[test]
fn who_asks_for_what_is_taken_stores_nothing() {
    const PAGES: usize = 64 * 1024;
    assert!(size_of::<Cell>() <= PAGES);
    // SAFETY: new pages that nobody else knows of.
    let pages = unsafe {
        let (rights, kind) =
            (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        libc::mmap(ptr::null_mut(), PAGES, rights, kind, -1, 0)
    };
    assert_ne!(pages, libc::MAP_FAILED);
    let place = pages.cast::<Cell>();
    // SAFETY: the pages are large enough, aligned, and live until the process ends.
    let cell = unsafe {
        place.write(Cell::new([0; 5]));
        &*place
    };
    let readers = [(); 3].map(|()| cell.reader().unwrap());
    let writer = cell.writer().unwrap();
    let protect = |rights| {
        // SAFETY: the pages are ours; while they cannot be written, nobody does.
        assert_eq!(unsafe { libc::mprotect(pages, PAGES, rights) }, 0);
    };
    protect(libc::PROT_READ);
    let refused = (cell.reader().err(), cell.writer().err());
    protect(libc::PROT_READ | libc::PROT_WRITE);
    assert_eq!(refused, (Some(ReadersExhausted { readers: 3 }), Some(WriterTaken)));
    drop((readers, writer));
    assert!(cell.reader().is_ok() && cell.writer().is_ok());
}
