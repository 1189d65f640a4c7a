//! [`Tally`]: who has how many requests in flight, counted beside the balancer, and the most that anybody may have.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::backend::Backend;
use crate::balance::{Balance, Choice};

/// Who has how many requests in flight, and the most that anybody may have at this time.
#[derive(Debug)]
pub(crate) struct Tally {
    names: &'static [&'static str],
    now: Vec<AtomicU32>,
    most: Vec<AtomicU32>,
    cap: AtomicU32,
    above: AtomicU32,
}

impl Tally {
    pub(crate) fn new(names: &'static [&'static str], cap: u32) -> Arc<Self> {
        let zeros = || names.iter().map(|_| AtomicU32::new(0)).collect();
        let above = AtomicU32::new(0);
        Arc::new(Self { names, now: zeros(), most: zeros(), cap: cap.into(), above })
    }

    /// From now on nobody may have more than this.
    pub(crate) fn set_cap(&self, cap: u32) {
        self.cap.store(cap, Ordering::SeqCst);
    }

    /// How many times somebody had more than he may.
    pub(crate) fn above(&self) -> u32 {
        self.above.load(Ordering::SeqCst)
    }

    /// How many this one has now.
    pub(crate) fn of(&self, name: &str) -> u32 {
        self.number(name).map_or(0, |number| self.now[number].load(Ordering::SeqCst))
    }

    /// The most that anybody has had since this was last called.
    pub(crate) fn take_most(&self) -> u32 {
        self.most.iter().map(|most| most.swap(0, Ordering::SeqCst)).max().unwrap_or(0)
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|&known| known == name)
    }

    fn add(&self, number: usize) {
        let units = self.now[number].fetch_add(1, Ordering::SeqCst) + 1;
        self.most[number].fetch_max(units, Ordering::SeqCst);
        if units > self.cap.load(Ordering::SeqCst) {
            self.above.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// A balancer whose choices are tallied.
///
/// It counts a request after the balancer has, and counts it off before. So it never counts more than there is.
pub(crate) struct Tallied<B> {
    pub(crate) balance: B,
    pub(crate) tally: Arc<Tally>,
    /// On purpose: what the balancer counts is counted off at once.
    pub(crate) forgets: bool,
}

impl<B: Balance> Balance for Tallied<B> {
    fn choose(&self, key: &str, tried: &[Arc<Backend>]) -> Option<Choice> {
        let choice = self.balance.choose(key, tried)?;
        let number = self.tally.number(choice.backend.name())?;
        self.tally.add(number);
        let counted = Counted { tally: Arc::clone(&self.tally), number };
        let held: Box<dyn Send> = if self.forgets {
            Box::new(counted)
        } else {
            // In the order in which they are dropped.
            Box::new((counted, choice.held))
        };
        Some(Choice { held, ..choice })
    }
}

/// A request that is tallied, until it is dropped.
struct Counted {
    tally: Arc<Tally>,
    number: usize,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.tally.now[self.number].fetch_sub(1, Ordering::SeqCst);
    }
}
