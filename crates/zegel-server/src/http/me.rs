//! A member's own things: quota, devices, backup.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse as _;
use zegel_wire::server::{DeviceView, MemberView};

use super::answer::{Answer, done, json};
use super::auth::Member;
use super::request::{Names, Raw, SMALL};
use crate::blobs::{Key, Put};
use crate::clock;
use crate::problem::Refusal;
use crate::state::App;

pub(super) async fn view(State(app): State<App>, Member { caller, .. }: Member) -> Answer {
    let devices = app.db.devices(caller.member).await?;
    let view = MemberView {
        address: caller.address,
        used: caller.used.cast_unsigned(),
        quota: caller.quota.cast_unsigned(),
        devices: devices
            .into_iter()
            .map(|device| DeviceView {
                this: device.id == caller.device,
                device: device.id.to_string(),
                name: device.name,
                enrolled_at: clock::text(device.enrolled_at),
                seen_on: device.seen_on.map(clock::day),
            })
            .collect(),
    };
    json(StatusCode::OK, &view)
}

pub(super) async fn remove_device(State(app): State<App>, member: Member, names: Names) -> Answer {
    if !app.db.remove_device(member.caller.member, names.id("device")?).await? {
        return Err(Refusal::not_found());
    }
    app.look_at_epoch().await;
    done()
}

pub(super) async fn put_backup(State(app): State<App>, member: Member, Raw(body): Raw<SMALL>) -> Answer {
    if looks_private(&body) {
        return Err(Refusal::unprocessable("this looks like a private key; a backup is ciphertext"));
    }
    let key = Key::Backup(member.caller.member);
    app.blobs.must_have_room(body.len() as u64)?;
    app.blobs.replace(Put { key, bytes: body.to_vec() }).await?;
    done()
}

pub(super) async fn backup(State(app): State<App>, member: Member) -> Answer {
    let bytes = app.blobs.read(Key::Backup(member.caller.member)).await?.ok_or_else(Refusal::not_found)?;
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    Ok((StatusCode::OK, [kind], bytes).into_response())
}

/// Says whether bytes look like a private key in any of its texts (T18).
pub(super) fn looks_private(bytes: &[u8]) -> bool {
    let upper = bytes.to_ascii_uppercase();
    let has = |word: &[u8]| upper.windows(word.len()).any(|window| window == word);
    has(b"AGE-SECRET-KEY-") || has(b"PRIVATE KEY") || has(b"AGE-PLUGIN-") || has(b"PUTTY-USER-KEY-FILE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_keys_are_seen() {
        for text in [
            "AGE-SECRET-KEY-PQ-1ABC",
            "age-secret-key-1abc",
            "-----BEGIN OPENSSH PRIVATE KEY-----",
            "-----BEGIN PGP PRIVATE KEY BLOCK-----",
            "-----BEGIN EC PRIVATE KEY-----",
            "PuTTY-User-Key-File-3: ssh-ed25519",
        ] {
            assert!(looks_private(text.as_bytes()), "{text}");
        }
        assert!(!looks_private(b"age-encryption.org/v1\n-> mlkem768x25519"));
    }
}
