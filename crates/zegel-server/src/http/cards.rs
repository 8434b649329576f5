//! The directory of cards (design, 4.5). A card is kept as it is; only its address is looked at.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse as _;
use sha2::{Digest as _, Sha256};
use zegel_wire::server::{CardVisibility, PublishCardRequest};

use super::answer::{Answer, done};
use super::auth::{Anyone, Member};
use super::me::looks_private;
use super::request::{Json, Names};
use crate::address;
use crate::db::CardRow;
use crate::problem::Refusal;
use crate::state::App;
use crate::text::base32;

/// The most bytes of a card.
const CARD: usize = 16 << 10;

pub(super) async fn publish(
    State(app): State<App>,
    member: Member,
    Json(request): Json<PublishCardRequest>,
) -> Answer {
    if request.card.len() > CARD {
        return Err(Refusal::too_large("card"));
    }
    // A private key in the place of a card would be handed to whoever asks (T18).
    if looks_private(request.card.as_bytes()) {
        return Err(Refusal::unprocessable("this looks like a private key"));
    }
    let owner = owner(&request.card).ok_or_else(|| Refusal::unprocessable("this is not a card"))?;
    if owner != member.caller.address {
        return Err(Refusal::unprocessable("the card is of another address"));
    }
    let (local, domain) =
        owner.rsplit_once('@').ok_or_else(|| Refusal::unprocessable("this is not a card"))?;
    let card = CardRow {
        name: name(local),
        domain: domain.to_owned(),
        published: request.visibility == CardVisibility::Published,
        card: request.card,
    };
    app.db.put_card(member.caller.member, Some(card)).await?;
    done()
}

pub(super) async fn withdraw(State(app): State<App>, member: Member) -> Answer {
    app.db.put_card(member.caller.member, None).await?;
    done()
}

pub(super) async fn find(
    State(app): State<App>,
    Anyone(caller): Anyone,
    names: Names,
    headers: HeaderMap,
) -> Answer {
    let cards = app.db.cards(names.card()?).await?;
    let visible: Vec<CardRow> = cards.into_iter().filter(|card| card.published || caller.is_some()).collect();
    // One server may hold several domains: it is asked under the name of one of them.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let card = match host.strip_prefix("zegel.") {
        Some(domain) => visible.into_iter().find(|card| card.domain.eq_ignore_ascii_case(domain)),
        None => {
            let mut all = visible.into_iter();
            all.next().filter(|_| all.next().is_none())
        }
    };
    let card = card.ok_or_else(Refusal::not_found)?;
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Ok((StatusCode::OK, [kind], card.card).into_response())
}

/// Returns the canonical address in the first line of a card.
fn owner(card: &str) -> Option<String> {
    let line = card.lines().next()?;
    let json: serde_json::Value = serde_json::from_str(line).ok()?;
    if json.get("format")?.as_str()? != "zegel/card/v1" {
        return None;
    }
    address::canonical(json.get("address")?.as_str()?)
}

/// Returns the name of a card: base32 of SHA-256 of the lower-cased local part.
fn name(local: &str) -> String {
    base32().encode(&Sha256::digest(local.to_lowercase().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_names_its_owner() {
        let line = r#"{"address":"Bob@Example.org","format":"zegel/card/v1"}"#;
        assert_eq!(owner(&format!("{line}\nx")).as_deref(), Some("bob@example.org"));
        assert_eq!(owner("{}"), None);
        assert_eq!(owner("-----BEGIN"), None);
        assert_eq!(name("bob").len(), 52);
    }
}
