//! Everything of Zegel that reads what somebody else wrote.

use std::io::{BufReader, Cursor, Read};
use std::sync::LazyLock;

use secrecy::SecretString;
use zegel_core::age_file::{self, Header};
use zegel_core::card::Card;
use zegel_core::contacts::{Contact, Origin};
use zegel_core::identity::Identity;
use zegel_core::introduction::Introduction;
use zegel_core::message::{FirstUse, MemoryStage, open};
use zegel_core::mime::{
    Draft, DraftOptions, InnerMessage, OuterHeaders, OuterOptions, compare_outer, find_container, protect,
};
use zegel_core::receipt::Receipt;
use zegel_core::{Address, Mailbox};

use super::super::people::{Book, now, person, pin};

static BOB: LazyLock<Identity> = LazyLock::new(|| person("bob@example.net"));
static ALICE: LazyLock<Identity> = LazyLock::new(|| person("alice@example.org"));

pub(super) fn bob() -> &'static Identity {
    &BOB
}

pub(super) fn alice() -> &'static Identity {
    &ALICE
}

/// Makes the keys, which is not part of judging.
pub(super) fn prepare() {
    LazyLock::force(&BOB);
    LazyLock::force(&ALICE);
}

fn refused(error: &impl std::fmt::Display) -> String {
    format!("refused: {error}")
}

pub(super) fn container(input: &[u8]) -> String {
    let book: Book = [pin(alice())].into_iter().collect();
    match open(Cursor::new(input), bob(), &book, FirstUse::Accept, now(), MemoryStage, &mut |_| {}) {
        Ok(_) => "opened".to_owned(),
        Err(error) => refused(&error),
    }
}

pub(super) fn mail(input: &[u8]) -> String {
    match find_container(input) {
        Ok(found) => container(&found.container),
        Err(error) => refused(&error),
    }
}

/// Reads a draft and protects it, as far as it goes.
pub(super) fn draft(input: &[u8]) -> String {
    let from = Some(Mailbox::from(alice().address().clone()));
    let draft = match Draft::parse(input, &DraftOptions { from, ..DraftOptions::default() }) {
        Ok(draft) => draft,
        Err(error) => return refused(&error),
    };
    let options =
        OuterOptions { subject: "x".to_owned(), message_id: "<1@example.org>".to_owned(), date: now() };
    let outer = OuterHeaders::make(&draft, &options).unwrap();
    match protect(&draft, &outer) {
        Ok(body) => format!("taken, {} bytes inside", body.len()),
        Err(error) => refused(&error),
    }
}

/// Reads a mail inside and everything that a reader shows of it.
pub(super) fn inner(input: &[u8]) -> String {
    let inner = match InnerMessage::parse(input.to_vec()) {
        Ok(inner) => inner,
        Err(error) => return refused(&error),
    };
    let mut shown = inner.text().map_or(0, |text| text.len()) + inner.html().map_or(0, |html| html.len());
    for attachment in inner.attachments() {
        shown += attachment.content.len();
    }
    let outer = inner.sealed_outer();
    let differing = compare_outer(&inner, &outer).len() + inner.external_parts().len();
    format!("read, {shown} bytes shown, {differing} differences")
}

pub(super) fn card(input: &[u8]) -> String {
    Card::parse(input).map_or_else(|error| refused(&error), |_| "read".to_owned())
}

pub(super) fn introduction(input: &[u8]) -> String {
    let introducer = Contact::from_card(alice().card(), Origin::Imported, now());
    Introduction::parse(input, &introducer).map_or_else(|error| refused(&error), |_| "read".to_owned())
}

pub(super) fn receipt(input: &[u8]) -> String {
    Receipt::verify(input, alice().key_sets()).map_or_else(|error| refused(&error), |_| "read".to_owned())
}

pub(super) fn identity(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input).into_owned();
    Identity::parse(&SecretString::from(text)).map_or_else(|error| refused(&error), |_| "read".to_owned())
}

/// An identity file sealed with a passphrase.
pub(super) fn sealed_identity(input: &[u8]) -> String {
    let passphrase = SecretString::from("a passphrase".to_owned());
    match age_file::open_any(input, &[bob().current().age().clone()], Some(&passphrase)) {
        Ok(mut payload) => match payload.read_to_end(&mut Vec::new()) {
            Ok(count) => format!("read, {count} bytes"),
            Err(error) => refused(&error),
        },
        Err(error) => refused(&error),
    }
}

pub(super) fn header(input: &[u8]) -> String {
    match Header::read(&mut BufReader::new(input), age_file::MESSAGE_HEADER_MAX) {
        Ok(header) => {
            header.one_recipient().map_or_else(|e| refused(&e), |kind| format!("one recipient, {kind:?}"))
        }
        Err(error) => refused(&error),
    }
}

/// Single keys and addresses, as they stand in cards, arguments and files.
pub(super) fn words(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let results = [
        text.parse::<zegel_core::keys::AgeRecipient>().is_ok(),
        text.parse::<zegel_core::keys::VerifyingKey>().is_ok(),
        zegel_core::keys::AgeIdentity::parse(&SecretString::from(text.as_ref())).is_ok(),
        text.parse::<Address>().is_ok(),
        zegel_core::sshsig::split_armour(&text).is_ok(),
        text.parse::<zegel_core::Timestamp>().is_ok(),
    ];
    format!("{} of {} taken", results.iter().filter(|r| **r).count(), results.len())
}

/// Longer texts are refused before they are parsed; so the longest that is parsed is tried as well.
pub(super) fn config(input: &[u8]) -> String {
    let short = String::from_utf8_lossy(&input[..input.len().min(256 << 10)]).into_owned();
    assert!(zegel_store::Config::parse(&String::from_utf8_lossy(input)).is_err());
    zegel_store::Config::parse(&short).map_or_else(|error| refused(&error), |_| "read".to_owned())
}
