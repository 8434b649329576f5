//! Creating messages and replies: requests taken apart and checked before anything is stored.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use zegel_wire::server::{
    CreateMessageRequest, CreateReplyRequest, FactorKind, FactorRequest, GuestRequest, PartRequest,
    SecretText,
};

use crate::address;
use crate::blobs::{Key, Put};
use crate::clock;
use crate::db::{NewGuest, NewMessage, NewPart, NewReply, Owner};
use crate::problem::Refusal;
use crate::state::Server;
use crate::text::{self, Hash, Id, Secret};

/// The most parts of a message, and its most guests.
const MOST_PARTS: usize = 1_000;
const MOST_GUESTS: usize = 1_000;
/// The most bytes of a part inside a request, and of an envelope.
const INLINE: usize = 256 << 10;
pub(super) const ENVELOPE: usize = 288 << 10;
/// How far ahead a message may end, in seconds.
const LONGEST: i64 = 400 * 86_400;

/// What is needed to let a guest in: the one file that holds a share. Erasing it is recalling.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct GuestFile {
    /// `S`.
    pub(super) share: SecretText,
    /// The number or address that a code goes to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) contact: Option<SecretText>,
}

impl GuestFile {
    /// Writes the file: a line of JSON, then the envelope.
    pub(super) fn write(&self, envelope: &[u8]) -> Result<Vec<u8>, Refusal> {
        let mut bytes = serde_json::to_vec(self).map_err(|_| Refusal::unavailable())?;
        bytes.push(b'\n');
        bytes.extend_from_slice(envelope);
        Ok(bytes)
    }

    /// Reads the file and returns the envelope with it.
    pub(super) fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let (line, rest) = bytes.split_at_checked(end)?;
        Some((serde_json::from_slice(line).ok()?, rest.get(1..)?))
    }
}

/// A factor that was taken apart.
pub(super) struct Factor {
    pub(super) kind: FactorKind,
    pub(super) verifier: Option<Hash>,
    pub(super) contact: Option<SecretText>,
}

/// Hashes a request. Its shape writes it in one way only, so equal requests have equal hashes.
pub(super) fn hash_request(request: &impl Serialize) -> Result<Hash, Refusal> {
    let bytes = serde_json::to_vec(request).map_err(|_| Refusal::unavailable())?;
    Ok(Hash::of(&bytes))
}

/// Hashes an address with the id of a message, as clients do.
pub(super) fn hash_address(message: Id, canonical: &str) -> Hash {
    Hash::of(format!("zegel/guest-address/v1\n{message}\n{canonical}").as_bytes())
}

/// Reads when a message ends.
///
/// # Errors
/// When that is no time (400), past, or too far ahead (422).
pub(super) fn end(text: &str, now: i64) -> Result<i64, Refusal> {
    let expires_at = clock::parse(text).ok_or_else(|| Refusal::bad_request("expires_at"))?;
    if expires_at <= now {
        return Err(Refusal::unprocessable("expires_at is past"));
    }
    if expires_at > now + LONGEST {
        return Err(Refusal::unprocessable("expires_at is more than 400 days ahead"));
    }
    Ok(expires_at)
}

/// Takes a factor apart.
///
/// # Errors
/// When it is not of its shape (400), a mailed code would go to another address than the guest's, or this server cannot send
/// such codes (422).
pub(super) fn factor(
    app: &Server,
    message: Id,
    address: Option<&Hash>,
    request: &FactorRequest,
) -> Result<Factor, Refusal> {
    let factor = shape(message, address, request)?;
    // Nobody could open such a message; its sender hears that now.
    match factor.kind {
        FactorKind::Sms if !app.gateways.can_send() => {
            Err(Refusal::unprocessable("this server has no gateway for SMS"))
        }
        FactorKind::Mail => Err(Refusal::unprocessable("this server sends no codes by mail")),
        _ => Ok(factor),
    }
}

fn shape(message: Id, address: Option<&Hash>, request: &FactorRequest) -> Result<Factor, Refusal> {
    match request {
        FactorRequest::Code { verifier } => Ok(Factor {
            kind: FactorKind::Code,
            verifier: Some(text::hash(verifier, "verifier")?),
            contact: None,
        }),
        FactorRequest::Mail { address: mail } => {
            let canonical =
                address::canonical(mail.expose()).ok_or_else(|| Refusal::bad_request("address"))?;
            if Some(&hash_address(message, &canonical)) != address {
                return Err(Refusal::unprocessable("a mailed code goes to the guest's own address only"));
            }
            Ok(Factor { kind: FactorKind::Mail, verifier: None, contact: Some(SecretText::new(canonical)) })
        }
        FactorRequest::Sms { number } => {
            if !is_number(number.expose()) {
                return Err(Refusal::bad_request("number"));
            }
            Ok(Factor { kind: FactorKind::Sms, verifier: None, contact: Some(number.clone()) })
        }
        _ => Err(Refusal::bad_request("factor")),
    }
}

/// Says whether this is a phone number (E.164 with its plus sign).
fn is_number(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

/// A message that was checked: its rows and its files.
pub(super) struct Checked<T> {
    pub(super) rows: T,
    pub(super) files: Vec<Put>,
}

/// Checks a message.
///
/// # Errors
/// Whatever is wrong with it; nothing was stored.
pub(super) fn message(
    app: &Server,
    id: Id,
    member: i64,
    request: &CreateMessageRequest,
    hash: Hash,
) -> Result<Checked<NewMessage>, Refusal> {
    let now = app.clock.now();
    let expires_at = end(&request.expires_at, now)?;
    if request.guests.len() > MOST_GUESTS {
        return Err(Refusal::too_large("guests"));
    }
    let mut files = Vec::new();
    let (parts, mut size) = parts(app.config.limits.part, Owner::Message(id), &request.parts, &mut files)?;
    let fetch_token =
        request.fetch_token.as_deref().map(|hash| text::hash(hash, "fetch_token")).transpose()?;
    let mut guests = Vec::new();
    let (mut ids, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    for request in &request.guests {
        let (guest, file) = guest(app, id, request)?;
        if !ids.insert(guest.guest) || !addresses.insert(guest.address) {
            return Err(Refusal::unprocessable("a guest is there twice"));
        }
        size = size.saturating_add(file.bytes.len() as u64);
        guests.push(guest);
        files.push(file);
    }
    let rows = NewMessage {
        id,
        member,
        created_at: now,
        expires_at,
        request: hash,
        fetch_token,
        openers: request.openers,
        size,
        parts,
        guests,
    };
    Ok(Checked { rows, files })
}

fn guest(app: &Server, message: Id, request: &GuestRequest) -> Result<(NewGuest, Put), Refusal> {
    let guest = text::id(&request.guest, "guest")?;
    let address = text::hash(&request.address, "address")?;
    let factor = factor(app, message, Some(&address), &request.factor)?;
    Secret::parse(request.share.expose()).ok_or_else(|| Refusal::bad_request("share"))?;
    let envelope = text::bytes(&request.envelope, ENVELOPE, "envelope")?;
    let file = GuestFile { share: request.share.clone(), contact: factor.contact };
    let put = Put { key: Key::Guest(message, guest), bytes: file.write(&envelope)? };
    Ok((NewGuest { guest, address, factor: factor.kind, verifier: factor.verifier }, put))
}

/// Checks the parts of a message or reply; those that came along are added to the files.
fn parts(
    most: u64,
    owner: Owner,
    requests: &[PartRequest],
    files: &mut Vec<Put>,
) -> Result<(Vec<NewPart>, u64), Refusal> {
    if requests.len() > MOST_PARTS {
        return Err(Refusal::too_large("parts"));
    }
    let (mut parts, mut total) = (Vec::new(), 0_u64);
    for (number, request) in (0_u32..).zip(requests) {
        if request.size > most {
            return Err(Refusal::too_large("part"));
        }
        if request.size == 0 {
            return Err(Refusal::unprocessable("a part is empty"));
        }
        let hash = text::hash(&request.hash, "hash")?;
        if let Some(inline) = &request.inline {
            let bytes = text::bytes(inline, INLINE, "inline")?;
            if bytes.len() as u64 != request.size || Hash::of(&bytes) != hash {
                return Err(Refusal::unprocessable("the hash or the size of a part does not fit"));
            }
            files.push(Put { key: Key::Part(owner, number), bytes });
        }
        total = total.saturating_add(request.size);
        parts.push(NewPart { size: request.size, hash, here: request.inline.is_some() });
    }
    Ok((parts, total))
}

/// Checks a reply.
///
/// # Errors
/// Whatever is wrong with it; nothing was stored.
pub(super) fn reply(
    app: &Server,
    id: Id,
    (message, guest, member): (Id, Id, i64),
    request: &CreateReplyRequest,
    hash: Hash,
) -> Result<Checked<NewReply>, Refusal> {
    let envelope = text::bytes(&request.envelope, ENVELOPE, "envelope")?;
    let own = text::bytes(&request.own_envelope, ENVELOPE, "own_envelope")?;
    let mut files = Vec::new();
    let limits = &app.config.limits;
    let (parts, size) = parts(limits.part, Owner::Reply(id), &request.parts, &mut files)?;
    if size > limits.reply {
        return Err(Refusal::too_large("reply"));
    }
    let file = Put { key: Key::Reply(id), bytes: write_envelopes(&envelope, &own) };
    let size = size.saturating_add(file.bytes.len() as u64);
    files.push(file);
    let rows =
        NewReply { id, message, guest, member, request: hash, created_at: app.clock.now(), size, parts };
    Ok(Checked { rows, files })
}

/// Writes the envelopes of a reply into one file: the length of the first in eight bytes, then both.
fn write_envelopes(envelope: &[u8], own: &[u8]) -> Vec<u8> {
    let mut bytes = (envelope.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(envelope);
    bytes.extend_from_slice(own);
    bytes
}

/// Reads the two envelopes of a reply: to the member, and to the guest.
pub(super) fn read_envelopes(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_file_holds_what_lets_the_guest_in() {
        let file = GuestFile { share: Secret::make().text(), contact: Some(SecretText::new("+31600000001")) };
        let bytes = file.write(b"an envelope\nwith lines").unwrap();
        let (read, envelope) = GuestFile::read(&bytes).unwrap();
        assert_eq!(read.share, file.share);
        assert_eq!(read.contact, file.contact);
        assert_eq!(envelope, b"an envelope\nwith lines");
        assert!(GuestFile::read(b"").is_none() && GuestFile::read(b"{}").is_none());
    }

    #[test]
    fn two_envelopes_lie_in_one_file() {
        let bytes = write_envelopes(b"one", b"other");
        assert_eq!(read_envelopes(&bytes), Some((b"one".as_slice(), b"other".as_slice())));
        assert_eq!(read_envelopes(&bytes[..9]), None);
    }

    #[test]
    fn numbers_are_international() {
        for good in ["+31600000001", "+1234567"] {
            assert!(is_number(good), "{good}");
        }
        for bad in
            ["0600000001", "+0600000001", "+31 6 00000001", "+316000000010000000", "+31", "", "+31600000a01"]
        {
            assert!(!is_number(bad), "{bad}");
        }
    }

    #[test]
    fn a_mailed_code_goes_to_the_guest() {
        let message = Id::make();
        let own = hash_address(message, "eve@example.org");
        let mail = |address: &str| FactorRequest::Mail { address: SecretText::new(address) };
        assert!(shape(message, Some(&own), &mail("Eve@example.org")).is_ok());
        assert!(shape(message, Some(&own), &mail("mallory@example.org")).is_err());
        assert!(shape(message, None, &mail("eve@example.org")).is_err());
    }
}
