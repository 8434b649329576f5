//! The API over HTTP: `docs/portal-api.md`.

mod answer;
mod auth;
mod cards;
mod create;
mod download;
mod enrol;
mod events;
mod guest;
mod health;
mod inbox;
mod layers;
mod me;
mod messages;
mod open;
mod pages;
mod replies;
mod request;
mod routes;
mod serve;
mod uploads;

pub(crate) use enrol::new_invitation;
pub(crate) use routes::router;
pub(crate) use serve::serve;
