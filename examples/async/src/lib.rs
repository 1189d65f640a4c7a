//! A ring in an async server: any task looks up, one edits, and whoever wants to hear of changes does.
//!
//! | question | answer |
//! |---|---|
//! | what tasks look up in | a clone of the [`SharedRing`], a handle for each |
//! | what they hold across an `.await` | no guard: it is not [`Send`], and the compiler refuses it in a spawned task ([`reply`]) |
//! | what an edit does when it is [`Busy`](UpdateError::Busy) | [`Editor::reconcile`]: it sleeps, by the runtime's clock, and tries again |
//! | how a task hears of a new version | [`follow`]: the editor sends it after it has published, and lookups know nothing of that |
//!
//! Do not call `within` of a writer in a task: while it waits, it blocks the thread of the executor, and with it
//! all tasks that are to run there, perhaps the one whose guard it waits for.

use annulus::publish::{UpdateError, WriterTaken};
use annulus::{OwnedSharedRingWriter, ReconcileError, Reconciled, SharedRing};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

/// A node's name. Edits clone all nodes: this is cheap to clone.
pub type Name = Arc<str>;

/// The first pause of an edit that finds no free snapshot; each later one is twice as long. The runtime's clock
/// has milliseconds.
const SHORTEST: Duration = Duration::from_millis(1);
/// The longest pause.
const LONGEST: Duration = Duration::from_millis(64);

/// The one that edits. For several tasks put it in a `tokio::sync::Mutex`.
pub struct Editor {
    writer: OwnedSharedRingWriter<Name>,
    published: watch::Sender<u64>,
}

impl Editor {
    /// The editor of `ring`, and where tasks hear of new versions.
    ///
    /// # Errors
    ///
    /// [`WriterTaken`] while the ring has another writer.
    pub fn new(ring: &SharedRing<Name>) -> Result<(Self, watch::Receiver<u64>), WriterTaken> {
        let writer = ring.owned_writer()?;
        let (published, versions) = watch::channel(writer.version());
        Ok((Self { writer, published }, versions))
    }

    /// Makes `nodes` the members, once a snapshot is free to write them to.
    ///
    /// Waits without blocking the thread, for as long as it takes; `tokio::time::timeout` around it sets a limit.
    /// It may be dropped while it waits: an edit is made whole or not at all, and while it waits it is not made.
    ///
    /// The edit itself runs in the thread of the executor, O(points). Where that is too long, as for millions of
    /// points, move the editor into `tokio::task::spawn_blocking`.
    ///
    /// # Errors
    ///
    /// [`ReconcileError`] if the list is refused. The ring is as it was.
    pub async fn reconcile(&mut self, nodes: &mut [Name]) -> Result<Reconciled, ReconcileError> {
        let mut pause = SHORTEST;
        loop {
            match self.writer.reconcile(nodes) {
                // Readers may hold all snapshots but the current one. It takes one of them a moment to let go.
                Err(UpdateError::Busy) => sleep(pause).await,
                Err(UpdateError::Build(error)) => return Err(error),
                Ok(changed) => {
                    // After the publication: who hears of a version and pins then sees it, or a later one.
                    self.published.send_if_modified(|version| {
                        let before = std::mem::replace(version, self.writer.version());
                        before != *version
                    });
                    return Ok(changed);
                }
            }
            pause = (pause * 2).min(LONGEST);
        }
    }
}

/// Calls `changed` with each new version that it finds, until the editor is dropped.
///
/// For what is computed once for a membership: connections to open and close, caps of loads. A version that was
/// replaced at once may be left out. The readers of the ring pay nothing for it.
pub async fn follow(mut versions: watch::Receiver<u64>, mut changed: impl FnMut(u64)) {
    while versions.changed().await.is_ok() {
        let version = *versions.borrow_and_update();
        changed(version);
    }
}

/// Answers connections, each in a task of its own, until the listener fails.
///
/// # Errors
///
/// That of the listener.
pub async fn serve(listener: TcpListener, ring: SharedRing<Name>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let ring = ring.clone();
        // A client that goes away ends its own task, and no other.
        tokio::spawn(async move { answer(stream, &ring).await });
    }
}

/// A line with a key in, a line with the version and the node out.
async fn answer(mut stream: TcpStream, ring: &SharedRing<Name>) -> io::Result<()> {
    let (read, mut write) = stream.split();
    // A server for strangers would set a limit to the length of a line.
    let mut lines = BufReader::new(read).lines();
    while let Some(key) = lines.next_line().await? {
        write.write_all(reply(ring, &key).as_bytes()).await?;
    }
    Ok(())
}

/// The answer to `key`: the version of the ring and the owner in it, or `-`.
///
/// The guard lives in this function, which is not `async`. What leaves it is a text, not the guard.
///
/// ```compile_fail
/// # use annulus::SharedRing;
/// # async fn send(node: Option<&String>) {}
/// fn spawn(ring: SharedRing<String>) {
///     tokio::spawn(async move {
///         let pinned = ring.pin();
///         // The guard is held across this: the task could not go on in another thread.
///         send(pinned.view().owner("user:42")).await;
///     });
/// }
/// ```
/// ```
/// # use annulus::SharedRing;
/// # async fn send(node: Option<&String>) {}
/// fn spawn(ring: SharedRing<String>) {
///     tokio::spawn(async move {
///         let owner = ring.owner("user:42");
///         send(owner.as_ref()).await;
///     });
/// }
/// ```
pub fn reply(ring: &SharedRing<Name>, key: &str) -> String {
    let pinned = ring.pin();
    let owner = pinned.view().owner(key).map_or("-", |name| name);
    format!("{} {owner}\n", pinned.version())
}
