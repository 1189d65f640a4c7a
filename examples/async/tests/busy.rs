//! An edit that finds no free snapshot waits, and other tasks of its thread run meanwhile.

use annulus::{HeapRing, SharedRing};
use annulus_async_example::{Editor, Name, follow};
use std::time::Duration;
use tokio::time::{sleep, timeout};

fn names(names: &[&str]) -> Vec<Name> {
    names.iter().map(|&name| name.into()).collect()
}

/// The runtime has one thread. Were the edit to block it, nobody would drop the guard that it waits for.
#[tokio::test]
async fn while_an_edit_waits_the_thread_is_free() {
    let ring = SharedRing::new(HeapRing::new(), 2).unwrap();
    let (mut editor, versions) = Editor::new(&ring).unwrap();
    let held = ring.pin();
    editor.reconcile(&mut names(&["a"])).await.unwrap();

    // One that is dropped while it waits has changed nothing.
    let mut list = names(&["a", "b"]);
    assert!(timeout(Duration::from_millis(20), editor.reconcile(&mut list)).await.is_err());
    assert_eq!((ring.pin().version(), held.version(), *versions.borrow()), (1, 0, 1));

    let mut list = names(&["b", "c"]);
    let letting_go = async {
        sleep(Duration::from_millis(20)).await;
        drop(held);
    };
    let both = async { tokio::join!(editor.reconcile(&mut list), letting_go).0 };
    let changed = timeout(Duration::from_secs(4), both).await.expect("the guard is dropped");
    assert_eq!(changed.map(|changed| (changed.joined, changed.left)), Ok((2, 1)));
    assert_eq!((ring.pin().version(), *versions.borrow()), (2, 2));
}

/// A refused list, and one that changes nothing, are no news.
#[tokio::test]
async fn only_what_was_published_is_told() {
    let ring = SharedRing::new(HeapRing::new(), 16).unwrap();
    let (mut editor, mut versions) = Editor::new(&ring).unwrap();
    assert!(Editor::new(&ring).is_err());
    editor.reconcile(&mut names(&["a"])).await.unwrap();
    assert!(versions.has_changed().unwrap());
    versions.mark_unchanged();
    assert!(editor.reconcile(&mut names(&["a", "a"])).await.unwrap().is_nothing());
    let long = "x".repeat(256);
    assert!(editor.reconcile(&mut names(&["a", &long])).await.is_err());
    assert!(!versions.has_changed().unwrap());

    editor.reconcile(&mut names(&["b"])).await.unwrap();
    drop(editor);
    let mut heard = Vec::new();
    follow(versions, |version| heard.push(version)).await;
    // What is new is told, though the editor is gone by now.
    assert_eq!(heard, [2]);
}
