//! Messages, as their senders make, see and end them.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;
use zegel_wire::server::{FactorKind, GuestState, GuestView, MessageState, MessageView, PartState};

use super::parts::{self, Owner};
use super::{Database, DatabaseError, MOST_TRIES, WriteError};
use crate::clock;
use crate::problem::Refusal;
use crate::text::{Hash, Id};

/// How many messages a page of the log has.
pub(crate) const PAGE: usize = 200;

/// What became of a message, as its row says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Uploading,
    Ready,
    Recalled,
    Expired,
}

impl State {
    const fn from_row(number: i64) -> Self {
        match number {
            0 => Self::Uploading,
            1 => Self::Ready,
            2 => Self::Recalled,
            _ => Self::Expired,
        }
    }

    pub(super) const fn number(self) -> i64 {
        match self {
            Self::Uploading => 0,
            Self::Ready => 1,
            Self::Recalled => 2,
            Self::Expired => 3,
        }
    }

    const fn view(self) -> MessageState {
        match self {
            Self::Uploading => MessageState::Uploading,
            Self::Ready => MessageState::Ready,
            Self::Recalled => MessageState::Recalled,
            Self::Expired => MessageState::Expired,
        }
    }
}

/// The row of a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MessageHead {
    pub(crate) id: Id,
    pub(crate) member: i64,
    pub(crate) state: State,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) request: Hash,
    pub(crate) fetch_token: Option<Hash>,
    pub(crate) openers: i64,
    seq: i64,
}

impl MessageHead {
    /// Returns the state at a time: what is past its end counts as expired before anybody sweeps it.
    pub(crate) const fn state_at(&self, now: i64) -> State {
        match self.state {
            State::Uploading | State::Ready if self.expires_at <= now => State::Expired,
            state => state,
        }
    }

    /// Refuses what is recalled or expired.
    ///
    /// # Errors
    /// 410, with the reason.
    pub(crate) fn must_live(&self, now: i64) -> Result<(), Refusal> {
        match self.state_at(now) {
            State::Recalled => Err(Refusal::gone("recalled")),
            State::Expired => Err(Refusal::gone("expired")),
            State::Ready | State::Uploading => Ok(()),
        }
    }
}

/// A part that comes with a message or reply.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewPart {
    pub(crate) size: u64,
    pub(crate) hash: Hash,
    pub(crate) here: bool,
}

/// A guest that comes with a message; share, envelope and number are in a file by then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewGuest {
    pub(crate) guest: Id,
    pub(crate) address: Hash,
    pub(crate) factor: FactorKind,
    pub(crate) verifier: Option<Hash>,
}

/// A message that is created.
#[derive(Debug, Clone)]
pub(crate) struct NewMessage {
    pub(crate) id: Id,
    pub(crate) member: i64,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) request: Hash,
    pub(crate) fetch_token: Option<Hash>,
    pub(crate) openers: u16,
    pub(crate) size: u64,
    pub(crate) parts: Vec<NewPart>,
    pub(crate) guests: Vec<NewGuest>,
}

impl NewMessage {
    /// Returns the message as its sender sees it right after its creation.
    pub(crate) fn view(&self) -> MessageView {
        let ready = self.parts.iter().all(|part| part.here);
        let parts = self.parts.iter();
        let guests = self.guests.iter();
        MessageView {
            message: self.id.to_string(),
            state: if ready { MessageState::Ready } else { MessageState::Uploading },
            created_at: clock::text(self.created_at),
            expires_at: clock::text(self.expires_at),
            parts: parts
                .map(|part| PartState { size: part.size, received: if part.here { part.size } else { 0 } })
                .collect(),
            guests: guests
                .map(|guest| GuestView {
                    guest: guest.guest.to_string(),
                    factor: guest.factor,
                    state: GuestState::Waiting,
                    tries_left: u8::try_from(MOST_TRIES).unwrap_or(0),
                    delivered_at: None,
                    wrong_number_at: None,
                })
                .collect(),
            receipts: Vec::new(),
        }
    }
}

pub(super) const fn factor_number(factor: FactorKind) -> i64 {
    match factor {
        FactorKind::Mail => 1,
        FactorKind::Sms => 2,
        _ => 0,
    }
}

pub(super) const fn factor(number: i64) -> FactorKind {
    match number {
        1 => FactorKind::Mail,
        2 => FactorKind::Sms,
        _ => FactorKind::Code,
    }
}

type HeadColumns = (Vec<u8>, i64, i64, i64, i64, Vec<u8>, Option<Vec<u8>>, i64, i64);

fn head(row: HeadColumns) -> Option<MessageHead> {
    let (id, member, state, created_at, expires_at, request, fetch_token, openers, seq) = row;
    Some(MessageHead {
        id: Id::from_row(&id)?,
        member,
        state: State::from_row(state),
        created_at,
        expires_at,
        request: Hash::from_row(&request)?,
        fetch_token: fetch_token.as_deref().and_then(Hash::from_row),
        openers,
        seq,
    })
}

impl Database {
    /// Finds a message.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn message(&self, id: Id) -> Result<Option<MessageHead>, DatabaseError> {
        let row: Option<HeadColumns> = sqlx::query_as(
            "SELECT id, member, state, created_at, expires_at, request, fetch_token, openers, seq \
             FROM messages WHERE id = ?",
        )
        .bind(id.as_bytes().to_vec())
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.and_then(head))
    }

    /// Creates a message whose files are on the disk.
    ///
    /// # Errors
    /// When the id is taken (409), the quota is used up (413), or the database fails.
    pub(crate) async fn create_message(&self, new: NewMessage) -> Result<(), WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    take_quota(connection, new.member, new.size).await?;
                    let ready = new.parts.iter().all(|part| part.here);
                    let state = if ready { State::Ready } else { State::Uploading };
                    let inserted = sqlx::query(
                        "INSERT INTO messages (id, member, state, created_at, expires_at, request, fetch_token, openers, \
                         size) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                    )
                    .bind(new.id.as_bytes().to_vec())
                    .bind(new.member)
                    .bind(state.number())
                    .bind(new.created_at)
                    .bind(new.expires_at)
                    .bind(new.request.as_bytes().to_vec())
                    .bind(new.fetch_token.map(|hash| hash.as_bytes().to_vec()))
                    .bind(i64::from(new.openers))
                    .bind(i64::try_from(new.size).unwrap_or(i64::MAX))
                    .execute(&mut *connection)
                    .await?;
                    if inserted.rows_affected() != 1 {
                        return Err(Refusal::conflict("there is another message of this id").into());
                    }
                    parts::insert(connection, Owner::Message(new.id), &new.parts).await?;
                    for (number, guest) in (0_i64..).zip(&new.guests) {
                        sqlx::query(
                            "INSERT INTO guests (message, guest, number, address, factor, verifier) \
                             VALUES (?, ?, ?, ?, ?, ?)",
                        )
                        .bind(new.id.as_bytes().to_vec())
                        .bind(guest.guest.as_bytes().to_vec())
                        .bind(number)
                        .bind(guest.address.as_bytes().to_vec())
                        .bind(factor_number(guest.factor))
                        .bind(guest.verifier.map(|hash| hash.as_bytes().to_vec()))
                        .execute(&mut *connection)
                        .await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Notes that a part is whole, and makes the message ready when it was the last.
    ///
    /// # Errors
    /// When the message ended in between (410), or the database fails.
    pub(crate) async fn complete_message_part(&self, message: Id, number: u32) -> Result<(), WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    if parts::complete(connection, Owner::Message(message), number).await? {
                        sqlx::query("UPDATE messages SET state = 1 WHERE id = ? AND state = 0")
                            .bind(message.as_bytes().to_vec())
                            .execute(&mut *connection)
                            .await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Gives a message another end.
    ///
    /// # Errors
    /// When it has ended in between (410), or the database fails.
    pub(crate) async fn extend(&self, message: Id, expires_at: i64) -> Result<(), WriteError> {
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    let changed =
                        sqlx::query("UPDATE messages SET expires_at = ? WHERE id = ? AND state < 2")
                            .bind(expires_at)
                            .bind(message.as_bytes().to_vec())
                            .execute(connection)
                            .await?;
                    if changed.rows_affected() == 1 { Ok(()) } else { Err(Refusal::gone("expired").into()) }
                })
            })
            .await
    }

    /// Returns a message as its sender sees it.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn message_view(
        &self,
        head: MessageHead,
        now: i64,
    ) -> Result<MessageView, DatabaseError> {
        Ok(self.views(vec![head], now).await?.pop().unwrap_or_else(|| empty(&head, now)))
    }

    /// Returns a page of a member's messages after a cursor, oldest first, and the cursor of the next.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn message_page(
        &self,
        member: i64,
        after: i64,
        now: i64,
    ) -> Result<(Vec<MessageView>, Option<i64>), DatabaseError> {
        let rows: Vec<HeadColumns> = sqlx::query_as(
            "SELECT id, member, state, created_at, expires_at, request, fetch_token, openers, seq \
             FROM messages WHERE member = ? AND seq > ? ORDER BY seq LIMIT ?",
        )
        .bind(member)
        .bind(after)
        .bind(i64::try_from(PAGE + 1).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await?;
        let mut heads: Vec<MessageHead> = rows.into_iter().filter_map(head).collect();
        let more = heads.len() > PAGE;
        heads.truncate(PAGE);
        let next = if more { heads.last().map(|head| head.seq) } else { None };
        Ok((self.views(heads, now).await?, next))
    }

    async fn views(&self, heads: Vec<MessageHead>, now: i64) -> Result<Vec<MessageView>, DatabaseError> {
        let (Some(first), Some(last)) = (heads.first(), heads.last()) else { return Ok(Vec::new()) };
        let (member, from, to) = (first.member, first.seq, last.seq);
        let mut views: BTreeMap<Id, MessageView> =
            heads.iter().map(|head| (head.id, empty(head, now))).collect();
        let parts: Vec<(Vec<u8>, i64, i64)> = sqlx::query_as(
            "SELECT p.owner, p.size, p.received FROM messages m JOIN parts p ON p.kind = 0 AND p.owner = m.id \
             WHERE m.member = ? AND m.seq BETWEEN ? AND ? ORDER BY m.seq, p.number",
        )
        .bind(member)
        .bind(from)
        .bind(to)
        .fetch_all(&self.readers)
        .await?;
        for (message, size, received) in parts {
            if let Some(view) = Id::from_row(&message).and_then(|id| views.get_mut(&id)) {
                view.parts.push(PartState { size: size.cast_unsigned(), received: received.cast_unsigned() });
            }
        }
        let guests: Vec<GuestColumns> = sqlx::query_as(
            "SELECT g.message, g.guest, g.factor, g.recalled, g.delivered_at, g.wrong_number_at, t.tries \
             FROM messages m JOIN guests g ON g.message = m.id \
             LEFT JOIN tries t ON t.message = g.message AND t.guest = g.guest \
             WHERE m.member = ? AND m.seq BETWEEN ? AND ? ORDER BY m.seq, g.number",
        )
        .bind(member)
        .bind(from)
        .bind(to)
        .fetch_all(&self.readers)
        .await?;
        for row in guests {
            let Some((message, guest)) = guest_view(row) else { continue };
            if let Some(view) = views.get_mut(&message) {
                view.guests.push(guest);
            }
        }
        let receipts: Vec<(Vec<u8>, String)> = sqlx::query_as(
            "SELECT r.message, r.receipt FROM messages m JOIN receipts r ON r.message = m.id \
             WHERE m.member = ? AND m.seq BETWEEN ? AND ? ORDER BY m.seq, r.opener",
        )
        .bind(member)
        .bind(from)
        .bind(to)
        .fetch_all(&self.readers)
        .await?;
        for (message, receipt) in receipts {
            if let Some(view) = Id::from_row(&message).and_then(|id| views.get_mut(&id)) {
                view.receipts.push(receipt);
            }
        }
        Ok(heads.iter().filter_map(|head| views.remove(&head.id)).collect())
    }
}

/// Message, guest, factor, recalled, delivered at, wrong number at, tries.
pub(super) type GuestColumns = (Vec<u8>, Vec<u8>, i64, i64, Option<i64>, Option<i64>, Option<i64>);

pub(super) fn guest_view(row: GuestColumns) -> Option<(Id, GuestView)> {
    let (message, guest, number, recalled, delivered_at, wrong_number_at, tries) = row;
    let left = MOST_TRIES - tries.unwrap_or(0).clamp(0, MOST_TRIES);
    let state = if recalled != 0 {
        GuestState::Recalled
    } else if left == 0 {
        GuestState::Locked
    } else if delivered_at.is_some() {
        GuestState::Delivered
    } else {
        GuestState::Waiting
    };
    let view = GuestView {
        guest: Id::from_row(&guest)?.to_string(),
        factor: factor(number),
        state,
        tries_left: u8::try_from(left).unwrap_or(0),
        delivered_at: delivered_at.map(clock::text),
        wrong_number_at: wrong_number_at.map(clock::text),
    };
    Some((Id::from_row(&message)?, view))
}

fn empty(head: &MessageHead, now: i64) -> MessageView {
    MessageView {
        message: head.id.to_string(),
        state: head.state_at(now).view(),
        created_at: clock::text(head.created_at),
        expires_at: clock::text(head.expires_at),
        parts: Vec::new(),
        guests: Vec::new(),
        receipts: Vec::new(),
    }
}

/// Takes bytes out of a member's quota.
pub(super) async fn take_quota(
    connection: &mut SqliteConnection,
    member: i64,
    size: u64,
) -> Result<(), WriteError> {
    let size = i64::try_from(size).map_err(|_| Refusal::too_large("quota"))?;
    let taken = sqlx::query("UPDATE members SET used = used + ?1 WHERE id = ?2 AND used + ?1 <= quota")
        .bind(size)
        .bind(member)
        .execute(connection)
        .await?;
    if taken.rows_affected() == 1 { Ok(()) } else { Err(Refusal::too_large("quota").into()) }
}
