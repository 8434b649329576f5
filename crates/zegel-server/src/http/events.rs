//! Events as a stream (`text/event-stream`, HTML standard 9.2), for as long as its device may listen.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse as _;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};
use zegel_wire::server::EventView;

use super::answer::Answer;
use super::auth::Member;
use crate::problem::Refusal;
use crate::state::App;
use crate::text::Hash;

/// How often a silent stream shows that it lives.
const BEAT: Duration = Duration::from_secs(20);

struct Listener {
    app: App,
    member: i64,
    token: Hash,
    events: broadcast::Receiver<(i64, EventView)>,
    epoch: watch::Receiver<i64>,
    ending: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
}

pub(super) async fn stream(State(app): State<App>, member: Member) -> Answer {
    let permit = std::sync::Arc::clone(&app.listeners).try_acquire_owned();
    let listener = Listener {
        _permit: permit.map_err(|_| Refusal::unavailable())?,
        member: member.caller.member,
        token: member.token,
        events: app.listen(),
        epoch: app.epoch.subscribe(),
        ending: app.ending.subscribe(),
        app,
    };
    // The first bytes tell that it listens.
    let hello = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(Bytes::from_static(
        b": listening\n\n",
    ))]);
    let events = futures_util::stream::unfold(listener, |mut listener| async {
        Some((Ok(listener.next().await?), listener))
    });
    let body = Body::from_stream(futures_util::StreamExt::chain(hello, events));
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    Ok(([kind], body).into_response())
}

impl Listener {
    /// Waits for what is sent next; nothing when the stream ends.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            tokio::select! {
                _ = self.ending.changed() => return None,
                _ = self.epoch.changed() => {
                    // A device was taken away or a member blocked: was it this one (T7)?
                    if !matches!(self.app.db.caller(self.token).await, Ok(Some(_))) {
                        return None;
                    }
                }
                event = self.events.recv() => match event {
                    Ok((member, event)) if member == self.member => {
                        let json = serde_json::to_string(&event).ok()?;
                        return Some(Bytes::from(format!("data: {json}\n\n")));
                    }
                    Ok(_) => {}
                    // Too slow: events were lost, so the reader lists anew.
                    Err(_) => return None,
                },
                () = tokio::time::sleep(BEAT) => return Some(Bytes::from_static(b": alive\n\n")),
            }
        }
    }
}
