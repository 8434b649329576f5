//! Parts that arrive in pieces: `HEAD` tells how far it is, `PATCH` brings more.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use http_body_util::BodyExt as _;
use zegel_wire::server::EventKind;

use super::answer::{Answer, offset};
use super::auth::{Guest, Member};
use super::messages::own;
use super::replies;
use super::request::Names;
use crate::blobs::{Key, Upload};
use crate::db::{Owner, PartRow};
use crate::problem::Refusal;
use crate::state::{App, Server};

/// How much is gathered before it is written, and how much is written before it is synced.
const GATHER: usize = 1 << 20;
const SYNC: u64 = 32 << 20;
/// How long a piece may keep us waiting.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn head_message(State(app): State<App>, member: Member, names: Names) -> Answer {
    let head = own(&app, &member, names.id("message")?).await?;
    head.must_live(app.clock.surely())?;
    let part = part(&app, Owner::Message(head.id), names.index()?).await?;
    offset(part.received)
}

pub(super) async fn head_reply(State(app): State<App>, Guest(session): Guest, names: Names) -> Answer {
    let reply = replies::own(&app, &session, names.id("reply")?).await?;
    let part = part(&app, Owner::Reply(reply.id), names.index()?).await?;
    offset(part.received)
}

pub(super) async fn patch_message(
    State(app): State<App>,
    member: Member,
    names: Names,
    request: Request,
) -> Answer {
    let (id, index) = (names.id("message")?, names.index()?);
    let head = own(&app, &member, id).await?;
    head.must_live(app.clock.surely())?;
    let end = receive(&app, Owner::Message(id), index, request).await;
    // What ended while it was being uploaded must leave nothing behind, also when the upload failed.
    if let Err(refusal) = own(&app, &member, id).await?.must_live(app.clock.surely()) {
        app.blobs.erase(Owner::Message(id)).await?;
        return Err(refusal);
    }
    offset(end?)
}

pub(super) async fn patch_reply(
    State(app): State<App>,
    Guest(session): Guest,
    names: Names,
    request: Request,
) -> Answer {
    let (id, index) = (names.id("reply")?, names.index()?);
    replies::own(&app, &session, id).await?;
    offset(receive(&app, Owner::Reply(id), index, request).await?)
}

async fn part(app: &Server, owner: Owner, index: u32) -> Result<PartRow, Refusal> {
    app.db.part(owner, index).await?.ok_or_else(Refusal::not_found)
}

/// Takes in what a request brings of a part, and returns how much of it is there for sure then.
async fn receive(app: &App, owner: Owner, index: u32, request: Request) -> Result<u64, Refusal> {
    let at = requested_offset(request.headers())?;
    let Some(_guard) = app.uploading.take(owner, index) else {
        let part = part(app, owner, index).await?;
        return Err(Refusal::offset(part.received));
    };
    let part = part(app, owner, index).await?;
    if part.received != at {
        return Err(Refusal::offset(part.received));
    }
    if part.complete {
        return Ok(part.received);
    }
    let announced =
        request.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|announced: u64| announced > part.size - at) {
        return Err(Refusal::too_large("part"));
    }
    app.blobs.must_have_room(part.size - at)?;
    let upload = app.blobs.upload(Key::Part(owner, index), at).await?;
    let (upload, received, came) = drain(app, owner, &part, upload, request.into_body()).await?;
    if received == part.size {
        finish(app, owner, &part, upload).await?;
        return Ok(received);
    }
    drop(upload);
    came.map(|()| received)
}

/// Writes a body to the end of an upload; what came before it broke off is kept.
async fn drain(
    app: &Server,
    owner: Owner,
    part: &PartRow,
    mut upload: Upload,
    mut body: Body,
) -> Result<(Upload, u64, Result<(), Refusal>), Refusal> {
    let (mut written, mut synced) = (part.received, part.received);
    let (mut pieces, mut gathered) = (Vec::new(), 0_usize);
    let came = loop {
        let piece = match tokio::time::timeout(PATIENCE, body.frame()).await {
            Ok(None) => break Ok(()),
            Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_else(|_| Bytes::new()),
            _ => break Err(Refusal::bad_request("the body did not come whole")),
        };
        if written + gathered as u64 + piece.len() as u64 > part.size {
            return Err(Refusal::too_large("part"));
        }
        gathered += piece.len();
        pieces.push(piece);
        if gathered >= GATHER {
            upload = upload.write(std::mem::take(&mut pieces)).await?;
            written += std::mem::take(&mut gathered) as u64;
        }
        if written - synced >= SYNC && written < part.size {
            upload = upload.sync().await?;
            synced = written;
            app.db.received(owner, part.number, synced).await?;
        }
    };
    upload = upload.write(pieces).await?;
    written += gathered as u64;
    if written > synced && written < part.size {
        upload = upload.sync().await?;
        app.db.received(owner, part.number, written).await?;
    }
    Ok((upload, written, came))
}

/// Judges the hash of a whole part, and gives it its name.
async fn finish(app: &App, owner: Owner, part: &PartRow, upload: Upload) -> Result<(), Refusal> {
    if !upload.finish(part.hash).await? {
        app.db.received(owner, part.number, 0).await?;
        return Err(Refusal::unprocessable("the hash of the part does not fit; it begins anew"));
    }
    match owner {
        Owner::Message(id) => app.db.complete_message_part(id, part.number).await?,
        Owner::Reply(id) => {
            if app.db.complete_reply_part(id, part.number, app.clock.now()).await?
                && let Some(reply) = app.db.reply(id).await?
            {
                app.tell(reply.member, EventKind::Reply, reply.message, Some(reply.guest));
            }
        }
    }
    Ok(())
}

fn requested_offset(headers: &HeaderMap) -> Result<u64, Refusal> {
    let text = headers.get("upload-offset").and_then(|value| value.to_str().ok());
    text.and_then(|text| text.parse().ok()).ok_or_else(|| Refusal::bad_request("upload-offset"))
}
