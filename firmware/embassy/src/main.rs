//! A ring shared between the tasks of Embassy: one task has the writer, one has a reader, and neither
//! waits for the other. A route that was chosen stays what it is across an await, whatever the other
//! task publishes in the meantime.
#![no_std]
#![no_main]

use annulus::publish::{Published, Reader, Writer};
use annulus::{Change, Fx32, NamedNode, Native, Ring, RingReader, RingWriter};
use embassy_executor::Spawner;
use embassy_futures::yield_now;
use firmware::plan::{self, COLLECTORS, DEVICES, LINKS, VNODES};

type Collectors = Ring<NamedNode<'static>, 8, 128, Native, Fx32>;
type Shared = Published<Collectors, 1, 3>;
type Links = RingWriter<Writer<'static, Collectors, 1, 3>>;
type Router = RingReader<Reader<'static, Collectors>>;

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    // Three buffers: the current ring, the one that a reader holds across an await, the next.
    let cell = cortex_m::singleton!(
        : Shared = Shared::new([const { Collectors::with_hash(VNODES, Fx32) }; 3])
    );
    let (writer, [reader]) = cell.expect("this line runs once").split();
    spawner.spawn(route(RingReader::new(reader)).expect("there is one such task"));
    spawner.spawn(follow(RingWriter::new(writer)).expect("there is one such task"));
}

/// Follows the links: takes collectors out and in.
#[embassy_executor::task]
async fn follow(mut collectors: Links) {
    let all = COLLECTORS.map(|name| Change::Insert(NamedNode::new(name)));
    collectors.apply(&all).expect("there is room for all");
    for (i, &link) in LINKS.iter().enumerate() {
        yield_now().await;
        let name = COLLECTORS[link];
        let change = match plan::links_up(i)[link] {
            true => Change::Remove(name.as_bytes()),
            false => Change::Insert(NamedNode::new(name)),
        };
        collectors.apply(&[change]).expect("a reader holds one buffer of three");
    }
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
        // The first publication was the membership without a change.
        if Some(collector.name) != plan::owner(version - 1, device) {
            firmware::finish(Err::<&str, _>("a reading went astray"));
        }
        routed += 1;
        drop(ring);
        overtaken += u32::from(router.pin().version() as usize != version);
        if version == LINKS.len() + 1 {
            break;
        }
    }
    firmware::finish(match (routed > LINKS.len(), overtaken > 0) {
        (true, true) => Ok("readings routed rightly, sent while the membership changed"),
        _ => Err("the tasks did not take turns"),
    })
}
