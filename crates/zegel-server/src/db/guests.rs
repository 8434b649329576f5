//! Guests: who they are, what they prove, and what they leave.

use zegel_wire::server::{FactorKind, GuestView};

use super::messages::{GuestColumns, factor, factor_number, guest_view};
use super::{Database, DatabaseError, MOST_TRIES, WriteError};
use crate::problem::Refusal;
use crate::text::{Hash, Id};

/// A guest, or the kind of factor of one, among whom a typed address is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) guest: Id,
    pub(crate) address: Option<Hash>,
    pub(crate) factor: FactorKind,
    pub(crate) recalled: bool,
}

/// The row of a guest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GuestRow {
    pub(crate) factor: FactorKind,
    pub(crate) address: Option<Hash>,
    pub(crate) recalled: bool,
    pub(crate) delivered: bool,
}

/// Something that is judged: at most ten times for each message and guest.
pub(crate) struct Guess {
    pub(crate) message: Id,
    pub(crate) guest: Id,
    /// Says whether it is right, given the verifier of the row. Runs once, where guesses are judged one after the other.
    pub(crate) check: Box<dyn FnOnce(Option<Hash>) -> bool + Send>,
    pub(crate) releases: Releases,
    pub(crate) now: i64,
    /// The time that has come for sure, by which things end.
    pub(crate) surely: i64,
}

impl std::fmt::Debug for Guess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guess").field("message", &self.message).finish_non_exhaustive()
    }
}

/// What a right guess leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Releases {
    /// Only the next step.
    Nothing,
    /// The share.
    Share,
}

/// How a guess was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// No try is left; it was not judged.
    Locked,
    /// It is right; whether the share is released for the first time.
    Right { first: bool },
    /// It is wrong; so many tries are left.
    Wrong { left: u8 },
}

/// Guest, address, factor, recalled.
type CandidateColumns = (Vec<u8>, Option<Vec<u8>>, i64, i64);
/// Factor, address, recalled, delivered at.
type RowColumns = (i64, Option<Vec<u8>>, i64, Option<i64>);
/// State and end of the message, tries; recalled, verifier and delivered at of the guest.
type GuessColumns = (i64, i64, Option<i64>, Option<i64>, Option<Vec<u8>>, Option<i64>);

impl Database {
    /// Lists who may open a message, in the sender's order.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn candidates(&self, message: Id) -> Result<Vec<Candidate>, DatabaseError> {
        let rows: Vec<CandidateColumns> = sqlx::query_as(
            "SELECT guest, address, factor, recalled FROM guests WHERE message = ? ORDER BY number",
        )
        .bind(message.as_bytes().to_vec())
        .fetch_all(&self.readers)
        .await?;
        Ok(rows
            .into_iter()
            .filter_map(|(guest, address, number, recalled)| {
                Some(Candidate {
                    guest: Id::from_row(&guest)?,
                    address: address.as_deref().and_then(Hash::from_row),
                    factor: factor(number),
                    recalled: recalled != 0,
                })
            })
            .collect())
    }

    /// Finds one guest.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn guest(&self, message: Id, guest: Id) -> Result<Option<GuestRow>, DatabaseError> {
        let row: Option<RowColumns> = sqlx::query_as(
            "SELECT factor, address, recalled, delivered_at FROM guests WHERE message = ? AND guest = ?",
        )
        .bind(message.as_bytes().to_vec())
        .bind(guest.as_bytes().to_vec())
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.map(|(number, address, recalled, delivered)| GuestRow {
            factor: factor(number),
            address: address.as_deref().and_then(Hash::from_row),
            recalled: recalled != 0,
            delivered: delivered.is_some(),
        }))
    }

    /// Returns a guest as the sender sees them.
    ///
    /// # Errors
    /// When there is none (404), or the database fails.
    pub(crate) async fn guest_view(&self, message: Id, guest: Id) -> Result<GuestView, Refusal> {
        let row: Option<GuestColumns> = sqlx::query_as(
            "SELECT g.message, g.guest, g.factor, g.recalled, g.delivered_at, g.wrong_number_at, t.tries \
             FROM guests g LEFT JOIN tries t ON t.message = g.message AND t.guest = g.guest \
             WHERE g.message = ? AND g.guest = ?",
        )
        .bind(message.as_bytes().to_vec())
        .bind(guest.as_bytes().to_vec())
        .fetch_optional(&self.readers)
        .await
        .map_err(DatabaseError::from)?;
        row.and_then(guest_view).map(|(_, view)| view).ok_or_else(Refusal::not_found)
    }

    /// Judges a guess, and counts it when it is wrong.
    ///
    /// Guesses are judged one after the other, and the count is on the disk before anybody hears of it: a thousand at
    /// once, or a restart in between, make no more than ten (T5). A guess for somebody who is no guest counts alike (T32).
    ///
    /// # Errors
    /// When the message or the guest is recalled or expired (410), or the database fails.
    pub(crate) async fn judge(&self, guess: Guess) -> Result<Judgement, WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    let Guess { message, guest, check, releases, now, surely } = guess;
                    let row: Option<GuessColumns> = sqlx::query_as(
                        "SELECT m.state, m.expires_at, t.tries, g.recalled, g.verifier, g.delivered_at FROM messages m \
                         LEFT JOIN guests g ON g.message = m.id AND g.guest = ?2 \
                         LEFT JOIN tries t ON t.message = m.id AND t.guest = ?2 WHERE m.id = ?1",
                    )
                    .bind(message.as_bytes().to_vec())
                    .bind(guest.as_bytes().to_vec())
                    .fetch_optional(&mut *connection)
                    .await?;
                    let (state, ends, tries, recalled, verifier, delivered) =
                        row.ok_or_else(|| Refusal::gone("expired"))?;
                    if state == 2 || recalled == Some(1) {
                        return Err(Refusal::gone("recalled").into());
                    }
                    if state == 3 || ends <= surely {
                        return Err(Refusal::gone("expired").into());
                    }
                    let tries = tries.unwrap_or(0);
                    if tries >= MOST_TRIES {
                        return Ok(Judgement::Locked);
                    }
                    let is_guest = recalled.is_some();
                    let right = check(verifier.as_deref().and_then(Hash::from_row)) && is_guest && state == 1;
                    if !right {
                        sqlx::query(
                            "INSERT INTO tries (message, guest, tries) VALUES (?, ?, 1) \
                             ON CONFLICT (message, guest) DO UPDATE SET tries = tries + 1",
                        )
                        .bind(message.as_bytes().to_vec())
                        .bind(guest.as_bytes().to_vec())
                        .execute(connection)
                        .await?;
                        let left = u8::try_from(MOST_TRIES - tries - 1).unwrap_or(0);
                        return Ok(Judgement::Wrong { left });
                    }
                    let first = releases == Releases::Share && delivered.is_none();
                    if first {
                        sqlx::query("UPDATE guests SET delivered_at = ? WHERE message = ? AND guest = ?")
                            .bind(now)
                            .bind(message.as_bytes().to_vec())
                            .bind(guest.as_bytes().to_vec())
                            .execute(connection)
                            .await?;
                    }
                    Ok(Judgement::Right { first })
                })
            })
            .await
    }

    /// Gives a guest another factor.
    ///
    /// # Errors
    /// When the guest opened already (409), is recalled (410), or the database fails.
    pub(crate) async fn change_factor(
        &self,
        message: Id,
        guest: Id,
        factor: FactorKind,
        verifier: Option<Hash>,
    ) -> Result<(), WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    let changed = sqlx::query(
                        "UPDATE guests SET factor = ?, verifier = ?, wrong_number_at = NULL \
                         WHERE message = ? AND guest = ? AND delivered_at IS NULL AND recalled = 0",
                    )
                    .bind(factor_number(factor))
                    .bind(verifier.map(|hash| hash.as_bytes().to_vec()))
                    .bind(message.as_bytes().to_vec())
                    .bind(guest.as_bytes().to_vec())
                    .execute(connection)
                    .await?;
                    if changed.rows_affected() == 1 {
                        Ok(())
                    } else {
                        Err(Refusal::conflict("the guest has opened the message").into())
                    }
                })
            })
            .await
    }

    /// Gives a guest ten new tries.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn unlock(&self, message: Id, guest: Id) -> Result<(), WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM tries WHERE message = ? AND guest = ?")
                        .bind(message.as_bytes().to_vec())
                        .bind(guest.as_bytes().to_vec())
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Notes that somebody with the link said that the number is not theirs; says whether that is new.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn wrong_number(&self, message: Id, guest: Id, now: i64) -> Result<bool, WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    let noted = sqlx::query(
                        "UPDATE guests SET wrong_number_at = ? \
                         WHERE message = ? AND guest = ? AND wrong_number_at IS NULL AND recalled = 0",
                    )
                    .bind(now)
                    .bind(message.as_bytes().to_vec())
                    .bind(guest.as_bytes().to_vec())
                    .execute(connection)
                    .await?;
                    Ok(noted.rows_affected() == 1)
                })
            })
            .await
    }

    /// Keeps the first receipt of a guest; says whether it is the first.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn guest_receipt(
        &self,
        message: Id,
        guest: Id,
        receipt: String,
    ) -> Result<bool, WriteError> {
        self.receipt(message, guest.as_bytes().to_vec(), receipt, None).await
    }

    /// Keeps a receipt of a key holder, at most as many as there are openers; says whether it is new.
    ///
    /// # Errors
    /// When there are as many as there may be (409), or the database fails.
    pub(crate) async fn key_receipt(
        &self,
        message: Id,
        receipt: String,
        openers: i64,
    ) -> Result<bool, WriteError> {
        let name = Hash::of(receipt.as_bytes()).as_bytes().to_vec();
        self.receipt(message, name, receipt, Some(openers)).await
    }

    async fn receipt(
        &self,
        message: Id,
        opener: Vec<u8>,
        receipt: String,
        most: Option<i64>,
    ) -> Result<bool, WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    let inserted = sqlx::query(
                        "INSERT INTO receipts (message, opener, receipt) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    )
                    .bind(message.as_bytes().to_vec())
                    .bind(opener)
                    .bind(receipt)
                    .execute(&mut *connection)
                    .await?;
                    if let Some(most) = most {
                        // Names of guests have 16 bytes, those of key holders' receipts 32.
                        let (have,): (i64,) = sqlx::query_as(
                            "SELECT count(*) FROM receipts WHERE message = ? AND length(opener) = 32",
                        )
                        .bind(message.as_bytes().to_vec())
                        .fetch_one(connection)
                        .await?;
                        if have > most {
                            return Err(Refusal::conflict("every opener has posted a receipt").into());
                        }
                    }
                    Ok(inserted.rows_affected() == 1)
                })
            })
            .await
    }
}
