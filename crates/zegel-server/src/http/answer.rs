//! What goes out.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;

use crate::problem::Refusal;

/// What a handler returns.
pub(super) type Answer = Result<Response<Body>, Refusal>;

/// Answers with JSON.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(value).map_err(|_| Refusal::unavailable())?;
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok((status, [kind], body).into_response())
}

/// Answers 204.
pub(super) fn done() -> Answer {
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Answers 204 with the offset of an upload.
pub(super) fn offset(offset: u64) -> Answer {
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert("upload-offset", HeaderValue::from(offset));
    Ok(response)
}
