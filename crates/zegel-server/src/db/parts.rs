//! Parts of messages and of replies, and how much of each is here.

use sqlx::SqliteConnection;

use super::{Database, DatabaseError, WriteError};
use crate::text::{Hash, Id};

/// What a part belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Owner {
    Message(Id),
    Reply(Id),
}

impl Owner {
    pub(crate) const fn id(self) -> Id {
        match self {
            Self::Message(id) | Self::Reply(id) => id,
        }
    }

    pub(super) const fn kind(self) -> i64 {
        match self {
            Self::Message(_) => 0,
            Self::Reply(_) => 1,
        }
    }
}

/// A part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PartRow {
    pub(crate) number: u32,
    pub(crate) size: u64,
    pub(crate) hash: Hash,
    pub(crate) received: u64,
    pub(crate) complete: bool,
}

pub(super) type PartColumns = (i64, i64, Vec<u8>, i64, i64);

pub(super) fn part((number, size, hash, received, complete): PartColumns) -> Option<PartRow> {
    Some(PartRow {
        number: u32::try_from(number).ok()?,
        size: u64::try_from(size).ok()?,
        hash: Hash::from_row(&hash)?,
        received: u64::try_from(received).ok()?,
        complete: complete != 0,
    })
}

impl Database {
    /// Lists the parts of a message or reply.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn parts(&self, owner: Owner) -> Result<Vec<PartRow>, DatabaseError> {
        let rows: Vec<PartColumns> = sqlx::query_as(
            "SELECT number, size, hash, received, complete FROM parts WHERE kind = ? AND owner = ? ORDER BY number",
        )
        .bind(owner.kind())
        .bind(owner.id().as_bytes().to_vec())
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().filter_map(part).collect())
    }

    /// Finds one part.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn part(&self, owner: Owner, number: u32) -> Result<Option<PartRow>, DatabaseError> {
        let row: Option<PartColumns> = sqlx::query_as(
            "SELECT number, size, hash, received, complete FROM parts WHERE kind = ? AND owner = ? AND number = ?",
        )
        .bind(owner.kind())
        .bind(owner.id().as_bytes().to_vec())
        .bind(i64::from(number))
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.and_then(part))
    }

    /// Notes how much of a part is on the disk for sure.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn received(&self, owner: Owner, number: u32, received: u64) -> Result<(), WriteError> {
        let received = i64::try_from(received).unwrap_or(i64::MAX);
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE parts SET received = ? WHERE kind = ? AND owner = ? AND number = ? AND complete = 0",
                    )
                    .bind(received)
                    .bind(owner.kind())
                    .bind(owner.id().as_bytes().to_vec())
                    .bind(i64::from(number))
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }
}

pub(super) async fn complete(
    connection: &mut SqliteConnection,
    owner: Owner,
    number: u32,
) -> Result<bool, sqlx::Error> {
    sqlx::query("UPDATE parts SET received = size, complete = 1 WHERE kind = ? AND owner = ? AND number = ?")
        .bind(owner.kind())
        .bind(owner.id().as_bytes().to_vec())
        .bind(i64::from(number))
        .execute(&mut *connection)
        .await?;
    let (missing,): (i64,) =
        sqlx::query_as("SELECT count(*) FROM parts WHERE kind = ? AND owner = ? AND complete = 0")
            .bind(owner.kind())
            .bind(owner.id().as_bytes().to_vec())
            .fetch_one(connection)
            .await?;
    Ok(missing == 0)
}

pub(super) async fn insert(
    connection: &mut SqliteConnection,
    owner: Owner,
    parts: &[super::NewPart],
) -> Result<(), sqlx::Error> {
    for (number, part) in (0_i64..).zip(parts) {
        sqlx::query(
            "INSERT INTO parts (kind, owner, number, size, hash, received, complete) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(owner.kind())
        .bind(owner.id().as_bytes().to_vec())
        .bind(number)
        .bind(i64::try_from(part.size).unwrap_or(i64::MAX))
        .bind(part.hash.as_bytes().to_vec())
        .bind(if part.here { i64::try_from(part.size).unwrap_or(i64::MAX) } else { 0 })
        .bind(i64::from(part.here))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
