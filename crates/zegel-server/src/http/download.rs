//! Parts that are fetched, in pieces, with `Range` (RFC 9110 section 14).

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::response::IntoResponse as _;

use super::answer::Answer;
use super::auth::{Fetcher, Guest, Member};
use super::messages::fetched;
use super::replies;
use super::request::Names;
use crate::blobs::Key;
use crate::db::{Owner, PartRow, State as MessageState};
use crate::limits::Stream;
use crate::problem::Refusal;
use crate::state::{App, Server};

/// How much is read at once: memory of a request is bounded by it.
const PIECE: usize = 256 << 10;

pub(super) async fn key_holder(
    State(app): State<App>,
    fetcher: Fetcher,
    names: Names,
    method: Method,
    headers: HeaderMap,
) -> Answer {
    let id = names.id("message")?;
    let stream = app.streams.watch(id);
    let head = fetched(&app, &fetcher, id).await?;
    if head.state != MessageState::Ready {
        return Err(Refusal::not_found());
    }
    serve(&app, Owner::Message(id), names.index()?, &method, &headers, Some(stream)).await
}

pub(super) async fn guest(
    State(app): State<App>,
    Guest(session): Guest,
    names: Names,
    method: Method,
    headers: HeaderMap,
) -> Answer {
    session.must_fetch()?;
    let stream = app.streams.watch(session.message);
    let head = app.db.message(session.message).await?.ok_or_else(Refusal::not_found)?;
    head.must_live(app.clock.surely())?;
    let guest = app.db.guest(session.message, session.guest).await?;
    if guest.is_none_or(|guest| guest.recalled) {
        return Err(Refusal::gone("recalled"));
    }
    serve(&app, Owner::Message(head.id), names.index()?, &method, &headers, Some(stream)).await
}

pub(super) async fn own_reply(
    State(app): State<App>,
    Guest(session): Guest,
    names: Names,
    method: Method,
    headers: HeaderMap,
) -> Answer {
    let reply = replies::own(&app, &session, names.id("reply")?).await?;
    serve(&app, Owner::Reply(reply.id), names.index()?, &method, &headers, None).await
}

pub(super) async fn inbox(
    State(app): State<App>,
    member: Member,
    names: Names,
    method: Method,
    headers: HeaderMap,
) -> Answer {
    let reply = app.db.reply(names.id("reply")?).await?;
    let reply = reply.filter(|reply| reply.member == member.caller.member && reply.complete);
    let reply = reply.ok_or_else(Refusal::not_found)?;
    serve(&app, Owner::Reply(reply.id), names.index()?, &method, &headers, None).await
}

async fn serve(
    app: &Server,
    owner: Owner,
    index: u32,
    method: &Method,
    headers: &HeaderMap,
    stream: Option<Stream>,
) -> Answer {
    let part =
        app.db.part(owner, index).await?.filter(|part| part.complete).ok_or_else(Refusal::not_found)?;
    let file = app.blobs.reader(Key::Part(owner, index)).await?;
    let file = file.ok_or_else(|| {
        tracing::error!("a part has a row and no file; run fsck");
        Refusal::unavailable()
    })?;
    let tag = format!("\"{}\"", part.hash);
    let range = match wanted(headers, &tag, part.size) {
        Wanted::All => None,
        Wanted::Range(from, to) => Some((from, to)),
        Wanted::Nothing => return Ok(unsatisfiable(&part)),
    };
    let (from, to) = range.unwrap_or((0, part.size));
    let body = if method == Method::HEAD {
        Body::empty()
    } else {
        Body::from_stream(pieces(file, from, to, stream))
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(to - from));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if range.is_some() {
        let content = format!("bytes {from}-{}/{}", to - 1, part.size);
        if let Ok(content) = HeaderValue::from_str(&content) {
            headers.insert(header::CONTENT_RANGE, content);
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

fn unsatisfiable(part: &PartRow) -> Response<Body> {
    let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
    if let Ok(content) = HeaderValue::from_str(&format!("bytes */{}", part.size)) {
        response.headers_mut().insert(header::CONTENT_RANGE, content);
    }
    response
}

/// Which bytes are asked for: from, and up to but not with.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Nothing,
    Range(u64, u64),
}

/// Reads `Range` and `If-Range`. What is not understood, several ranges too, is answered with everything (RFC 9110 section 14.2).
fn wanted(headers: &HeaderMap, tag: &str, size: u64) -> Wanted {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if text(header::IF_RANGE).is_some_and(|known| known != tag) {
        return Wanted::All;
    }
    let Some((first, last)) =
        text(header::RANGE).and_then(|range| range.strip_prefix("bytes=")?.split_once('-'))
    else {
        return Wanted::All;
    };
    let number = |text: &str| -> Option<u64> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
    };
    match (first, last) {
        ("", last) => match number(last) {
            Some(0) => Wanted::Nothing,
            Some(count) => Wanted::Range(size.saturating_sub(count), size),
            None => Wanted::All,
        },
        (first, "") => match number(first) {
            Some(from) if from < size => Wanted::Range(from, size),
            Some(_) => Wanted::Nothing,
            None => Wanted::All,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(from), Some(to)) if from > to => Wanted::All,
            (Some(from), Some(to)) if from < size => Wanted::Range(from, size.min(to.saturating_add(1))),
            (Some(_), Some(_)) => Wanted::Nothing,
            _ => Wanted::All,
        },
    }
}

/// Reads a file in pieces; breaks off when the message is recalled meanwhile.
fn pieces(
    file: File,
    from: u64,
    to: u64,
    stream: Option<Stream>,
) -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> {
    futures_util::stream::unfold(Some((file, from, stream)), move |state| async move {
        let (file, at, stream) = state.filter(|(_, at, _)| *at < to)?;
        if stream.as_ref().is_some_and(Stream::is_cut) {
            return Some((Err(std::io::Error::other("recalled")), None));
        }
        let length = usize::try_from(to - at).unwrap_or(PIECE).min(PIECE);
        let read = tokio::task::spawn_blocking(move || {
            let mut file = file;
            let mut piece = vec![0; length];
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(&mut piece)?;
            Ok((file, Bytes::from(piece)))
        });
        match read.await.unwrap_or_else(|error| Err(std::io::Error::other(error))) {
            Ok((file, piece)) => {
                let at = at + piece.len() as u64;
                Some((Ok(piece), Some((file, at, stream))))
            }
            Err(error) => Some((Err(error), None)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Wanted {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, text.parse().unwrap());
        wanted(&headers, "\"tag\"", 10)
    }

    #[test]
    fn ranges_are_those_of_the_rfc() {
        assert_eq!(range("bytes=0-3"), Wanted::Range(0, 4));
        assert_eq!(range("bytes=3-"), Wanted::Range(3, 10));
        assert_eq!(range("bytes=-4"), Wanted::Range(6, 10));
        assert_eq!(range("bytes=-40"), Wanted::Range(0, 10));
        assert_eq!(range("bytes=9-99"), Wanted::Range(9, 10));
        assert_eq!(range("bytes=10-"), Wanted::Nothing);
        assert_eq!(range("bytes=-0"), Wanted::Nothing);
        for odd in ["bytes=5-3", "bytes=0-1,4-5", "lines=1-2", "bytes=a-b", "bytes=+1-2", "bytes="] {
            assert_eq!(range(odd), Wanted::All, "{odd}");
        }
    }

    #[test]
    fn a_changed_part_is_sent_whole() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, "bytes=0-3".parse().unwrap());
        headers.insert(header::IF_RANGE, "\"other\"".parse().unwrap());
        assert_eq!(wanted(&headers, "\"tag\"", 10), Wanted::All);
        headers.insert(header::IF_RANGE, "\"tag\"".parse().unwrap());
        assert_eq!(wanted(&headers, "\"tag\"", 10), Wanted::Range(0, 4));
    }
}
