//! Opening: the second factor is judged, and the share is released.

use axum::extract::State;
use axum::http::StatusCode;
use zegel_wire::server::{EventKind, FactorKind, OpenRequest, OpenView, PartView};

use super::answer::{Answer, json};
use super::auth::Guest;
use super::create::GuestFile;
use super::guest::visible;
use super::request::Json;
use crate::blobs::Key;
use crate::clock;
use crate::db::{Guess, Judgement, Owner, Releases};
use crate::problem::Refusal;
use crate::sessions::Session;
use crate::state::{App, Server};
use crate::text::{Hash, Secret, base64};

/// Has a guess judged; a wrong one is refused with the tries that are left.
///
/// Returns whether the share is released for the first time.
pub(super) async fn judged(app: &Server, session: &Session, guess: Guess) -> Result<bool, Refusal> {
    match app.db.judge(guess).await? {
        Judgement::Right { first } => Ok(first),
        Judgement::Locked => Err(Refusal::locked()),
        Judgement::Wrong { left } => {
            let is_guest = app.db.guest(session.message, session.guest).await?.is_some();
            if left == 0 && is_guest {
                app.tell(session.member, EventKind::Locked, session.message, Some(session.guest));
            }
            Err(Refusal::wrong_code(left))
        }
    }
}

pub(super) async fn open(
    State(app): State<App>,
    Guest(session): Guest,
    Json(request): Json<OpenRequest>,
) -> Answer {
    let check = check(&app, &session, request)?;
    // Shared with other openings; a recall waits for it, and whoever comes after the recall finds nothing (R13).
    let _shared = app.locks.shared(session.message).await;
    let head = visible(&app, session.message).await?;
    let guess = Guess {
        message: session.message,
        guest: session.guest,
        check,
        releases: Releases::Share,
        now: app.clock.now(),
        surely: app.clock.surely(),
    };
    let first = judged(&app, &session, guess).await?;
    let bytes = app.blobs.read(Key::Guest(session.message, session.guest)).await?;
    let (file, envelope) = bytes.as_deref().and_then(GuestFile::read).ok_or_else(|| {
        tracing::error!("a guest has a row and no file; run fsck");
        Refusal::unavailable()
    })?;
    let parts = app.db.parts(Owner::Message(session.message)).await?;
    let view = OpenView {
        share: file.share.clone(),
        envelope: base64(envelope),
        parts: parts.iter().map(|part| PartView { size: part.size, hash: part.hash.to_string() }).collect(),
        expires_at: clock::text(head.expires_at),
    };
    session.open();
    if first {
        app.tell(session.member, EventKind::Delivered, session.message, Some(session.guest));
    }
    json(StatusCode::OK, &view)
}

type Check = Box<dyn FnOnce(Option<Hash>) -> bool + Send>;

/// Returns how the second factor is judged; a request of the wrong shape is no try.
fn check(app: &App, session: &std::sync::Arc<Session>, request: OpenRequest) -> Result<Check, Refusal> {
    match (session.factor, request.code, request.verifier) {
        (FactorKind::Code, None, Some(verifier)) => {
            let verifier =
                Secret::parse(verifier.expose()).ok_or_else(|| Refusal::bad_request("verifier"))?.hash();
            Ok(Box::new(move |kept| kept.is_some_and(|kept| kept.fits(&verifier))))
        }
        (FactorKind::Mail | FactorKind::Sms, Some(code), None) => {
            let digits = code.expose();
            if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(Refusal::bad_request("code"));
            }
            let code = app.keys.derive_code(&session.name, digits);
            let session = std::sync::Arc::clone(session);
            Ok(Box::new(move |_| session.use_code(&code)))
        }
        _ => Err(Refusal::bad_request("exactly the one of code and verifier that the factor needs")),
    }
}
