//! What ought to lie in files, for `fsck`.

use std::collections::BTreeSet;

use super::parts::{Owner, PartColumns, PartRow, part};
use super::{Database, DatabaseError};
use crate::text::Id;

/// A part that is expected.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExpectedPart {
    pub(crate) owner: Owner,
    pub(crate) row: PartRow,
}

/// Everything that is expected, and what has ended.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    pub(crate) parts: Vec<ExpectedPart>,
    pub(crate) guests: Vec<(Id, Id)>,
    pub(crate) replies: Vec<Id>,
    pub(crate) ended: BTreeSet<Id>,
}

impl Database {
    /// Lists what ought to lie in files.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn expected(&self) -> Result<Expected, DatabaseError> {
        let mut expected = Expected::default();
        let ended: Vec<(Vec<u8>,)> = sqlx::query_as(
            "SELECT id FROM messages WHERE state > 1 UNION SELECT id FROM replies WHERE state > 1 \
             UNION SELECT message FROM guests WHERE recalled = 1",
        )
        .fetch_all(&self.readers)
        .await?;
        expected.ended.extend(ended.iter().filter_map(|(id,)| Id::from_row(id)));
        type Columns = (i64, Vec<u8>, i64, i64, Vec<u8>, i64, i64);
        let parts: Vec<Columns> = sqlx::query_as(
            "SELECT p.kind, p.owner, p.number, p.size, p.hash, p.received, p.complete FROM parts p \
             LEFT JOIN messages m ON p.kind = 0 AND m.id = p.owner \
             LEFT JOIN replies r ON p.kind = 1 AND r.id = p.owner WHERE coalesce(m.state, r.state, 2) < 2",
        )
        .fetch_all(&self.readers)
        .await?;
        for (kind, owner, number, size, hash, received, complete) in parts {
            let columns: PartColumns = (number, size, hash, received, complete);
            let (Some(id), Some(row)) = (Id::from_row(&owner), part(columns)) else { continue };
            let owner = if kind == 0 { Owner::Message(id) } else { Owner::Reply(id) };
            expected.parts.push(ExpectedPart { owner, row });
        }
        let guests: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT g.message, g.guest FROM guests g JOIN messages m ON m.id = g.message \
             WHERE m.state < 2 AND g.recalled = 0",
        )
        .fetch_all(&self.readers)
        .await?;
        expected.guests.extend(
            guests.iter().filter_map(|(message, guest)| Some((Id::from_row(message)?, Id::from_row(guest)?))),
        );
        let replies: Vec<(Vec<u8>,)> =
            sqlx::query_as("SELECT id FROM replies WHERE state < 2").fetch_all(&self.readers).await?;
        expected.replies.extend(replies.iter().filter_map(|(id,)| Id::from_row(id)));
        Ok(expected)
    }
}
