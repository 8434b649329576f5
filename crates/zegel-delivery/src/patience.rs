//! Waiting for something slow, as long as it moves.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

/// Tells that nothing moved for as long as was allowed.
#[derive(Debug)]
pub(crate) struct Silent;

/// Waits for `work`; gives up when `moved` has shown the same count for `limit`, which is asked for anew every time.
pub(crate) async fn while_moving<T>(
    work: impl Future<Output = T>,
    moved: impl Fn() -> u64,
    limit: impl Fn() -> Duration,
) -> Result<T, Silent> {
    let mut work = pin!(work);
    let mut seen = moved();
    loop {
        match timeout(limit(), work.as_mut()).await {
            Ok(outcome) => return Ok(outcome),
            Err(_) if moved() != seen => seen = moved(),
            Err(_) => return Err(Silent),
        }
    }
}
