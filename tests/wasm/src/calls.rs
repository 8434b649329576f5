//! What the host can ask for.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand_core::OsRng;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use zegel_core::age_file;
use zegel_core::card::Card;
use zegel_core::contacts::{Contact, Origin};
use zegel_core::identity::Identity;
use zegel_core::keys::{AgeIdentity, AgeRecipient};
use zegel_core::message::{self, Assurance, FirstUse, MemoryStage, OpenError, SealOptions};
use zegel_core::mime::{Draft, DraftOptions, find_container};
use zegel_core::policy::{Classic, Plan, Policy, evaluate};
use zegel_core::{Address, Timestamp};

/// Answers one request.
pub fn answer(request: &Value) -> Result<Value, String> {
    match text(request, "call")? {
        "age-open" => age_open(request),
        "age-round-trip" => age_round_trip(request),
        "card" => card(request),
        "identity" => identity(request),
        "judge" => judge(request),
        "open" => open_mail(request),
        "seal" => seal_mail(request),
        other => Err(format!("there is no call {other}")),
    }
}

/// Opens any age file with the given identities and passphrase.
fn age_open(request: &Value) -> Result<Value, String> {
    let mut identities = Vec::new();
    for identity in request.get("identities").and_then(Value::as_array).into_iter().flatten() {
        let secret = SecretString::from(identity.as_str().unwrap_or_default().to_owned());
        identities.push(AgeIdentity::parse(&secret).map_err(chain)?);
    }
    let passphrase =
        request.get("passphrase").and_then(Value::as_str).map(|text| SecretString::from(text.to_owned()));
    let file = bytes(request, "file")?;
    let mut reader = age_file::open_any(file.as_slice(), &identities, passphrase.as_ref()).map_err(chain)?;
    let mut plain = Vec::new();
    reader.read_to_end(&mut plain).map_err(chain)?;
    Ok(json!({ "plain": STANDARD.encode(plain) }))
}

/// Seals bytes to a fresh hybrid key and opens them again.
fn age_round_trip(request: &Value) -> Result<Value, String> {
    let plain = bytes(request, "plain")?;
    let identity = AgeIdentity::make(&mut OsRng);
    let recipient: AgeRecipient =
        identity.recipient().to_string().parse().map_err(|_| "recipient".to_owned())?;
    let mut sealed = Vec::new();
    let mut writer = age_file::seal(&recipient, &mut sealed).map_err(chain)?;
    writer.write_all(&plain).and_then(|()| writer.finish().map(drop)).map_err(chain)?;
    let mut reader = age_file::open_any(sealed.as_slice(), &[identity], None).map_err(chain)?;
    let mut opened = Vec::new();
    reader.read_to_end(&mut opened).map_err(chain)?;
    Ok(json!({ "sealed": STANDARD.encode(&sealed), "plain": STANDARD.encode(opened) }))
}

/// Makes an identity.
fn identity(request: &Value) -> Result<Value, String> {
    let address: Address = text(request, "address")?.parse().map_err(|_| "address".to_owned())?;
    let now = Timestamp::from_unix(request.get("now").and_then(Value::as_u64).ok_or("now")?);
    let made = Identity::make(address, text(request, "name")?, now, 86_400, &mut OsRng).map_err(chain)?;
    // EXPOSE: the host of this test keeps the identity.
    let secret = made.to_secret_text().map_err(chain)?.expose_secret().to_owned();
    Ok(
        json!({ "secret": secret, "card": made.card().text(), "fingerprint": made.card().fingerprint().to_string() }),
    )
}

/// Reads a card.
fn card(request: &Value) -> Result<Value, String> {
    let card = Card::parse(text(request, "card")?.as_bytes()).map_err(chain)?;
    Ok(json!({
        "address": card.address().to_string(),
        "fingerprint": card.fingerprint().to_string(),
        "post_quantum": card.recipient().is_post_quantum(),
    }))
}

/// Seals a mail for the people whose cards are given, and returns a mail for each copy.
fn seal_mail(request: &Value) -> Result<Value, String> {
    let (identity, contacts, now) = who_and_when(request)?;
    let draft = Draft::parse(&bytes(request, "mail")?, &DraftOptions::default()).map_err(chain)?;
    let plan = Plan::make(&draft, identity.card(), &contacts, now, Classic::Refuse);
    let cleared = evaluate(draft, plan, &Policy::built_in()).map_err(chain)?;
    let spool = Cursor::new(Vec::new());
    let options = SealOptions::default();
    let mut sealed =
        message::seal(cleared, &identity, &options, now, &mut OsRng, spool, &mut |_| {}).map_err(chain)?;
    let mut mails = Vec::new();
    for copy in sealed.copies().to_vec() {
        let mail = sealed.mail(&copy).map_err(chain)?;
        let recipients: Vec<String> = mail.recipients().iter().map(ToString::to_string).collect();
        mails.push(json!({ "recipients": recipients, "mail": STANDARD.encode(mail.as_bytes()) }));
    }
    Ok(json!({ "mails": mails, "post_quantum": sealed.is_post_quantum() }))
}

/// Opens a sealed mail and returns the mail that was sealed.
fn open_mail(request: &Value) -> Result<Value, String> {
    let (identity, contacts, now) = who_and_when(request)?;
    let found = find_container(&bytes(request, "mail")?).map_err(chain)?;
    let container = Cursor::new(found.container);
    let opened =
        message::open(container, &identity, &contacts, FirstUse::Refuse, now, MemoryStage, &mut |_| {})
            .map_err(chain)?;
    let mut parts: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    for (number, part) in (1..).zip(opened.parts) {
        parts.insert(number, part.file.into_inner());
    }
    let mut restored = Vec::new();
    let mut part = |number| -> io::Result<Box<dyn Read>> {
        parts
            .remove(&number)
            .map(|bytes| Box::new(Cursor::new(bytes)) as Box<dyn Read>)
            .ok_or(io::ErrorKind::NotFound.into())
    };
    opened.inner.restore(&mut part, &mut restored).map_err(chain)?;
    Ok(json!({
        "assurance": format!("{:?}", opened.assurance),
        "sender": opened.sender.address.to_string(),
        "subject": opened.manifest.subject,
        "mail": STANDARD.encode(restored),
    }))
}

/// Opens a container as a case of `tests/vectors/zegel/messages.json` says, and returns what came of it in the words of that file.
fn judge(request: &Value) -> Result<Value, String> {
    let identity =
        Identity::parse(&SecretString::from(text(request, "identity")?.to_owned())).map_err(chain)?;
    let now: Timestamp = text(request, "now")?.parse().map_err(chain)?;
    let first_use = if text(request, "first_use")? == "accept" { FirstUse::Accept } else { FirstUse::Refuse };
    let mut contacts = BTreeMap::new();
    for pin in request.get("contacts").and_then(Value::as_array).into_iter().flatten() {
        let origin: Origin = serde_json::from_value(pin["origin"].clone()).map_err(chain)?;
        let card = Card::parse(text(pin, "card")?.as_bytes()).map_err(chain)?;
        contacts.insert(card.address().clone(), Contact::from_card(&card, origin, now));
    }
    let container = Cursor::new(bytes(request, "container")?);
    let mut opened =
        match message::open(container, &identity, &contacts, first_use, now, MemoryStage, &mut |_| {}) {
            Ok(opened) => opened,
            Err(error) => return Ok(json!({ "outcome": class(&error) })),
        };
    let mut parts = Vec::new();
    for part in &mut opened.parts {
        let mut content = Vec::new();
        part.file.read_to_end(&mut content).map_err(chain)?;
        parts.push(json!({ "name": part.info.name, "blake3": blake3::hash(&content).to_string() }));
    }
    Ok(json!({
        "outcome": "good",
        "assurance": match opened.assurance {
            Assurance::ExpiredSince => "expired-since",
            Assurance::FirstUse => "first-use",
            Assurance::Own => "own",
            Assurance::Verified => "verified",
            _ => "not a class yet",
        },
        "id": opened.manifest.id.to_string(),
        "role": opened.manifest.opener.role,
        "sender": opened.sender.address.to_string(),
        "fingerprint": opened.sender.fingerprint.to_string(),
        "subject": opened.manifest.subject,
        "bcc": opened.manifest.bcc,
        "pq": opened.manifest.pq,
        "body_blake3": blake3::hash(opened.inner.as_bytes()).to_string(),
        "parts": parts,
    }))
}

/// Returns the class of a refusal.
fn class(error: &OpenError) -> &'static str {
    match error {
        OpenError::Container(_) => "container",
        OpenError::Damaged => "damaged",
        OpenError::Expired { .. } => "expired",
        OpenError::Forged(_) => "forged",
        OpenError::Inner(_) => "inner",
        OpenError::KeyChanged { .. } => "key changed",
        OpenError::NoKey(_) => "no key",
        OpenError::OnServer => "on server",
        OpenError::UnknownSender { .. } => "unknown sender",
        _ => "not a class yet",
    }
}

/// Reads what every call about a message has: whose it is, whom they know, and the time.
fn who_and_when(request: &Value) -> Result<(Identity, BTreeMap<Address, Contact>, Timestamp), String> {
    let now = Timestamp::from_unix(request.get("now").and_then(Value::as_u64).ok_or("now")?);
    let identity =
        Identity::parse(&SecretString::from(text(request, "identity")?.to_owned())).map_err(chain)?;
    let mut contacts = BTreeMap::new();
    for card in request.get("cards").and_then(Value::as_array).into_iter().flatten() {
        let card = Card::parse(card.as_str().unwrap_or_default().as_bytes()).map_err(chain)?;
        contacts.insert(card.address().clone(), Contact::from_card(&card, Origin::Imported, now));
    }
    Ok((identity, contacts, now))
}

/// Returns an error with its causes on one line.
fn chain(error: impl std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}

fn text<'a>(request: &'a Value, name: &str) -> Result<&'a str, String> {
    request.get(name).and_then(Value::as_str).ok_or_else(|| format!("{name} is missing"))
}

fn bytes(request: &Value, name: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(text(request, name)?).map_err(chain)
}
