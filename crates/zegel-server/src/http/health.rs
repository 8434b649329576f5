//! Whether the server lives, and whether it can work.

use axum::extract::State;

use super::answer::{Answer, done};
use crate::problem::Refusal;
use crate::state::App;

pub(super) async fn live() -> Answer {
    done()
}

pub(super) async fn ready(State(app): State<App>) -> Answer {
    if *app.ending.borrow() {
        return Err(Refusal::unavailable());
    }
    app.db.check().await?;
    app.blobs.check().await?;
    done()
}
