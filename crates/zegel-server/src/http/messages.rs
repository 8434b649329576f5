//! Messages, as their senders make, see and end them.

use axum::extract::State;
use axum::http::StatusCode;
use zegel_wire::server::{
    ChangeFactorRequest, CreateMessageRequest, EventKind, ExtendRequest, FactorKind, MessagePage,
};

use super::answer::{Answer, done, json};
use super::auth::{Fetcher, Member};
use super::create::{self, ENVELOPE, GuestFile};
use super::request::{After, Json, LARGE, Names, Raw};
use crate::blobs::{Key, Put};
use crate::db::{MessageHead, Owner, State as MessageState};
use crate::journal::Tombstone;
use crate::problem::Refusal;
use crate::state::{App, Server};
use crate::text::{self, Id, Secret};

/// The most bytes of a receipt.
const RECEIPT: usize = 1_024;

/// Finds a message of a member; somebody else's looks like none.
pub(super) async fn own(app: &Server, member: &Member, id: Id) -> Result<MessageHead, Refusal> {
    let head = app.db.message(id).await?;
    head.filter(|head| head.member == member.caller.member).ok_or_else(Refusal::not_found)
}

pub(super) async fn create(
    State(app): State<App>,
    member: Member,
    names: Names,
    Json(request): Json<CreateMessageRequest, LARGE>,
) -> Answer {
    let id = names.id("message")?;
    let hash = create::hash_request(&request)?;
    let _alone = app.locks.alone(id).await;
    if let Some(head) = app.db.message(id).await? {
        // The same again, at any later time, is answered alike (R6); an id of somebody else is not told apart from one's own.
        if head.member != member.caller.member || head.request != hash {
            return Err(Refusal::conflict("there is another message of this id"));
        }
        return json(StatusCode::OK, &app.db.message_view(head, app.clock.surely()).await?);
    }
    let checked = create::message(&app, id, member.caller.member, &request, hash)?;
    let free = member.caller.quota.saturating_sub(member.caller.used).cast_unsigned();
    if member.caller.quota < member.caller.used || checked.rows.size > free {
        return Err(Refusal::too_large("quota"));
    }
    app.blobs.must_have_room(checked.rows.size)?;
    let view = checked.rows.view();
    let stored = store(&app, checked).await;
    if let Err(refusal) = stored {
        // No row names these files; what cannot be erased now, the sweeper finds.
        let _ = app.blobs.erase(Owner::Message(id)).await;
        return Err(refusal);
    }
    json(StatusCode::CREATED, &view)
}

/// Stores files, then rows: a row never names what is not on the disk.
async fn store(app: &Server, checked: create::Checked<crate::db::NewMessage>) -> Result<(), Refusal> {
    app.blobs.add(checked.files).await?;
    Ok(app.db.create_message(checked.rows).await?)
}

pub(super) async fn list(State(app): State<App>, member: Member, After(after): After) -> Answer {
    let (messages, next) = app.db.message_page(member.caller.member, after, app.clock.surely()).await?;
    json(StatusCode::OK, &MessagePage { messages, next: next.map(|cursor| cursor.to_string()) })
}

pub(super) async fn view(State(app): State<App>, member: Member, names: Names) -> Answer {
    let head = own(&app, &member, names.id("message")?).await?;
    json(StatusCode::OK, &app.db.message_view(head, app.clock.surely()).await?)
}

pub(super) async fn extend(
    State(app): State<App>,
    member: Member,
    names: Names,
    Json(request): Json<ExtendRequest>,
) -> Answer {
    let id = names.id("message")?;
    let _alone = app.locks.alone(id).await;
    own(&app, &member, id).await?.must_live(app.clock.surely())?;
    app.db.extend(id, create::end(&request.expires_at, app.clock.now())?).await?;
    let head = own(&app, &member, id).await?;
    json(StatusCode::OK, &app.db.message_view(head, app.clock.surely()).await?)
}

pub(super) async fn recall(State(app): State<App>, member: Member, names: Names) -> Answer {
    let id = names.id("message")?;
    // Alone: whoever is being let in now is let in before, nobody after.
    let _alone = app.locks.alone(id).await;
    let head = own(&app, &member, id).await?;
    match head.state {
        MessageState::Recalled => {}
        MessageState::Expired => return Err(Refusal::gone("expired")),
        MessageState::Ready | MessageState::Uploading => {
            app.journal.add(vec![Tombstone::Recalled(id)]).await?;
            app.db.recall(id).await?;
            app.tell(head.member, EventKind::Recalled, id, None);
        }
    }
    app.erase(Owner::Message(id)).await?;
    done()
}

pub(super) async fn recall_guest(State(app): State<App>, member: Member, names: Names) -> Answer {
    let (id, guest) = (names.id("message")?, names.id("guest")?);
    let _alone = app.locks.alone(id).await;
    let head = own(&app, &member, id).await?;
    head.must_live(app.clock.surely())?;
    app.db.guest(id, guest).await?.ok_or_else(Refusal::not_found)?;
    app.journal.add(vec![Tombstone::Guest(id, guest)]).await?;
    let new = app.db.recall_guest(id, guest).await?;
    app.blobs.erase_one(Key::Guest(id, guest)).await?;
    if new {
        app.tell(head.member, EventKind::Recalled, id, Some(guest));
    }
    done()
}

pub(super) async fn change_factor(
    State(app): State<App>,
    member: Member,
    names: Names,
    Json(request): Json<ChangeFactorRequest, LARGE>,
) -> Answer {
    let (id, guest) = (names.id("message")?, names.id("guest")?);
    let renewed = match (&request.envelope, &request.share) {
        (None, None) => None,
        (Some(envelope), Some(share)) => {
            Secret::parse(share.expose()).ok_or_else(|| Refusal::bad_request("share"))?;
            Some((text::bytes(envelope, ENVELOPE, "envelope")?, share.clone()))
        }
        _ => return Err(Refusal::bad_request("envelope and share come together")),
    };
    let _alone = app.locks.alone(id).await;
    own(&app, &member, id).await?.must_live(app.clock.surely())?;
    let row = app.db.guest(id, guest).await?.ok_or_else(Refusal::not_found)?;
    if row.recalled {
        return Err(Refusal::gone("recalled"));
    }
    if row.delivered {
        return Err(Refusal::conflict("the guest has opened the message"));
    }
    let factor = create::factor(&app, id, row.address.as_ref(), &request.factor)?;
    // An access code is part of the key, so with it the envelope changes.
    let with_code = factor.kind == FactorKind::Code || row.factor == FactorKind::Code;
    if with_code != renewed.is_some() {
        return Err(Refusal::unprocessable("an envelope comes with another access code, and only then"));
    }
    let bytes = app.blobs.read(Key::Guest(id, guest)).await?.ok_or_else(Refusal::unavailable)?;
    let (file, old) = GuestFile::read(&bytes).ok_or_else(Refusal::unavailable)?;
    let bytes = match renewed {
        Some((envelope, share)) => GuestFile { share, contact: factor.contact }.write(&envelope)?,
        None => GuestFile { share: file.share, contact: factor.contact }.write(old)?,
    };
    app.blobs.must_have_room(bytes.len() as u64)?;
    // Whoever began with the old factor begins anew.
    app.sessions.end(id, guest);
    app.blobs.replace(Put { key: Key::Guest(id, guest), bytes }).await?;
    app.db.change_factor(id, guest, factor.kind, factor.verifier).await?;
    json(StatusCode::OK, &app.db.guest_view(id, guest).await?)
}

pub(super) async fn unlock(State(app): State<App>, member: Member, names: Names) -> Answer {
    let (id, guest) = (names.id("message")?, names.id("guest")?);
    own(&app, &member, id).await?.must_live(app.clock.surely())?;
    app.db.guest(id, guest).await?.ok_or_else(Refusal::not_found)?;
    app.db.unlock(id, guest).await?;
    json(StatusCode::OK, &app.db.guest_view(id, guest).await?)
}

/// Finds a message by its fetch token; without the right one it looks like none.
pub(super) async fn fetched(app: &Server, fetcher: &Fetcher, id: Id) -> Result<MessageHead, Refusal> {
    let head = app.db.message(id).await?.ok_or_else(Refusal::not_found)?;
    if head.fetch_token.is_some_and(|token| token.fits(&fetcher.0)) {
        head.must_live(app.clock.surely())?;
        return Ok(head);
    }
    Err(Refusal::not_found())
}

pub(super) async fn key_receipt(
    State(app): State<App>,
    fetcher: Fetcher,
    names: Names,
    Raw(body): Raw<RECEIPT>,
) -> Answer {
    let id = names.id("message")?;
    let head = fetched(&app, &fetcher, id).await?;
    let receipt = String::from_utf8(body.to_vec()).map_err(|_| Refusal::bad_request("receipt"))?;
    check_receipt(&receipt)?;
    if app.db.key_receipt(id, receipt, head.openers).await? {
        app.tell(head.member, EventKind::Receipt, id, None);
    }
    done()
}

/// Refuses what cannot be a receipt. The server cannot judge it; the sender's program does.
pub(super) fn check_receipt(receipt: &str) -> Result<(), Refusal> {
    if receipt.len() > RECEIPT {
        return Err(Refusal::too_large("receipt"));
    }
    let value: serde_json::Value =
        serde_json::from_str(receipt).map_err(|_| Refusal::bad_request("receipt"))?;
    if value.is_object() { Ok(()) } else { Err(Refusal::bad_request("receipt")) }
}
