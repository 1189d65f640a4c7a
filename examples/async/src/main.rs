//! The server under clients on loopback while its membership changes: `cargo run --package annulus-async-example`.

use annulus::{HeapRing, SharedRing};
use annulus_async_example::{Editor, Name, follow, serve};
use std::error::Error;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const CLIENTS: u64 = 8;
/// How many versions there are after the empty one.
const VERSIONS: u64 = 60;

/// The members of each version: three nodes of seven, other ones each time.
fn members(version: u64) -> Vec<Name> {
    let node = |number: u64| Name::from(format!("node-{}", (version + number) % 7));
    if version == 0 { Vec::new() } else { (0..3).map(node).collect() }
}

/// The owner that the server should name, from a ring built anew.
fn expected(version: u64, key: &str) -> Result<String> {
    let mut ring = HeapRing::<Name>::new();
    ring.insert_all(members(version))?;
    Ok(ring.owner(key).map_or("-".to_owned(), |name| name.to_string()))
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    println!("{} answers, each right for its version", run().await?);
    Ok(())
}

/// How many answers there were; an error if one of them was wrong.
async fn run() -> Result<u64> {
    // 16 snapshots: tight readers pin all the time, and a snapshot is free only some pins after it was replaced.
    let ring = SharedRing::new(HeapRing::new(), 16)?;
    let (mut editor, versions) = Editor::new(&ring)?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(serve(listener, ring.clone()));

    // A task that keeps something for each membership: here a count of nodes.
    let following = tokio::spawn({
        let (versions, mut heard) = (versions.clone(), Vec::new());
        async move {
            let hear = |version| {
                let pinned = ring.pin();
                assert!(pinned.version() >= version && pinned.view().len() == 3);
                heard.push(version);
            };
            follow(versions, hear).await;
            heard
        }
    });

    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| tokio::spawn(ask(client, TcpStream::connect(address), versions.clone())))
        .collect();
    drop(versions);
    for version in 1..=VERSIONS {
        editor.reconcile(&mut members(version)).await?;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Who follows hears that there is nobody to tell of more.
    drop(editor);

    let mut answers = 0;
    for client in clients {
        answers += client.await??;
    }
    let heard = following.await?;
    assert!(heard.is_sorted() && heard.last() == Some(&VERSIONS), "{heard:?}");
    serving.abort();
    Ok(answers)
}

/// Asks for keys until the last version is there, and checks each answer.
async fn ask(
    client: u64,
    connecting: impl Future<Output = std::io::Result<TcpStream>>,
    mut versions: watch::Receiver<u64>,
) -> Result<u64> {
    let mut stream = BufReader::new(connecting.await?);
    for request in 1.. {
        let key = format!("user:{client}:{request}");
        // What this task has heard of before it asks, the server knows.
        let before = *versions.borrow();
        stream.write_all(format!("{key}\n").as_bytes()).await?;
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let (version, owner) = line.trim_end().split_once(' ').ok_or("no answer")?;
        let version = version.parse::<u64>()?;
        // And what the server knew, this task hears of: published first, sent then.
        let after = *versions.wait_for(|&known| known >= version).await?;
        assert!((before..=after).contains(&version), "{before} to {after}: {line}");
        assert_eq!(owner, expected(version, &key)?, "{line}");
        if before == VERSIONS {
            return Ok(request);
        }
    }
    unreachable!("there is a last version")
}

#[cfg(test)]
mod tests {
    /// Each answer is right for a version between what was known before it and after it.
    #[test]
    fn answers_are_right_while_the_membership_changes() {
        super::main().unwrap();
    }
}
