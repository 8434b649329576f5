//! Enrolment of devices.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use data_encoding::BASE32_NOPAD;
use rand_core::{OsRng, RngCore as _};
use zegel_wire::server::{
    ConfirmRequest, DeviceGrant, EnrolRequest, EnrolmentView, InvitationView, SecretText,
};

use super::answer::{Answer, json};
use super::auth::Member;
use super::request::Json;
use crate::address;
use crate::clock;
use crate::db::{Confirmed, Invitation, NewDevice, Proof};
use crate::problem::Refusal;
use crate::state::{App, Server};
use crate::text::{Hash, Id, Secret};

/// How long an invitation is valid.
const INVITATION: i64 = 7 * 86_400;
/// How many recovery codes a member gets.
const RECOVERY_CODES: usize = 10;
const HOUR: Duration = Duration::from_secs(3_600);

pub(super) async fn begin(State(app): State<App>, Json(request): Json<EnrolRequest>) -> Answer {
    app.budgets.take(
        app.keys.derive_counter("enrolments", b""),
        app.config.limits.enrolments_per_hour,
        HOUR,
    )?;
    let address = address::canonical(&request.address).ok_or_else(|| Refusal::bad_request("address"))?;
    let name = request.device.trim();
    if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
        return Err(Refusal::bad_request("device"));
    }
    let invitation =
        Secret::parse(request.invitation.expose()).ok_or_else(|| Refusal::bad_request("invitation"))?;
    let enrolment = Secret::make();
    let now = app.clock.now();
    let seed = app
        .db
        .begin_enrolment(invitation.hash(), address.clone(), enrolment.hash(), name.to_owned(), now)
        .await?;
    let totp = match seed {
        None => None,
        Some(seed) => {
            let url = app.keys.authenticator(&seed, &address, &app.config.name);
            Some(url.ok_or_else(Refusal::unavailable)?)
        }
    };
    json(StatusCode::CREATED, &EnrolmentView { enrolment: enrolment.text(), totp })
}

pub(super) async fn confirm(State(app): State<App>, Json(request): Json<ConfirmRequest>) -> Answer {
    let enrolment =
        Secret::parse(request.enrolment.expose()).ok_or_else(|| Refusal::bad_request("enrolment"))?;
    let now = app.clock.now();
    let proof = match (request.totp, request.recovery_code) {
        (Some(code), None) => {
            let app = App::clone(&app);
            Proof::Totp(Box::new(move |seed, last| app.keys.judge_totp(seed, code.expose(), last, now)))
        }
        (None, Some(code)) => Proof::Recovery(recovery_hash(code.expose())),
        _ => return Err(Refusal::bad_request("exactly one of totp and recovery_code")),
    };
    let token = Secret::make();
    let codes: Vec<SecretText> = (0..RECOVERY_CODES).map(|_| make_recovery_code()).collect();
    let device = NewDevice {
        id: Id::make(),
        token: token.hash(),
        recovery_codes: codes.iter().map(|code| recovery_hash(code.expose())).collect(),
        quota: i64::try_from(app.config.limits.quota).unwrap_or(i64::MAX),
    };
    let id = device.id;
    match app.db.confirm_enrolment(enrolment.hash(), proof, device, now).await? {
        Confirmed::Right { new } => {
            let recovery_codes = if new { codes } else { Vec::new() };
            json(
                StatusCode::CREATED,
                &DeviceGrant { device: id.to_string(), token: token.text(), recovery_codes },
            )
        }
        Confirmed::Wrong { left } => Err(Refusal::wrong_code(left)),
    }
}

pub(super) async fn invite_device(State(app): State<App>, member: Member) -> Answer {
    json(StatusCode::CREATED, &invite(&app, member.caller.address).await?)
}

/// Makes an invitation for an address.
///
/// # Errors
/// When its member is blocked (401), or the database fails.
pub(super) async fn invite(app: &Server, address: String) -> Result<InvitationView, Refusal> {
    let secret = Secret::make();
    let invitation = new_invitation(&secret, address, app.clock.now());
    let expires_at = clock::text(invitation.expires_at);
    app.db.invite(invitation).await?;
    Ok(InvitationView { invitation: secret.text(), expires_at })
}

/// Makes the row of an invitation.
pub(crate) fn new_invitation(secret: &Secret, address: String, now: i64) -> Invitation {
    let mut seed = [0; 16];
    OsRng.fill_bytes(&mut seed);
    Invitation { hash: secret.hash(), address, expires_at: now + INVITATION, seed }
}

/// Makes 80 random bits as `abcd-efgh-ijkl-mnop`.
fn make_recovery_code() -> SecretText {
    let mut bytes = [0; 10];
    OsRng.fill_bytes(&mut bytes);
    // EXPOSE: the member writes it down.
    let text = BASE32_NOPAD.encode(&bytes).to_lowercase();
    let groups: Vec<String> =
        text.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    SecretText::new(groups.join("-"))
}

/// Hashes a recovery code as people type it: without its strokes, in either case.
fn recovery_hash(text: &str) -> Hash {
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    Hash::of(plain.to_lowercase().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_is_taken_as_people_type_it() {
        let code = make_recovery_code();
        let text = code.expose();
        assert_eq!(text.len(), 19);
        assert_eq!(recovery_hash(text), recovery_hash(&text.to_uppercase().replace('-', " ")));
        assert_ne!(recovery_hash(text), recovery_hash(make_recovery_code().expose()));
    }
}
