//! Rates, locks, and streams that are cut.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::db::Owner;
use crate::problem::Refusal;
use crate::text::{Hash, Id};

/// How many things are counted at most.
const MOST_COUNTERS: usize = 200_000;
/// How many locks messages share.
const LOCKS: usize = 4_096;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts how often something happened since a time.
#[derive(Debug, Default)]
pub(crate) struct Budgets(Mutex<HashMap<Hash, Spent>>);

#[derive(Debug)]
struct Spent {
    since: Instant,
    window: Duration,
    count: u32,
}

impl Budgets {
    /// Counts once more.
    ///
    /// # Errors
    /// When it was `most` times in the window already (429).
    pub(crate) fn take(&self, counter: Hash, most: u32, window: Duration) -> Result<(), Refusal> {
        let mut all = lock(&self.0);
        if all.len() >= MOST_COUNTERS {
            all.retain(|_, spent| spent.since.elapsed() < spent.window);
            if all.len() >= MOST_COUNTERS {
                return Err(Refusal::too_many(60));
            }
        }
        let spent = all.entry(counter).or_insert_with(|| Spent { since: Instant::now(), window, count: 0 });
        if spent.since.elapsed() >= spent.window {
            *spent = Spent { since: Instant::now(), window, count: 0 };
        }
        if spent.count >= most {
            let left = spent.window.saturating_sub(spent.since.elapsed());
            return Err(Refusal::too_many(left.as_secs() + 1));
        }
        spent.count += 1;
        Ok(())
    }

    /// Forgets what is over.
    pub(crate) fn sweep(&self) {
        lock(&self.0).retain(|_, spent| spent.since.elapsed() < spent.window);
    }
}

/// One lock for each message (some share one): opening holds it with others, recalling alone.
#[derive(Debug)]
pub(crate) struct Locks {
    locks: Vec<RwLock<()>>,
    state: RandomState,
}

impl Default for Locks {
    fn default() -> Self {
        Self { locks: (0..LOCKS).map(|_| RwLock::default()).collect(), state: RandomState::new() }
    }
}

impl Locks {
    fn of(&self, id: Id) -> &RwLock<()> {
        let number = self.state.hash_one(id) % LOCKS as u64;
        // The index is below the length, which is not zero.
        self.locks.get(usize::try_from(number).unwrap_or(0)).expect("there are as many locks as LOCKS says")
    }

    /// Waits until nobody changes the message.
    pub(crate) async fn shared(&self, id: Id) -> RwLockReadGuard<'_, ()> {
        self.of(id).read().await
    }

    /// Waits until nobody else uses the message.
    pub(crate) async fn alone(&self, id: Id) -> RwLockWriteGuard<'_, ()> {
        self.of(id).write().await
    }
}

/// Parts that are being uploaded: one request each.
#[derive(Debug, Default)]
pub(crate) struct Uploading(Mutex<HashSet<(Owner, u32)>>);

/// Keeps others from uploading the same part until it is dropped.
#[derive(Debug)]
pub(crate) struct UploadGuard<'a> {
    uploading: &'a Uploading,
    part: (Owner, u32),
}

impl Uploading {
    /// Takes a part, unless another request has it.
    pub(crate) fn take(&self, owner: Owner, number: u32) -> Option<UploadGuard<'_>> {
        let part = (owner, number);
        let taken = lock(&self.0).insert(part);
        // Made only when it is taken: a guard that is dropped gives the part back.
        taken.then(|| UploadGuard { uploading: self, part })
    }
}

impl Drop for UploadGuard<'_> {
    fn drop(&mut self) {
        lock(&self.uploading.0).remove(&self.part);
    }
}

/// Streams of parts that are under way, to cut those of a message that is recalled.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<HashMap<Id, Vec<Weak<AtomicBool>>>>);

/// Says whether a stream may go on.
#[derive(Debug, Clone)]
pub(crate) struct Stream(Arc<AtomicBool>);

impl Stream {
    /// Says whether the message was recalled since.
    pub(crate) fn is_cut(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Streams {
    /// Notes a stream of a message.
    pub(crate) fn watch(&self, message: Id) -> Stream {
        let cut = Arc::new(AtomicBool::new(false));
        lock(&self.0).entry(message).or_default().push(Arc::downgrade(&cut));
        Stream(cut)
    }

    /// Cuts the streams of a message.
    pub(crate) fn cut(&self, message: Id) {
        for stream in lock(&self.0).remove(&message).unwrap_or_default() {
            if let Some(stream) = stream.upgrade() {
                stream.store(true, Ordering::Release);
            }
        }
    }

    /// Forgets streams that ended.
    pub(crate) fn sweep(&self) {
        lock(&self.0).retain(|_, streams| {
            streams.retain(|stream| stream.strong_count() > 0);
            !streams.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_ends() {
        let budgets = Budgets::default();
        let hour = Duration::from_secs(3_600);
        for _ in 0..3 {
            budgets.take(Hash::of(b"a"), 3, hour).unwrap();
        }
        assert!(budgets.take(Hash::of(b"a"), 3, hour).is_err());
        budgets.take(Hash::of(b"b"), 3, hour).unwrap();
        budgets.take(Hash::of(b"c"), 1, Duration::ZERO).unwrap();
        budgets.take(Hash::of(b"c"), 1, Duration::ZERO).unwrap();
    }

    #[test]
    fn a_part_is_uploaded_by_one_at_a_time() {
        let uploading = Uploading::default();
        let owner = Owner::Message(Id::make());
        let guard = uploading.take(owner, 0).unwrap();
        assert!(uploading.take(owner, 0).is_none());
        assert!(uploading.take(owner, 1).is_some());
        drop(guard);
        assert!(uploading.take(owner, 0).is_some());
    }

    #[test]
    fn streams_of_a_recalled_message_are_cut() {
        let streams = Streams::default();
        let (one, other) = (Id::make(), Id::make());
        let (a, b) = (streams.watch(one), streams.watch(other));
        streams.cut(one);
        assert!(a.is_cut() && !b.is_cut());
        drop(b);
        streams.sweep();
        assert!(lock(&streams.0).is_empty());
    }
}
