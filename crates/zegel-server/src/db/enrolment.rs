//! Invitations, and devices that are enrolled with them.

use sqlx::SqliteConnection;

use super::{Database, MOST_TRIES, WriteError};
use crate::problem::Refusal;
use crate::text::{Hash, Id};

/// An invitation that is handed out; the secret itself is in no row.
#[derive(Debug, Clone)]
pub(crate) struct Invitation {
    pub(crate) hash: Hash,
    pub(crate) address: String,
    pub(crate) expires_at: i64,
    pub(crate) seed: [u8; 16],
}

/// Judges a code by the seed of the authenticator and the last step that counted; returns the step that counts now.
pub(crate) type TotpCheck = Box<dyn Fn(&[u8], i64) -> Option<i64> + Send>;

/// What proves that a new device is its member's.
pub(crate) enum Proof {
    /// A recovery code, as its hash.
    Recovery(Hash),
    /// A code of the authenticator.
    Totp(TotpCheck),
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proof(…)")
    }
}

/// How a confirmation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Confirmed {
    /// The device is enrolled; whether its member was new.
    Right { new: bool },
    /// Judged and wrong; so many tries are left.
    Wrong { left: u8 },
}

/// The device that an enrolment makes, and the recovery codes of a new member.
#[derive(Debug, Clone)]
pub(crate) struct NewDevice {
    pub(crate) id: Id,
    pub(crate) token: Hash,
    pub(crate) recovery_codes: Vec<Hash>,
    pub(crate) quota: i64,
}

/// The most devices of a member.
const MOST_DEVICES: i64 = 50;

impl Database {
    /// Stores an invitation.
    ///
    /// # Errors
    /// When the database fails, or the member is blocked (401).
    pub(crate) async fn invite(&self, invitation: Invitation) -> Result<(), WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    if member(connection, &invitation.address).await?.is_some_and(|member| member.blocked) {
                        return Err(Refusal::unauthorized().into());
                    }
                    sqlx::query(
                        "INSERT INTO invitations (hash, address, expires_at, seed) VALUES (?, ?, ?, ?)",
                    )
                    .bind(invitation.hash.as_bytes().to_vec())
                    .bind(invitation.address)
                    .bind(invitation.expires_at)
                    .bind(invitation.seed.to_vec())
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Begins an enrolment; returns the seed of a new member's authenticator.
    ///
    /// # Errors
    /// When the invitation is not valid for this address (401), or the database fails.
    pub(crate) async fn begin_enrolment(
        &self,
        invitation: Hash,
        address: String,
        enrolment: Hash,
        device: String,
        now: i64,
    ) -> Result<Option<Vec<u8>>, WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    let (invited, ends, tries, seed) =
                        invited(connection, invitation).await?.ok_or_else(Refusal::unauthorized)?;
                    if invited != address || ends <= now || tries >= MOST_TRIES {
                        return Err(Refusal::unauthorized().into());
                    }
                    let member = member(connection, &address).await?;
                    if member.as_ref().is_some_and(|member| member.blocked) {
                        return Err(Refusal::unauthorized().into());
                    }
                    sqlx::query("DELETE FROM enrolments WHERE invitation = ? OR expires_at <= ?")
                        .bind(invitation.as_bytes().to_vec())
                        .bind(now)
                        .execute(&mut *connection)
                        .await?;
                    sqlx::query(
                        "INSERT INTO enrolments (hash, invitation, device, expires_at) VALUES (?, ?, ?, ?)",
                    )
                    .bind(enrolment.as_bytes().to_vec())
                    .bind(invitation.as_bytes().to_vec())
                    .bind(device)
                    .bind(now + 3_600)
                    .execute(connection)
                    .await?;
                    Ok(member.is_none().then_some(seed))
                })
            })
            .await
    }

    /// Judges the proof of an enrolment, and makes the device when it is right.
    ///
    /// # Errors
    /// When there is no such enrolment (401), or the database fails.
    pub(crate) async fn confirm_enrolment(
        &self,
        enrolment: Hash,
        proof: Proof,
        device: NewDevice,
        now: i64,
    ) -> Result<Confirmed, WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    let row: Option<(Vec<u8>, String, i64)> = sqlx::query_as(
                        "SELECT invitation, device, expires_at FROM enrolments WHERE hash = ?",
                    )
                    .bind(enrolment.as_bytes().to_vec())
                    .fetch_optional(&mut *connection)
                    .await?;
                    let (invitation, name, ends) = row.ok_or_else(Refusal::unauthorized)?;
                    let invitation = Hash::from_row(&invitation).ok_or_else(Refusal::unauthorized)?;
                    let (address, invitation_ends, tries, seed) =
                        invited(connection, invitation).await?.ok_or_else(Refusal::unauthorized)?;
                    let known = member(connection, &address).await?;
                    let blocked = known.as_ref().is_some_and(|member| member.blocked);
                    if ends <= now || invitation_ends <= now || blocked {
                        return Err(Refusal::unauthorized().into());
                    }
                    let step = judge(connection, known.as_ref(), &seed, proof).await?;
                    let Some(step) = step else { return wrong(connection, invitation, tries).await };
                    let new = known.is_none();
                    let member = match known {
                        Some(member) => member.id,
                        None => insert(connection, &address, &seed, &device, now).await?,
                    };
                    if step > 0 {
                        sqlx::query("UPDATE members SET totp_step = ? WHERE id = ?")
                            .bind(step)
                            .bind(member)
                            .execute(&mut *connection)
                            .await?;
                    }
                    let (devices,): (i64,) = sqlx::query_as("SELECT count(*) FROM devices WHERE member = ?")
                        .bind(member)
                        .fetch_one(&mut *connection)
                        .await?;
                    if devices >= MOST_DEVICES {
                        return Err(Refusal::too_large("devices").into());
                    }
                    sqlx::query(
                        "INSERT INTO devices (id, member, name, token, enrolled_at) VALUES (?, ?, ?, ?, ?)",
                    )
                    .bind(device.id.as_bytes().to_vec())
                    .bind(member)
                    .bind(name)
                    .bind(device.token.as_bytes().to_vec())
                    .bind(now)
                    .execute(&mut *connection)
                    .await?;
                    forget(connection, invitation).await?;
                    Ok(Confirmed::Right { new })
                })
            })
            .await
    }
}

struct Known {
    id: i64,
    blocked: bool,
    step: i64,
    seed: Option<Vec<u8>>,
}

async fn member(connection: &mut SqliteConnection, address: &str) -> Result<Option<Known>, sqlx::Error> {
    let row: Option<(i64, i64, i64, Option<Vec<u8>>)> = sqlx::query_as(
        "SELECT m.id, m.blocked, m.totp_step, a.seed FROM members m LEFT JOIN authenticators a ON a.member = m.id \
         WHERE m.address = ?",
    )
    .bind(address.to_owned())
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|(id, blocked, step, seed)| Known { id, blocked: blocked != 0, step, seed }))
}

async fn invited(
    connection: &mut SqliteConnection,
    invitation: Hash,
) -> Result<Option<(String, i64, i64, Vec<u8>)>, sqlx::Error> {
    sqlx::query_as("SELECT address, expires_at, tries, seed FROM invitations WHERE hash = ?")
        .bind(invitation.as_bytes().to_vec())
        .fetch_optional(connection)
        .await
}

/// Returns the time step that counts, 0 for a recovery code, or nothing for what is wrong.
async fn judge(
    connection: &mut SqliteConnection,
    known: Option<&Known>,
    invited_seed: &[u8],
    proof: Proof,
) -> Result<Option<i64>, sqlx::Error> {
    match (proof, known) {
        (Proof::Totp(check), None) => Ok(check(invited_seed, 0)),
        (Proof::Totp(check), Some(member)) => {
            Ok(member.seed.as_ref().and_then(|seed| check(seed, member.step)))
        }
        (Proof::Recovery(_), None) => Ok(None),
        (Proof::Recovery(hash), Some(member)) => {
            let used = sqlx::query("DELETE FROM recovery_codes WHERE member = ? AND hash = ?")
                .bind(member.id)
                .bind(hash.as_bytes().to_vec())
                .execute(connection)
                .await?;
            Ok((used.rows_affected() == 1).then_some(0))
        }
    }
}

async fn wrong(
    connection: &mut SqliteConnection,
    invitation: Hash,
    tries: i64,
) -> Result<Confirmed, WriteError> {
    let tries = tries + 1;
    if tries >= MOST_TRIES {
        forget(connection, invitation).await?;
    } else {
        sqlx::query("UPDATE invitations SET tries = ? WHERE hash = ?")
            .bind(tries)
            .bind(invitation.as_bytes().to_vec())
            .execute(connection)
            .await?;
    }
    Ok(Confirmed::Wrong { left: u8::try_from(MOST_TRIES - tries).unwrap_or(0) })
}

async fn insert(
    connection: &mut SqliteConnection,
    address: &str,
    seed: &[u8],
    device: &NewDevice,
    now: i64,
) -> Result<i64, sqlx::Error> {
    let member = sqlx::query("INSERT INTO members (address, enrolled_at, quota) VALUES (?, ?, ?)")
        .bind(address.to_owned())
        .bind(now)
        .bind(device.quota)
        .execute(&mut *connection)
        .await?
        .last_insert_rowid();
    sqlx::query("INSERT INTO authenticators (member, seed) VALUES (?, ?)")
        .bind(member)
        .bind(seed.to_vec())
        .execute(&mut *connection)
        .await?;
    for code in &device.recovery_codes {
        sqlx::query("INSERT INTO recovery_codes (member, hash) VALUES (?, ?)")
            .bind(member)
            .bind(code.as_bytes().to_vec())
            .execute(&mut *connection)
            .await?;
    }
    Ok(member)
}

async fn forget(connection: &mut SqliteConnection, invitation: Hash) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM enrolments WHERE invitation = ?")
        .bind(invitation.as_bytes().to_vec())
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM invitations WHERE hash = ?")
        .bind(invitation.as_bytes().to_vec())
        .execute(connection)
        .await?;
    Ok(())
}
