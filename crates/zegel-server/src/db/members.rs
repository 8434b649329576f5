//! Members, their devices and their cards.

use super::{Database, DatabaseError, WriteError};
use crate::text::{Hash, Id};

/// A device that calls, and its member.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) device: Id,
    pub(crate) member: i64,
    pub(crate) address: String,
    pub(crate) used: i64,
    pub(crate) quota: i64,
    seen_on: Option<i64>,
}

/// A device.
#[derive(Debug, Clone)]
pub(crate) struct DeviceRow {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) enrolled_at: i64,
    pub(crate) seen_on: Option<i64>,
}

/// A member, for the administrator.
#[derive(Debug, Clone)]
pub(crate) struct MemberRow {
    pub(crate) address: String,
    pub(crate) blocked: bool,
    pub(crate) used: i64,
    pub(crate) quota: i64,
    pub(crate) devices: i64,
}

type CallerColumns = (Vec<u8>, i64, String, i64, i64, Option<i64>);

impl Database {
    /// Finds the device of a token, unless its member is blocked.
    ///
    /// Every call asks anew, so a device that is taken away or a member that is blocked is out at once (T7).
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn caller(&self, token: Hash) -> Result<Option<Caller>, DatabaseError> {
        let row: Option<CallerColumns> = sqlx::query_as(
            "SELECT d.id, m.id, m.address, m.used, m.quota, d.seen_on FROM devices d \
             JOIN members m ON m.id = d.member WHERE d.token = ? AND m.blocked = 0",
        )
        .bind(token.as_bytes().to_vec())
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.and_then(|(device, member, address, used, quota, seen_on)| {
            Some(Caller { device: Id::from_row(&device)?, member, address, used, quota, seen_on })
        }))
    }

    /// Notes the day on which a device was last seen.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn seen(&self, caller: &Caller, now: i64) -> Result<(), WriteError> {
        let day = now - now.rem_euclid(86_400);
        if caller.seen_on == Some(day) {
            return Ok(());
        }
        let device = caller.device;
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE devices SET seen_on = ? WHERE id = ?")
                        .bind(day)
                        .bind(device.as_bytes().to_vec())
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Lists a member's devices, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn devices(&self, member: i64) -> Result<Vec<DeviceRow>, DatabaseError> {
        let rows: Vec<(Vec<u8>, String, i64, Option<i64>)> = sqlx::query_as(
            "SELECT id, name, enrolled_at, seen_on FROM devices WHERE member = ? ORDER BY enrolled_at, id",
        )
        .bind(member)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows
            .into_iter()
            .filter_map(|(id, name, enrolled_at, seen_on)| {
                Some(DeviceRow { id: Id::from_row(&id)?, name, enrolled_at, seen_on })
            })
            .collect())
    }

    /// Takes a device away; says whether the member had it.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn remove_device(&self, member: i64, device: Id) -> Result<bool, WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    let removed = sqlx::query("DELETE FROM devices WHERE id = ? AND member = ?")
                        .bind(device.as_bytes().to_vec())
                        .bind(member)
                        .execute(&mut *connection)
                        .await?;
                    sqlx::query("UPDATE epoch SET value = value + 1").execute(connection).await?;
                    Ok(removed.rows_affected() == 1)
                })
            })
            .await
    }

    /// Blocks a member or lets them in again; says whether there is one.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn set_blocked(&self, address: String, blocked: i64) -> Result<bool, WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    let found = sqlx::query("UPDATE members SET blocked = ? WHERE address = ?")
                        .bind(blocked)
                        .bind(address.clone())
                        .execute(&mut *connection)
                        .await?;
                    if blocked != 0 {
                        // An invitation that is still out would let them in again.
                        sqlx::query("DELETE FROM invitations WHERE address = ?")
                            .bind(address)
                            .execute(&mut *connection)
                            .await?;
                    }
                    sqlx::query("UPDATE epoch SET value = value + 1").execute(connection).await?;
                    Ok(found.rows_affected() == 1)
                })
            })
            .await
    }

    /// Lists all members by address.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn members(&self) -> Result<Vec<MemberRow>, DatabaseError> {
        let rows: Vec<(String, i64, i64, i64, i64)> = sqlx::query_as(
            "SELECT address, blocked, used, quota, (SELECT count(*) FROM devices d WHERE d.member = m.id) \
             FROM members m ORDER BY address",
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(address, blocked, used, quota, devices)| MemberRow {
                address,
                blocked: blocked != 0,
                used,
                quota,
                devices,
            })
            .collect())
    }

    /// Puts a member's card into the directory, or takes it out.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn put_card(&self, member: i64, card: Option<CardRow>) -> Result<(), WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM cards WHERE member = ?")
                        .bind(member)
                        .execute(&mut *connection)
                        .await?;
                    let Some(card) = card else { return Ok(()) };
                    sqlx::query(
                        "INSERT INTO cards (member, name, domain, published, card) VALUES (?, ?, ?, ?, ?)",
                    )
                    .bind(member)
                    .bind(card.name)
                    .bind(card.domain)
                    .bind(i64::from(card.published))
                    .bind(card.card)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Finds the cards of a name in the directory; those of blocked members are not shown.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn cards(&self, name: &str) -> Result<Vec<CardRow>, DatabaseError> {
        let rows: Vec<(String, String, i64, String)> = sqlx::query_as(
            "SELECT c.name, c.domain, c.published, c.card FROM cards c JOIN members m ON m.id = c.member \
             WHERE c.name = ? AND m.blocked = 0 ORDER BY c.domain",
        )
        .bind(name.to_owned())
        .fetch_all(&self.readers)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(name, domain, published, card)| CardRow { name, domain, published: published != 0, card })
            .collect())
    }
}

/// A card of the directory.
#[derive(Debug, Clone)]
pub(crate) struct CardRow {
    pub(crate) name: String,
    pub(crate) domain: String,
    pub(crate) published: bool,
    pub(crate) card: String,
}
