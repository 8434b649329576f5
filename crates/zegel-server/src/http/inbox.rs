//! A member's inbox: sealed answers.

use axum::extract::State;
use axum::http::StatusCode;
use zegel_wire::server::{InboxPage, InboxView};

use super::answer::{Answer, done, json};
use super::auth::Member;
use super::create::read_envelopes;
use super::replies::parts;
use super::request::{After, Names};
use crate::blobs::Key;
use crate::clock;
use crate::db::Owner;
use crate::journal::Tombstone;
use crate::problem::Refusal;
use crate::state::App;
use crate::text::base64;

pub(super) async fn list(State(app): State<App>, member: Member, After(after): After) -> Answer {
    let (rows, next) = app.db.inbox(member.caller.member, after).await?;
    let mut replies = Vec::new();
    for row in rows {
        // Removed between the row and the file: then it is not in the inbox any more.
        let Some(bytes) = app.blobs.read(Key::Reply(row.id)).await? else { continue };
        let (envelope, _) = read_envelopes(&bytes).ok_or_else(Refusal::unavailable)?;
        replies.push(InboxView {
            reply: row.id.to_string(),
            message: row.message.to_string(),
            guest: row.guest.to_string(),
            received_at: clock::text(row.received_at),
            envelope: base64(envelope),
            parts: parts(&app, row.id).await?,
        });
    }
    json(StatusCode::OK, &InboxPage { replies, next: next.map(|cursor| cursor.to_string()) })
}

pub(super) async fn remove(State(app): State<App>, member: Member, names: Names) -> Answer {
    let id = names.id("reply")?;
    let _alone = app.locks.alone(id).await;
    let reply = app.db.reply(id).await?;
    let reply = reply.filter(|reply| reply.member == member.caller.member && reply.complete);
    let reply = reply.ok_or_else(Refusal::not_found)?;
    app.journal.add(vec![Tombstone::Reply(reply.id)]).await?;
    app.db.remove_reply(member.caller.member, id).await?;
    app.erase(Owner::Reply(id)).await?;
    done()
}
