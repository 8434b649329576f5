//! Who calls: a member's device, a guest's session, or the holder of a fetch token (RFC 6750).

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use crate::db::Caller;
use crate::problem::Refusal;
use crate::sessions::Session;
use crate::state::App;
use crate::text::{Hash, Secret};

/// Returns the hash of the bearer's token. What is compared from here on is hashes, so its time tells nothing of the token.
fn bearer(headers: &HeaderMap) -> Result<Hash, Refusal> {
    let text = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = text.and_then(|text| text.strip_prefix("Bearer ")).and_then(Secret::parse);
    token.map(|token| token.hash()).ok_or_else(Refusal::unauthorized)
}

/// A member's device.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) caller: Caller,
    /// The hash of its token, to ask again.
    pub(super) token: Hash,
}

impl FromRequestParts<App> for Member {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let token = bearer(&parts.headers)?;
        let caller = app.db.caller(token).await?.ok_or_else(Refusal::unauthorized)?;
        app.db.seen(&caller, app.clock.now()).await?;
        Ok(Self { caller, token })
    }
}

/// A guest's session.
#[derive(Debug)]
pub(super) struct Guest(pub(super) Arc<Session>);

impl FromRequestParts<App> for Guest {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let name = bearer(&parts.headers)?;
        app.sessions.find(&name).map(Self).ok_or_else(Refusal::unauthorized)
    }
}

/// Whoever holds the fetch token of a message; the message says whether it is the right one.
#[derive(Debug)]
pub(super) struct Fetcher(pub(super) Hash);

impl FromRequestParts<App> for Fetcher {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refusal> {
        bearer(&parts.headers).map(Self)
    }
}

/// A member's device, or nobody.
#[derive(Debug)]
pub(super) struct Anyone(pub(super) Option<Caller>);

impl FromRequestParts<App> for Anyone {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let Ok(token) = bearer(&parts.headers) else { return Ok(Self(None)) };
        Ok(Self(app.db.caller(token).await?))
    }
}
