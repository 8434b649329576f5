//! Ends: recall, expiry, and the erasure that follows.

use std::collections::{BTreeSet, HashSet};

use sqlx::SqliteConnection;
use zegel_wire::server::EventKind;

use super::parts::Owner;
use super::{Database, DatabaseError, WriteError};
use crate::journal::Tombstone;
use crate::problem::Refusal;
use crate::text::Id;

/// How many rows are swept in one change.
const AT_ONCE: i64 = 500;

/// Something whose files have to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Erasable {
    pub(crate) owner: Owner,
}

/// A message that ended, for the sender to hear of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    pub(crate) message: Id,
    pub(crate) member: i64,
    pub(crate) event: EventKind,
}

impl Database {
    /// Recalls a message; says whether it was not recalled before.
    ///
    /// # Errors
    /// When it has expired (410), or the database fails.
    pub(crate) async fn recall(&self, message: Id) -> Result<bool, WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    let changed = sqlx::query("UPDATE messages SET state = 2 WHERE id = ? AND state < 2")
                        .bind(message.as_bytes().to_vec())
                        .execute(&mut *connection)
                        .await?;
                    Ok(changed.rows_affected() == 1)
                })
            })
            .await
    }

    /// Recalls a message for one guest; says whether that is new.
    ///
    /// # Errors
    /// When there is no such guest (404), or the database fails.
    pub(crate) async fn recall_guest(&self, message: Id, guest: Id) -> Result<bool, WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    let row: Option<(i64,)> =
                        sqlx::query_as("SELECT recalled FROM guests WHERE message = ? AND guest = ?")
                            .bind(message.as_bytes().to_vec())
                            .bind(guest.as_bytes().to_vec())
                            .fetch_optional(&mut *connection)
                            .await?;
                    let (recalled,) = row.ok_or_else(Refusal::not_found)?;
                    // The hash of the address stays until the message ends, so that the guest is told.
                    sqlx::query(
                        "UPDATE guests SET recalled = 1, verifier = NULL WHERE message = ? AND guest = ?",
                    )
                    .bind(message.as_bytes().to_vec())
                    .bind(guest.as_bytes().to_vec())
                    .execute(&mut *connection)
                    .await?;
                    Ok(recalled == 0)
                })
            })
            .await
    }

    /// Lists messages that are past their end, or were not finished in time.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn overdue(&self, surely: i64, unfinished: i64) -> Result<Vec<Id>, DatabaseError> {
        let rows: Vec<(Vec<u8>,)> = sqlx::query_as(
            "SELECT id FROM messages WHERE state < 2 AND (expires_at <= ?1 OR (state = 0 AND created_at <= ?2)) LIMIT ?3",
        )
        .bind(surely)
        .bind(unfinished)
        .bind(AT_ONCE)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.iter().filter_map(|(id,)| Id::from_row(id)).collect())
    }

    /// Ends messages of the list that are still past their end.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn expire(
        &self,
        messages: Vec<Id>,
        surely: i64,
        unfinished: i64,
    ) -> Result<Vec<Ended>, WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    let mut ended = Vec::new();
                    for message in messages {
                        let row: Option<(i64,)> = sqlx::query_as(
                            "UPDATE messages SET state = 3 WHERE id = ? AND state < 2 \
                             AND (expires_at <= ? OR (state = 0 AND created_at <= ?)) RETURNING member",
                        )
                        .bind(message.as_bytes().to_vec())
                        .bind(surely)
                        .bind(unfinished)
                        .fetch_optional(&mut *connection)
                        .await?;
                        ended.extend(row.map(|(member,)| Ended {
                            message,
                            member,
                            event: EventKind::Expired,
                        }));
                    }
                    Ok(ended)
                })
            })
            .await
    }

    /// Gives up answers that were not finished in time, or that are older than answers are kept.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn give_up_replies(&self, unfinished: i64, oldest: i64) -> Result<(), WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE replies SET state = 2 WHERE (state = 0 AND created_at <= ?) \
                         OR (state = 1 AND created_at <= ?)",
                    )
                    .bind(unfinished)
                    .bind(oldest)
                    .execute(&mut *connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Removes invitations and enrolments that are over.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn forget_invitations(&self, now: i64) -> Result<(), WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM enrolments WHERE expires_at <= ?")
                        .bind(now)
                        .execute(&mut *connection)
                        .await?;
                    sqlx::query("DELETE FROM invitations WHERE expires_at <= ?")
                        .bind(now)
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Lists everything that may have files.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn owners(&self) -> Result<BTreeSet<Owner>, DatabaseError> {
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT 0, id FROM messages WHERE erased = 0 UNION ALL SELECT 1, id FROM replies WHERE erased = 0",
        )
        .fetch_all(&self.readers)
        .await?;
        let owner = |kind: i64, id: &[u8]| {
            let id = Id::from_row(id)?;
            Some(if kind == 0 { Owner::Message(id) } else { Owner::Reply(id) })
        };
        Ok(rows.iter().filter_map(|(kind, id)| owner(*kind, id)).collect())
    }

    /// Lists what ended and still has files.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn erasable(&self) -> Result<Vec<Erasable>, DatabaseError> {
        let messages: Vec<(Vec<u8>,)> =
            sqlx::query_as("SELECT id FROM messages WHERE state > 1 AND erased = 0 LIMIT ?")
                .bind(AT_ONCE)
                .fetch_all(&self.readers)
                .await?;
        let replies: Vec<(Vec<u8>,)> =
            sqlx::query_as("SELECT id FROM replies WHERE state = 2 AND erased = 0 LIMIT ?")
                .bind(AT_ONCE)
                .fetch_all(&self.readers)
                .await?;
        let messages = messages.iter().filter_map(|(id,)| Id::from_row(id)).map(Owner::Message);
        let replies = replies.iter().filter_map(|(id,)| Id::from_row(id)).map(Owner::Reply);
        Ok(messages.chain(replies).map(|owner| Erasable { owner }).collect())
    }

    /// Notes that the files of something are gone, wipes the hashes that are left in its rows, and gives the quota back.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn erased(&self, owner: Owner) -> Result<(), WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    let id = owner.id().as_bytes().to_vec();
                    let row: Option<(i64, i64)> = match owner {
                        Owner::Message(_) => sqlx::query_as(
                            "UPDATE messages SET erased = 1, fetch_token = NULL WHERE id = ? AND state > 1 \
                                 AND erased = 0 RETURNING member, size",
                        )
                        .bind(id.clone())
                        .fetch_optional(&mut *connection)
                        .await?,
                        Owner::Reply(_) => {
                            sqlx::query_as(
                                "UPDATE replies SET erased = 1 WHERE id = ? AND state = 2 AND erased = 0 \
                                 RETURNING member, size",
                            )
                            .bind(id.clone())
                            .fetch_optional(&mut *connection)
                            .await?
                        }
                    };
                    let Some((member, size)) = row else { return Ok(()) };
                    sqlx::query("UPDATE members SET used = max(0, used - ?) WHERE id = ?")
                        .bind(size)
                        .bind(member)
                        .execute(&mut *connection)
                        .await?;
                    if matches!(owner, Owner::Message(_)) {
                        sqlx::query("UPDATE guests SET address = NULL, verifier = NULL WHERE message = ?")
                            .bind(id.clone())
                            .execute(&mut *connection)
                            .await?;
                    }
                    sqlx::query("UPDATE parts SET received = 0, complete = 0 WHERE kind = ? AND owner = ?")
                        .bind(owner.kind())
                        .bind(id)
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Ends what tombstones name and is still there; returns what that was.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn bury(
        &self,
        tombstones: &HashSet<Tombstone>,
    ) -> Result<Vec<Tombstone>, DatabaseError> {
        let messages: Vec<(Vec<u8>,)> =
            sqlx::query_as("SELECT id FROM messages WHERE state < 2").fetch_all(&self.readers).await?;
        let guests: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT g.message, g.guest FROM messages m JOIN guests g ON g.message = m.id \
             WHERE m.state < 2 AND g.recalled = 0",
        )
        .fetch_all(&self.readers)
        .await?;
        let replies: Vec<(Vec<u8>,)> =
            sqlx::query_as("SELECT id FROM replies WHERE state < 2").fetch_all(&self.readers).await?;
        let mut found: Vec<Tombstone> = Vec::new();
        for (id,) in &messages {
            let Some(id) = Id::from_row(id) else { continue };
            found.extend([Tombstone::Recalled(id), Tombstone::Expired(id)]);
        }
        for (message, guest) in &guests {
            let (Some(message), Some(guest)) = (Id::from_row(message), Id::from_row(guest)) else { continue };
            found.push(Tombstone::Guest(message, guest));
        }
        found.extend(replies.iter().filter_map(|(id,)| Id::from_row(id)).map(Tombstone::Reply));
        found.retain(|tombstone| tombstones.contains(tombstone));
        let ended = found.clone();
        let done = self.writer.run(move |connection| Box::pin(end_again(connection, found))).await;
        match done {
            Ok(()) => Ok(ended),
            Err(WriteError::Database(error)) => Err(error),
            Err(WriteError::Refused(_)) => Err(DatabaseError::Commit),
        }
    }

    /// Writes the log of the database back and empties it, so that nothing deleted is left in it.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn truncate_log(&self) -> Result<(), DatabaseError> {
        // Readers that are at work make it end early; the next time does it.
        self.writer.truncate().await
    }
}

async fn end_again(connection: &mut SqliteConnection, tombstones: Vec<Tombstone>) -> Result<(), WriteError> {
    for tombstone in tombstones {
        let query = match tombstone {
            Tombstone::Recalled(id) => {
                sqlx::query("UPDATE messages SET state = 2 WHERE id = ?").bind(id.as_bytes().to_vec())
            }
            Tombstone::Expired(id) => {
                sqlx::query("UPDATE messages SET state = 3 WHERE id = ?").bind(id.as_bytes().to_vec())
            }
            Tombstone::Guest(id, guest) => {
                sqlx::query("UPDATE guests SET recalled = 1, verifier = NULL WHERE message = ? AND guest = ?")
                    .bind(id.as_bytes().to_vec())
                    .bind(guest.as_bytes().to_vec())
            }
            Tombstone::Reply(id) => {
                sqlx::query("UPDATE replies SET state = 2 WHERE id = ?").bind(id.as_bytes().to_vec())
            }
        };
        query.execute(&mut *connection).await?;
    }
    Ok(())
}
