//! A guest begins a session, asks for a code, says that a number is wrong, and posts a receipt.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use rand_core::{OsRng, RngCore as _};
use zegel_wire::server::{
    CodeRequest, CodeSentView, EventKind, FactorKind, ReceiptRequest, SessionRequest, SessionView,
};
use zeroize::Zeroizing;

use super::answer::{Answer, done, json};
use super::auth::Guest;
use super::create::{GuestFile, hash_address};
use super::messages::check_receipt;
use super::open::judged;
use super::request::Json;
use crate::address;
use crate::blobs::Key;
use crate::clock;
use crate::db::{Guess, MessageHead, Releases, State as MessageState};
use crate::problem::Refusal;
use crate::sessions::{CODE, Session, Who};
use crate::sms::{self, Sms};
use crate::state::{App, Server};
use crate::text::Id;

/// How many sessions of one message begin in ten minutes, beside ten for each of its guests.
const SESSIONS: u32 = 50;
const TEN_MINUTES: Duration = Duration::from_secs(600);
const HOUR: Duration = Duration::from_secs(3_600);

/// Finds a message that guests can see.
pub(super) async fn visible(app: &Server, id: Id) -> Result<MessageHead, Refusal> {
    let head = app.db.message(id).await?.ok_or_else(Refusal::not_found)?;
    head.must_live(app.clock.surely())?;
    if head.state == MessageState::Uploading {
        return Err(Refusal::not_found());
    }
    Ok(head)
}

pub(super) async fn begin(State(app): State<App>, Json(request): Json<SessionRequest>) -> Answer {
    let id = Id::parse(&request.message).ok_or_else(Refusal::not_found)?;
    let head = visible(&app, id).await?;
    let candidates = app.db.candidates(id).await?;
    let guests = u32::try_from(candidates.len()).unwrap_or(u32::MAX);
    let most = SESSIONS.saturating_add(guests.saturating_mul(10));
    app.budgets.take(app.keys.derive_counter("sessions", id.as_bytes()), most, TEN_MINUTES)?;
    // What is no address is nobody's, and is answered as such.
    let typed = request.address.expose().trim();
    if typed.len() > 320 {
        return Err(Refusal::bad_request("address"));
    }
    let canonical = address::canonical(typed).unwrap_or_else(|| typed.to_owned());
    let hash = hash_address(id, &canonical);
    let found =
        candidates.iter().rfind(|candidate| candidate.address.is_some_and(|address| address.fits(&hash)));
    let (guest, factor) = match found {
        Some(guest) if guest.recalled => return Err(Refusal::gone("recalled")),
        Some(guest) => (guest.guest, guest.factor),
        None => {
            let kinds: Vec<FactorKind> = candidates.iter().map(|candidate| candidate.factor).collect();
            if kinds.is_empty() {
                return Err(Refusal::not_found());
            }
            app.keys.derive_guest(id, &canonical, &kinds)
        }
    };
    let session = app.sessions.begin(Who { message: id, guest, member: head.member, factor })?;
    let view = SessionView {
        session: session.text(),
        guest: guest.to_string(),
        factor,
        expires_at: clock::text(head.expires_at),
    };
    json(StatusCode::CREATED, &view)
}

pub(super) async fn code(
    State(app): State<App>,
    Guest(session): Guest,
    Json(request): Json<CodeRequest>,
) -> Answer {
    if !matches!(request.language.as_str(), "en" | "nl") {
        return Err(Refusal::bad_request("language"));
    }
    visible(&app, session.message).await?;
    match (session.factor, &request.digits) {
        (FactorKind::Sms, Some(digits)) => {
            let digits = digits.expose();
            if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(Refusal::bad_request("digits"));
            }
            send_sms(&app, &session, Zeroizing::new(digits.to_owned()), &request.language).await?;
        }
        (FactorKind::Sms, None) => return Err(Refusal::bad_request("digits")),
        _ => return Err(Refusal::bad_request("factor")),
    }
    json(StatusCode::ACCEPTED, &CodeSentView { seconds: CODE.as_secs() })
}

/// Returns the number or address of a guest, or nothing for somebody who is none.
async fn contact(app: &Server, session: &Session) -> Result<Option<Zeroizing<String>>, Refusal> {
    let bytes = app.blobs.read(Key::Guest(session.message, session.guest)).await?;
    let file = bytes.as_deref().and_then(GuestFile::read);
    // EXPOSE: the code goes there.
    Ok(file.and_then(|(file, _)| Some(Zeroizing::new(file.contact?.expose().to_owned()))))
}

/// Sends a code after the last digits of the number were typed: a scanner does not know them, so it sends none (T33).
async fn send_sms(
    app: &App,
    session: &Session,
    digits: Zeroizing<String>,
    language: &str,
) -> Result<(), Refusal> {
    let number = contact(app, session).await?;
    let ending = number.clone();
    let guess = Guess {
        message: session.message,
        guest: session.guest,
        check: Box::new(move |_| ending.is_some_and(|number| number.ends_with(digits.as_str()))),
        releases: Releases::Nothing,
        now: app.clock.now(),
        surely: app.clock.surely(),
    };
    judged(app, session, guess).await?;
    let number = number.ok_or_else(Refusal::unavailable)?;
    let sms = &app.config.sms;
    app.budgets.take(app.keys.derive_counter("number", number.as_bytes()), sms.per_number, HOUR)?;
    app.budgets.take(app.keys.derive_counter("all", b""), sms.per_hour, HOUR)?;
    let code = make_code();
    session.keep_code(app.keys.derive_code(&session.name, &code));
    let text = Zeroizing::new(sms::text(language, &code, app.config.host()));
    let sent = app.gateways.send(Sms { number: &number, text: &text }).await;
    if sent.is_err() {
        session.drop_code();
    }
    sent
}

/// Makes six digits, each number as likely as the others.
fn make_code() -> Zeroizing<String> {
    loop {
        let number = OsRng.next_u32();
        // The largest multiple of a million below 2^32: what is above would make small numbers likelier.
        if number < 4_294_000_000 {
            return Zeroizing::new(format!("{:06}", number % 1_000_000));
        }
    }
}

pub(super) async fn wrong_number(State(app): State<App>, Guest(session): Guest) -> Answer {
    visible(&app, session.message).await?;
    // For somebody who is no guest there is no row, and the answer is the same.
    if app.db.wrong_number(session.message, session.guest, app.clock.now()).await? {
        app.tell(session.member, EventKind::WrongNumber, session.message, Some(session.guest));
    }
    done()
}

pub(super) async fn receipt(
    State(app): State<App>,
    Guest(session): Guest,
    Json(request): Json<ReceiptRequest>,
) -> Answer {
    session.must_be_open()?;
    check_receipt(&request.receipt)?;
    visible(&app, session.message).await?;
    if app.db.guest_receipt(session.message, session.guest, request.receipt).await? {
        app.tell(session.member, EventKind::Receipt, session.message, Some(session.guest));
    }
    done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_six_digits() {
        for _ in 0..100 {
            let code = make_code();
            assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
        }
    }
}
