//! Sealed answers of guests.

use super::parts::{self, Owner};
use super::{Database, DatabaseError, NewPart, WriteError, messages};
use crate::problem::Refusal;
use crate::text::{Hash, Id};

/// How many answers a page of the inbox has.
const PAGE: usize = 50;
/// How many answers a guest can give to one message.
const MOST_REPLIES: i64 = 200;

/// An answer that is created.
#[derive(Debug, Clone)]
pub(crate) struct NewReply {
    pub(crate) id: Id,
    pub(crate) message: Id,
    pub(crate) guest: Id,
    pub(crate) member: i64,
    pub(crate) request: Hash,
    pub(crate) created_at: i64,
    pub(crate) size: u64,
    pub(crate) parts: Vec<NewPart>,
}

/// The row of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReplyRow {
    pub(crate) id: Id,
    pub(crate) message: Id,
    pub(crate) guest: Id,
    pub(crate) member: i64,
    pub(crate) complete: bool,
    pub(crate) removed: bool,
    pub(crate) request: Hash,
    pub(crate) created_at: i64,
}

/// An answer in the inbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InboxRow {
    pub(crate) id: Id,
    pub(crate) message: Id,
    pub(crate) guest: Id,
    pub(crate) received_at: i64,
    arrived: i64,
}

/// Id, message, guest, received at, arrived.
type InboxColumns = (Vec<u8>, Vec<u8>, Vec<u8>, i64, i64);
/// Id, message, guest, member, state, request, created at.
type ReplyColumns = (Vec<u8>, Vec<u8>, Vec<u8>, i64, i64, Vec<u8>, i64);

fn reply((id, message, guest, member, state, request, created_at): ReplyColumns) -> Option<ReplyRow> {
    Some(ReplyRow {
        id: Id::from_row(&id)?,
        message: Id::from_row(&message)?,
        guest: Id::from_row(&guest)?,
        member,
        complete: state == 1,
        removed: state == 2,
        request: Hash::from_row(&request)?,
        created_at,
    })
}

impl Database {
    /// Finds an answer.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn reply(&self, id: Id) -> Result<Option<ReplyRow>, DatabaseError> {
        let row: Option<ReplyColumns> = sqlx::query_as(
            "SELECT id, message, guest, member, state, request, created_at FROM replies WHERE id = ?",
        )
        .bind(id.as_bytes().to_vec())
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.and_then(reply))
    }

    /// Lists a guest's own answers, oldest first, but for those that the sender removed.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn replies(&self, message: Id, guest: Id) -> Result<Vec<ReplyRow>, DatabaseError> {
        let rows: Vec<ReplyColumns> = sqlx::query_as(
            "SELECT id, message, guest, member, state, request, created_at FROM replies \
             WHERE message = ? AND guest = ? AND state < 2 ORDER BY created_at, id",
        )
        .bind(message.as_bytes().to_vec())
        .bind(guest.as_bytes().to_vec())
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().filter_map(reply).collect())
    }

    /// Creates an answer whose envelopes are on the disk; says whether it is complete.
    ///
    /// # Errors
    /// When the id is taken (409), there is no room for it (413), or the database fails.
    pub(crate) async fn create_reply(&self, new: NewReply) -> Result<bool, WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    let (have,): (i64,) =
                        sqlx::query_as("SELECT count(*) FROM replies WHERE message = ? AND guest = ?")
                            .bind(new.message.as_bytes().to_vec())
                            .bind(new.guest.as_bytes().to_vec())
                            .fetch_one(&mut *connection)
                            .await?;
                    if have >= MOST_REPLIES {
                        return Err(Refusal::too_large("replies").into());
                    }
                    messages::take_quota(connection, new.member, new.size).await?;
                    let inserted = sqlx::query(
                        "INSERT INTO replies (id, message, guest, member, state, request, created_at, size) \
                         VALUES (?, ?, ?, ?, 0, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                    )
                    .bind(new.id.as_bytes().to_vec())
                    .bind(new.message.as_bytes().to_vec())
                    .bind(new.guest.as_bytes().to_vec())
                    .bind(new.member)
                    .bind(new.request.as_bytes().to_vec())
                    .bind(new.created_at)
                    .bind(i64::try_from(new.size).unwrap_or(i64::MAX))
                    .execute(&mut *connection)
                    .await?;
                    if inserted.rows_affected() != 1 {
                        return Err(Refusal::conflict("there is another reply of this id").into());
                    }
                    parts::insert(connection, Owner::Reply(new.id), &new.parts).await?;
                    let complete = new.parts.iter().all(|part| part.here);
                    if complete {
                        arrive(connection, new.id, new.created_at).await?;
                    }
                    Ok(complete)
                })
            })
            .await
    }

    /// Notes that a part is whole; says whether the answer arrived with it.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn complete_reply_part(
        &self,
        id: Id,
        number: u32,
        now: i64,
    ) -> Result<bool, WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    if !parts::complete(connection, Owner::Reply(id), number).await? {
                        return Ok(false);
                    }
                    Ok(arrive(connection, id, now).await?)
                })
            })
            .await
    }

    /// Returns a page of a member's inbox after a cursor, and the cursor of the next.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn inbox(
        &self,
        member: i64,
        after: i64,
    ) -> Result<(Vec<InboxRow>, Option<i64>), DatabaseError> {
        let rows: Vec<InboxColumns> = sqlx::query_as(
            "SELECT id, message, guest, received_at, arrived FROM replies \
             WHERE member = ? AND arrived > ? AND state = 1 ORDER BY arrived LIMIT ?",
        )
        .bind(member)
        .bind(after)
        .bind(i64::try_from(PAGE + 1).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await?;
        let mut rows: Vec<InboxRow> = rows
            .into_iter()
            .filter_map(|(id, message, guest, received_at, arrived)| {
                Some(InboxRow {
                    id: Id::from_row(&id)?,
                    message: Id::from_row(&message)?,
                    guest: Id::from_row(&guest)?,
                    received_at,
                    arrived,
                })
            })
            .collect();
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let next = if more { rows.last().map(|row| row.arrived) } else { None };
        Ok((rows, next))
    }

    /// Removes an answer from a member's inbox; says whether it was there.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn remove_reply(&self, member: i64, id: Id) -> Result<bool, WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    let removed =
                        sqlx::query("UPDATE replies SET state = 2 WHERE id = ? AND member = ? AND state = 1")
                            .bind(id.as_bytes().to_vec())
                            .bind(member)
                            .execute(connection)
                            .await?;
                    Ok(removed.rows_affected() == 1)
                })
            })
            .await
    }
}

/// Puts an answer into the inbox, after everything that arrived before.
async fn arrive(connection: &mut sqlx::SqliteConnection, id: Id, now: i64) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query(
        "UPDATE replies SET state = 1, received_at = ?1, arrived = 1 + coalesce((SELECT max(arrived) FROM replies o \
         WHERE o.member = replies.member), 0) WHERE id = ?2 AND state = 0",
    )
    .bind(now)
    .bind(id.as_bytes().to_vec())
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() == 1)
}
