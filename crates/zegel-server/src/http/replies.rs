//! A guest's sealed answers.

use axum::extract::State;
use axum::http::StatusCode;
use zegel_wire::server::{CreateReplyRequest, EventKind, PartView, ReplyPage, ReplyView};

use super::answer::{Answer, json};
use super::auth::Guest;
use super::create::{self, read_envelopes};
use super::guest::visible;
use super::request::{Json, LARGE, Names};
use crate::blobs::Key;
use crate::clock;
use crate::db::{NewReply, Owner, ReplyRow};
use crate::problem::Refusal;
use crate::sessions::Session;
use crate::state::{App, Server};
use crate::text::{Id, base64};

/// Refuses a session that may not answer (any more).
async fn may_answer(app: &Server, session: &Session) -> Result<(), Refusal> {
    session.must_be_open()?;
    visible(app, session.message).await?;
    match app.db.guest(session.message, session.guest).await? {
        Some(guest) if !guest.recalled => Ok(()),
        _ => Err(Refusal::gone("recalled")),
    }
}

/// Finds an answer of the guest of a session; somebody else's looks like none.
pub(super) async fn own(app: &Server, session: &Session, id: Id) -> Result<ReplyRow, Refusal> {
    may_answer(app, session).await?;
    let reply = app.db.reply(id).await?;
    let reply = reply
        .filter(|reply| reply.message == session.message && reply.guest == session.guest && !reply.removed);
    reply.ok_or_else(Refusal::not_found)
}

pub(super) async fn create(
    State(app): State<App>,
    Guest(session): Guest,
    names: Names,
    Json(request): Json<CreateReplyRequest, LARGE>,
) -> Answer {
    let id = names.id("reply")?;
    may_answer(&app, &session).await?;
    let hash = create::hash_request(&request)?;
    let _alone = app.locks.alone(id).await;
    if let Some(reply) = app.db.reply(id).await? {
        let own = reply.message == session.message && reply.guest == session.guest;
        if !own || reply.request != hash {
            return Err(Refusal::conflict("there is another reply of this id"));
        }
        if reply.removed {
            return Err(Refusal::gone("expired"));
        }
        return json(StatusCode::OK, &view(&app, &reply).await?);
    }
    let who = (session.message, session.guest, session.member);
    let checked = create::reply(&app, id, who, &request, hash)?;
    app.blobs.must_have_room(checked.rows.size)?;
    let complete = match store(&app, checked).await {
        Ok(complete) => complete,
        Err(refusal) => {
            // No row names these files; what cannot be erased now, the sweeper finds.
            let _ = app.blobs.erase(Owner::Reply(id)).await;
            return Err(refusal);
        }
    };
    if complete {
        app.tell(session.member, EventKind::Reply, session.message, Some(session.guest));
    }
    let reply = app.db.reply(id).await?.ok_or_else(Refusal::unavailable)?;
    json(StatusCode::CREATED, &view(&app, &reply).await?)
}

async fn store(app: &Server, checked: create::Checked<NewReply>) -> Result<bool, Refusal> {
    app.blobs.add(checked.files).await?;
    Ok(app.db.create_reply(checked.rows).await?)
}

pub(super) async fn list(State(app): State<App>, Guest(session): Guest) -> Answer {
    may_answer(&app, &session).await?;
    let mut replies = Vec::new();
    for reply in app.db.replies(session.message, session.guest).await? {
        replies.push(view(&app, &reply).await?);
    }
    json(StatusCode::OK, &ReplyPage { replies })
}

async fn view(app: &Server, reply: &ReplyRow) -> Result<ReplyView, Refusal> {
    let bytes = app.blobs.read(Key::Reply(reply.id)).await?.ok_or_else(Refusal::unavailable)?;
    let (_, own) = read_envelopes(&bytes).ok_or_else(Refusal::unavailable)?;
    Ok(ReplyView {
        reply: reply.id.to_string(),
        complete: reply.complete,
        created_at: clock::text(reply.created_at),
        own_envelope: base64(own),
        parts: parts(app, reply.id).await?,
    })
}

/// Lists the parts of an answer.
pub(super) async fn parts(app: &Server, reply: Id) -> Result<Vec<PartView>, Refusal> {
    let parts = app.db.parts(Owner::Reply(reply)).await?;
    Ok(parts.iter().map(|part| PartView { size: part.size, hash: part.hash.to_string() }).collect())
}
