//! The page of the portal: the same bytes for everybody, and nothing is used up by fetching it (T4).

use axum::extract::RawPathParams;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::IntoResponse as _;

use super::answer::Answer;
use crate::problem::Refusal;

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// What the page may do, as `docs/portal-api.md` fixes it.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; style-src-attr \
     'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors \
     'none'; require-trusted-types-for 'script'; trusted-types zegel dompurify";

/// Answers every path below `/m/`: what a gateway made of the `#` of a link is put right in the browser (T3).
pub(super) async fn index() -> Answer {
    page(INDEX, "text/html; charset=utf-8", None)
}

pub(super) async fn asset(params: RawPathParams, headers: HeaderMap) -> Answer {
    let name = params.iter().find(|(key, _)| *key == "name").map(|(_, value)| value);
    let asset = name.and_then(|name| ASSETS.iter().find(|(known, _)| *known == name));
    let (name, bytes) = asset.ok_or_else(Refusal::not_found)?;
    let kind = match name.rsplit_once('.').map(|(_, end)| end) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        Some("json" | "map") => "application/json",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    };
    page(bytes, kind, headers.get(header::IF_NONE_MATCH))
}

fn page(bytes: &'static [u8], kind: &'static str, known: Option<&HeaderValue>) -> Answer {
    let tag = format!("\"{}\"", blake3::hash(bytes).to_hex());
    let fresh = known.is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if fresh { StatusCode::NOT_MODIFIED.into_response() } else { bytes.into_response() };
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 3] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}
