//! Ending things: erasure at once where it can be, by the sweeper where it could not, and the sweeper itself.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use crate::blobs::Key;
use crate::db::{Chain, Owner};
use crate::journal::Tombstone;
use crate::problem::Refusal;
use crate::state::{App, Server};

/// How often is swept: what ends is gone within a minute.
const INTERVAL: Duration = Duration::from_secs(15);
/// How long an upload may take, in seconds.
const UNFINISHED: i64 = 24 * 3_600;
/// How often is looked for files that no row names, and how old they must be.
const ORPHANS: Duration = Duration::from_secs(3_600);
const ORPHAN: Duration = Duration::from_secs(24 * 3_600);
/// How long answers are kept, in seconds.
const REPLIES: i64 = 400 * 86_400;
/// How often is looked whether another process blocked somebody.
const LOOK: Duration = Duration::from_millis(400);

impl Server {
    /// Erases the files of something that has ended, and notes it.
    ///
    /// # Errors
    /// When something of it could not be erased now; the sweeper does it then.
    pub(crate) async fn erase(&self, owner: Owner) -> Result<(), Refusal> {
        if let Owner::Message(message) = owner {
            self.streams.cut(message);
        }
        self.blobs.erase(owner).await?;
        self.db.erased(owner).await?;
        Ok(())
    }

    /// Says whether it is time to look for orphans again, and notes that it is done.
    fn orphans_are_due(&self) -> bool {
        let mut last = self.orphans_looked_for.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| last.elapsed() >= ORPHANS);
        if due {
            *last = Some(Instant::now());
        }
        due
    }

    /// Erases files that no row names and that nobody wrote to for so long: what was cut off before it was acknowledged (R15).
    ///
    /// # Errors
    /// When the database or the store fails.
    async fn erase_orphans(&self, age: Duration) -> Result<usize, Refusal> {
        // Files first: what is created in between is young.
        let old = self.blobs.older(age).await?;
        let known = self.db.owners().await?;
        let mut erased = 0;
        for orphan in old.difference(&known) {
            let _alone = self.locks.alone(orphan.id()).await;
            self.blobs.erase(*orphan).await?;
            erased += 1;
        }
        Ok(erased)
    }

    /// Erases what a tombstone of one guest names.
    ///
    /// # Errors
    /// When it could not be erased.
    pub(crate) async fn erase_guests(&self, tombstones: &[Tombstone]) -> Result<(), Refusal> {
        for tombstone in tombstones {
            if let Tombstone::Guest(message, guest) = tombstone {
                self.blobs.erase_one(Key::Guest(*message, *guest)).await?;
            }
        }
        Ok(())
    }

    /// Looks once whether devices or members were taken away, perhaps by another process.
    pub(crate) async fn look_at_epoch(&self) {
        match self.db.epoch().await {
            Ok(epoch) => {
                self.epoch.send_if_modified(|seen| std::mem::replace(seen, epoch) != epoch);
            }
            Err(error) => tracing::warn!(error = %Chain(&error), "the database cannot be read"),
        }
    }

    /// Ends what is over, and erases what has ended.
    ///
    /// # Errors
    /// When something fails; the next time goes on.
    pub(crate) async fn sweep(&self) -> Result<(), Refusal> {
        self.clock.observe();
        self.sessions.sweep();
        self.budgets.sweep();
        self.streams.sweep();
        let surely = self.clock.surely();
        self.db.forget_invitations(surely).await?;
        self.db.give_up_replies(surely - UNFINISHED, surely - REPLIES).await?;
        let mut erased = 0_usize;
        loop {
            let overdue = self.db.overdue(surely, surely - UNFINISHED).await?;
            if overdue.is_empty() {
                break;
            }
            for message in overdue {
                // Alone, as a recall: nobody is let in between the end and the erasure.
                let _alone = self.locks.alone(message).await;
                for ended in self.db.expire(vec![message], surely, surely - UNFINISHED).await? {
                    self.journal.add(vec![Tombstone::Expired(message)]).await?;
                    self.tell(ended.member, ended.event, ended.message, None);
                    self.erase(Owner::Message(message)).await?;
                    erased += 1;
                }
            }
        }
        loop {
            let erasable = self.db.erasable().await?;
            if erasable.is_empty() {
                break;
            }
            for erasable in erasable {
                if let Owner::Reply(reply) = erasable.owner {
                    self.journal.add(vec![Tombstone::Reply(reply)]).await?;
                }
                self.erase(erasable.owner).await?;
                erased += 1;
            }
        }
        if self.orphans_are_due() {
            erased += self.erase_orphans(ORPHAN).await?;
        }
        if erased > 0 {
            tracing::info!(erased, "what had ended was erased");
        }
        Ok(self.db.truncate_log().await?)
    }
}

/// Sweeps, and looks for blocked members, until the server ends.
pub(crate) async fn run(app: App) {
    let mut ending = app.ending.subscribe();
    let (mut sweeps, mut looks) = (tokio::time::interval(INTERVAL), tokio::time::interval(LOOK));
    sweeps.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ending.changed() => break,
            _ = looks.tick() => app.look_at_epoch().await,
            _ = sweeps.tick() => {
                let app = App::clone(&app);
                // Apart, so that a long sweep keeps nobody in who was blocked.
                tokio::spawn(async move {
                    let Ok(_only) = app.sweeping.try_lock() else { return };
                    // The reason was logged where it happened.
                    if app.sweep().await.is_err() {
                        tracing::warn!("sweeping did not come to its end");
                    }
                });
            }
        }
    }
}
