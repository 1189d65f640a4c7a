//! A ring shared between the tasks of Embassy: one task has the writer, two have readers, and no reader waits
//! for it. A route that was chosen stays what it is across an await, whatever the writer publishes in the
//! meantime. One of the readers awaits new versions, and the writer awaits a free buffer.
#![no_std]
#![no_main]

use annulus::publish::{Published, Reader, UpdateError, Writer};
use annulus::{Change, Fx32, NamedNode, Native, Ring, RingReader, RingWriter};
use embassy_executor::Spawner;
use embassy_futures::yield_now;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use embassy_sync::watch::Watch;
use firmware::plan::{self, COLLECTORS, DEVICES, LINKS, VNODES};

type Collectors = Ring<NamedNode<'static>, 8, 128, Native, Fx32>;
/// Three buffers: the current ring, and one for each reader that holds an older one across an await. When both do,
/// an edit is `Busy`; with a fourth it would never be.
type Shared = Published<Collectors, 2, 3>;
type Links = RingWriter<Writer<'static, Collectors, 2, 3>>;
type Router = RingReader<Reader<'static, Collectors>>;

/// The newest version, for whoever awaits it. Readers that do not ask have no part in it, and pay nothing.
static VERSIONS: Watch<CriticalSectionRawMutex, usize, 1> = Watch::new();
/// How often an edit was `Busy`, once all are made.
static EDITED: Signal<CriticalSectionRawMutex, u32> = Signal::new();
/// What came of the readings, once the last is routed.
static ROUTED: Signal<CriticalSectionRawMutex, Result<(), &'static str>> = Signal::new();

/// The first publication is the membership without a change.
const LAST: usize = LINKS.len() + 1;

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let cell = cortex_m::singleton!(
        : Shared = Shared::new([const { Collectors::with_hash(VNODES, Fx32) }; 3])
    );
    let (writer, [reader, other]) = cell.expect("this line runs once").split();
    spawner.spawn(route(RingReader::new(reader)).expect("there is one such task"));
    spawner.spawn(survey(RingReader::new(other)).expect("there is one such task"));
    spawner.spawn(follow(RingWriter::new(writer)).expect("there is one such task"));
}

/// Follows the links: takes collectors out and in.
#[embassy_executor::task]
async fn follow(mut collectors: Links) {
    let all = COLLECTORS.map(|name| Change::Insert(NamedNode::new(name)));
    let mut busy = publish(&mut collectors, &all).await;
    for (i, &link) in LINKS.iter().enumerate() {
        yield_now().await;
        let name = COLLECTORS[link];
        let change = match plan::links_up(i)[link] {
            true => Change::Remove(name.as_bytes()),
            false => Change::Insert(NamedNode::new(name)),
        };
        busy += publish(&mut collectors, &[change]).await;
    }
    EDITED.signal(busy);
}

/// Makes the changes as soon as a buffer is free, then tells the version; how often there was none.
///
/// An edit that is `Busy` has changed nothing. Until a reader lets go of its ring, other tasks run. Where the core has
/// a clock, `embassy_time::Timer::after_millis(1).await` in place of `yield_now` lets it sleep meanwhile.
async fn publish(collectors: &mut Links, changes: &[Change<'_, NamedNode<'static>>]) -> u32 {
    let mut busy = 0;
    loop {
        match collectors.apply(changes) {
            Ok(()) => break,
            Err(UpdateError::Busy) => busy += 1,
            Err(UpdateError::Build(_)) => firmware::finish(Err::<&str, _>("there is room for all")),
        }
        yield_now().await;
    }
    // After the publication: who hears of the version and pins then sees it, or a later one.
    VERSIONS.sender().send(collectors.version() as usize);
    busy
}

/// Routes readings until the last membership has come.
#[embassy_executor::task]
async fn route(mut router: Router) {
    let (mut routed, mut overtaken) = (0, 0);
    for device in (0..DEVICES).cycle() {
        let ring = router.pin();
        let version = ring.version() as usize;
        let collector = ring.view().owner(&plan::device(device));
        // As long as sending takes the other task may publish.
        yield_now().await;
        let Some(collector) = collector else { continue };
        if Some(collector.name) != plan::owner(version - 1, device) {
            firmware::finish(Err::<&str, _>("a reading went astray"));
        }
        routed += 1;
        drop(ring);
        overtaken += u32::from(router.pin().version() as usize != version);
        if version == LAST {
            break;
        }
    }
    ROUTED.signal(match (routed > LINKS.len(), overtaken > 0) {
        (true, true) => Ok(()),
        _ => Err("the tasks did not take turns"),
    });
}

/// Looks at each membership that it hears of, and takes its time; says in the end whether all was well.
#[embassy_executor::task]
async fn survey(mut reader: Router) {
    let mut versions = VERSIONS.receiver().expect("there is room for one");
    let mut surveyed = 0;
    loop {
        // Versions that came while the last was looked at are left out, but for the newest.
        let heard = versions.changed().await;
        let ring = reader.pin();
        let version = ring.version() as usize;
        for _ in 0..3 {
            yield_now().await;
        }
        let up = plan::links_up(version - 1).into_iter().filter(|&up| up).count();
        if version < heard || ring.view().len() != up {
            firmware::finish(Err::<&str, _>("a membership is not that of its version"));
        }
        surveyed += 1;
        if version == LAST {
            break;
        }
    }
    if let Err(wrong) = ROUTED.wait().await {
        firmware::finish(Err::<&str, _>(wrong));
    }
    firmware::finish(match (surveyed > 2, EDITED.wait().await > 0) {
        (true, true) => {
            Ok("readings routed rightly, and versions heard of, while the membership changed")
        }
        (false, _) => Err("too few memberships were heard of"),
        (_, false) => Err("no edit had to wait"),
    })
}
