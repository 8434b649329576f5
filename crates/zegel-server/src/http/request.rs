//! What comes in: ids in paths, JSON bodies, raw bodies.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::header;
use axum::http::request::Parts;
use http_body_util::{BodyExt as _, Limited};
use serde::de::DeserializeOwned;

use crate::problem::Refusal;
use crate::state::App;
use crate::text::Id;

/// The most bytes of an ordinary JSON body.
pub(super) const SMALL: usize = 64 << 10;
/// The most bytes of a JSON body with envelopes.
pub(super) const LARGE: usize = 2 << 20;
/// How long a whole body may take, but for uploads.
const PATIENCE: Duration = Duration::from_secs(30);

/// The ids and numbers of a path. What is none names nothing: 404.
#[derive(Debug)]
pub(super) struct Names(Vec<(String, String)>);

impl Names {
    fn text(&self, name: &str) -> Result<&str, Refusal> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .ok_or_else(Refusal::not_found)
    }

    pub(super) fn id(&self, name: &str) -> Result<Id, Refusal> {
        Id::parse(self.text(name)?).ok_or_else(Refusal::not_found)
    }

    /// Returns the number of a part; there is one text for each.
    pub(super) fn index(&self) -> Result<u32, Refusal> {
        let text = self.text("index")?;
        let number: u32 = text.parse().map_err(|_| Refusal::not_found())?;
        if number.to_string() == text { Ok(number) } else { Err(Refusal::not_found()) }
    }

    /// Returns the name of a card.
    pub(super) fn card(&self) -> Result<&str, Refusal> {
        self.text("card")
    }
}

impl FromRequestParts<App> for Names {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Refusal::not_found())?;
        Ok(Self(params.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()))
    }
}

/// Where a list goes on: `?after=`.
#[derive(Debug, Clone, Copy)]
pub(super) struct After(pub(super) i64);

impl FromRequestParts<App> for After {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refusal> {
        let Some(query) = parts.uri.query().filter(|query| !query.is_empty()) else { return Ok(Self(0)) };
        let cursor = query.strip_prefix("after=").and_then(|text| text.parse().ok());
        cursor.filter(|cursor| *cursor >= 0).map(Self).ok_or_else(|| Refusal::bad_request("after"))
    }
}

/// A JSON body of at most `LIMIT` bytes.
#[derive(Debug)]
pub(super) struct Json<T, const LIMIT: usize = SMALL>(pub(super) T);

impl<T: DeserializeOwned, const LIMIT: usize> FromRequest<App> for Json<T, LIMIT> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &App) -> Result<Self, Refusal> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Refusal::bad_request("the body is not application/json"));
        }
        let bytes = read(request, LIMIT).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|_| Refusal::bad_request("body"))
    }
}

/// A body of at most `LIMIT` bytes as it is.
#[derive(Debug)]
pub(super) struct Raw<const LIMIT: usize>(pub(super) Bytes);

impl<const LIMIT: usize> FromRequest<App> for Raw<LIMIT> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &App) -> Result<Self, Refusal> {
        read(request, LIMIT).await.map(Self)
    }
}

/// Reads a body; one that says that it is larger is refused before anything is allocated.
async fn read(request: Request, limit: usize) -> Result<Bytes, Refusal> {
    if length(&request)?.is_some_and(|length| length > limit as u64) {
        return Err(Refusal::too_large("body"));
    }
    let collected = tokio::time::timeout(PATIENCE, Limited::new(request.into_body(), limit).collect());
    match collected.await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(Refusal::too_large("body")),
        _ => Err(Refusal::bad_request("the body did not come whole")),
    }
}

fn length(request: &Request<Body>) -> Result<Option<u64>, Refusal> {
    let Some(value) = request.headers().get(header::CONTENT_LENGTH) else { return Ok(None) };
    let length = value.to_str().ok().and_then(|text| text.parse().ok());
    length.map(Some).ok_or_else(|| Refusal::bad_request("content-length"))
}
