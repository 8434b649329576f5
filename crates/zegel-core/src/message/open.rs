//! Opening: all or nothing. What is decrypted goes to staging files that nobody sees before everything was verified.

use std::collections::BTreeSet;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom, Write};

use thiserror::Error;
use zeroize::Zeroizing;

use super::container::{ContainerError, Entry, Index};
use super::envelope::{self, Envelope};
use super::manifest::{Manifest, OpenerRole, Part};
use crate::address::{Address, Mailbox};
use crate::age_file::{self, AgeFileError, Header, MESSAGE_HEADER_MAX, Payload, RecipientKind};
use crate::card;
use crate::contacts::{Contact, Contacts, ContactsError, Origin};
use crate::id::Fingerprint;
use crate::identity::{Identity, KeySet};
use crate::keys::AgeIdentity;
use crate::mime::{InnerError, InnerMessage};
use crate::padding::padme;
use crate::sshsig::Namespace;
use crate::time::Timestamp;

/// Bytes decrypted at a time.
const BUFFER: usize = 64 * 1024;
/// Bytes read from the container at a time.
const READ_BUFFER: usize = 256 * 1024;

/// Tells why a message was not opened. Nothing of it may be shown, and nothing of it is left on disk.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The entry of the sender exists and cannot be read.
    #[error("the sender cannot be looked up")]
    Contacts(#[from] ContactsError),
    /// Not the archive of a sealed message.
    #[error(transparent)]
    Container(#[from] ContainerError),
    /// Something does not decrypt, or is not what was signed.
    #[error("the message is damaged, cut off, or was changed after it was signed")]
    Damaged,
    /// The sender's card had ended before the message says it was sent.
    #[error("signed at {sent} with a card that expired on {expires}")]
    Expired {
        /// When the sender says it was sent.
        sent: Timestamp,
        /// When the card ended.
        expires: Timestamp,
    },
    /// The signature, the opener or the sender is not what it must be.
    #[error("the message is forged: {0}")]
    Forged(&'static str),
    /// The mail inside cannot be relied on.
    #[error("the mail inside cannot be relied on")]
    Inner(#[from] InnerError),
    /// Staging failed.
    #[error("cannot keep the opened message aside")]
    Io(#[source] io::Error),
    /// The sender is known with another key.
    #[error("{address} is pinned to {pinned}, but the message is signed with {found}", pinned = .pinned.to_readable(), found = .found.to_readable())]
    KeyChanged {
        /// The sender.
        address: Address,
        /// What is known.
        pinned: Fingerprint,
        /// What the message says.
        found: Fingerprint,
    },
    /// No envelope is for this identity.
    #[error("none of the {0} envelopes opens with this identity")]
    NoKey(usize),
    /// Parts of the message lie on a server, which this version does not fetch from.
    #[error("parts of the message lie on a server, and this version cannot fetch them")]
    OnServer,
    /// Nothing is known about the sender, and first use was not accepted.
    #[error("no card of the sender {address} is known (its key is {found})", found = .fingerprint.to_readable())]
    UnknownSender {
        /// The sender, as claimed.
        address: Address,
        /// The fingerprint the message names.
        fingerprint: Fingerprint,
    },
}

/// Whether a message from an unknown key may be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstUse {
    /// Asked for by name; the result is never "verified".
    Accept,
    /// The default.
    Refuse,
}

/// How far the sender is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Assurance {
    /// The card that signed has ended since; it counted at the time the message names.
    ExpiredSince,
    /// The first message from this key, or the key is only known from such a message; nothing proves the address.
    FirstUse,
    /// The sender's own copy, signed by this identity.
    Own,
    /// The key was imported (its fingerprint compared, or its file trusted by name), or comes from the directory of the address's domain.
    Verified,
}

/// Keeps decrypted parts out of sight until all is verified. Dropping it must remove everything.
pub trait Stage {
    /// One staged part.
    type File: Read + Write + Seek;

    /// Makes an empty file that nobody else can open, for about `length` bytes.
    ///
    /// # Errors
    /// When there is no room.
    fn make_file(&mut self, length: u64) -> io::Result<Self::File>;
}

/// Stages in memory: for small messages, tests and the browser.
#[derive(Debug, Default)]
pub struct MemoryStage;

impl Stage for MemoryStage {
    type File = Cursor<Vec<u8>>;

    fn make_file(&mut self, _length: u64) -> io::Result<Self::File> {
        Ok(Cursor::new(Vec::new()))
    }
}

/// A verified big attachment, staged.
#[derive(Debug)]
pub struct OpenedPart<F> {
    /// What the manifest says about it; name and type agree with the mail inside.
    pub info: Part,
    /// Its bytes, from the start.
    pub file: F,
}

/// A message of which everything was verified.
#[derive(Debug)]
pub struct Opened<F> {
    /// What the sender signed for this opener.
    pub manifest: Manifest,
    /// How far the sender is proven.
    pub assurance: Assurance,
    /// The sender's keys: to pin after an accepted first use, to reply to.
    pub sender: Contact,
    /// The mail.
    pub inner: InnerMessage,
    /// The big attachments, in order; part 1 first.
    pub parts: Vec<OpenedPart<F>>,
}

/// Opens a container with an identity: finds the envelope, verifies the sender, decrypts and checks every part.
///
/// `progress` is told how many bytes were decrypted. Memory is bounded by the mail without its big attachments.
///
/// # Errors
/// See [`OpenError`]. On an error the stage is dropped, and with it everything decrypted so far.
pub fn open<R: Read + Seek, S: Stage>(
    mut container: R,
    identity: &Identity,
    contacts: &dyn Contacts,
    first_use: FirstUse,
    now: Timestamp,
    mut stage: S,
    progress: &mut dyn FnMut(u64),
) -> Result<Opened<S::File>, OpenError> {
    let index = Index::read(&mut container)?;
    let (envelope, keys) = find_envelope(&mut container, &index, identity)?;
    check_opener(&envelope.manifest, keys, identity.address())?;
    let found = match find_own(&envelope, identity, now)? {
        Some(own) => own,
        None => find_sender(&envelope, contacts, first_use, now)?,
    };
    verify(container, &index, envelope, found, &mut stage, progress)
}

/// Verifies everything that the envelope names, and decrypts it: the same for whoever opens.
pub(super) fn verify<R: Read + Seek, S: Stage>(
    mut container: R,
    index: &Index,
    envelope: Envelope,
    (sender, assurance): (Contact, Assurance),
    stage: &mut S,
    progress: &mut dyn FnMut(u64),
) -> Result<Opened<S::File>, OpenError> {
    let manifest = &envelope.manifest;
    envelope
        .signature
        .verify(Namespace::Manifest, &envelope.line, &sender.signing_key)
        .map_err(|_| OpenError::Forged("its signature does not hold"))?;
    if let Some(expires) = sender.expires.filter(|expires| manifest.sent >= *expires) {
        return Err(OpenError::Expired { sent: manifest.sent, expires });
    }
    check_strength(&mut container, index, &envelope)?;
    if manifest.store.is_some() {
        return Err(OpenError::OnServer);
    }
    if manifest.parts.len() != index.parts.len() {
        return Err(OpenError::Forged("it has other parts than were signed"));
    }

    let mut body = Zeroizing::new(Vec::new());
    let mut parts = Vec::new();
    let mut done = 0;
    for (part, entry) in manifest.parts.iter().zip(&index.parts) {
        let mut told = |bytes| progress(done + bytes);
        if part.index == 0 {
            decrypt_part(&mut container, *entry, part, &envelope.message, b'\n', &mut *body, &mut told)?;
        } else {
            let mut file = stage.make_file(part.length).map_err(OpenError::Io)?;
            decrypt_part(&mut container, *entry, part, &envelope.message, 0, &mut file, &mut told)?;
            file.seek(SeekFrom::Start(0)).map_err(OpenError::Io)?;
            parts.push(OpenedPart { info: part.clone(), file });
        }
        done += part.length;
    }
    let inner = InnerMessage::parse(std::mem::take(&mut *body))?;
    check_inner(manifest, &inner)?;
    Ok(Opened { manifest: envelope.manifest, assurance, sender, inner, parts })
}

/// Finds the first envelope that opens. Broken envelopes of others are passed over; they are not ours to judge.
fn find_envelope<'a, R: Read + Seek>(
    container: &mut R,
    index: &Index,
    identity: &'a Identity,
) -> Result<(Envelope, &'a KeySet), OpenError> {
    let mut broken = None;
    for entry in &index.envelopes {
        let input = read_entry(container, *entry)?;
        match envelope::open(input, entry.length, identity.key_sets()) {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
            Err(envelope::EnvelopeError::Age(AgeFileError::Io(error))) => return Err(OpenError::Io(error)),
            Err(error) => broken = Some(error),
        }
    }
    Err(if broken.is_some() { OpenError::Damaged } else { OpenError::NoKey(index.envelopes.len()) })
}

pub(super) fn read_entry<R: Read + Seek>(
    container: &mut R,
    entry: Entry,
) -> Result<BufReader<io::Take<&mut R>>, OpenError> {
    container.seek(SeekFrom::Start(entry.offset)).map_err(OpenError::Io)?;
    let capacity = usize::try_from(entry.length).unwrap_or(READ_BUFFER).min(READ_BUFFER);
    Ok(BufReader::with_capacity(capacity.max(512), container.take(entry.length)))
}

/// The manifest must be for the very key that opened its envelope: a recipient who seals a message again for somebody
/// else cannot change whom it names (T16, surreptitious forwarding).
fn check_opener(manifest: &Manifest, keys: &KeySet, address: &Address) -> Result<(), OpenError> {
    let named = manifest.opener.card == Some(keys.fingerprint()) && manifest.opener.address == *address;
    if named { Ok(()) } else { Err(OpenError::Forged("it was sealed for somebody else")) }
}

/// Finds one's own keys, when the message says it is from oneself.
fn find_own(
    envelope: &Envelope,
    identity: &Identity,
    now: Timestamp,
) -> Result<Option<(Contact, Assurance)>, OpenError> {
    let sender = &envelope.manifest.sender;
    if sender.address != *identity.address() {
        return Ok(None);
    }
    let own = identity.key_sets().find(|set| set.fingerprint() == sender.card);
    let own = own.ok_or(OpenError::Forged("it claims to be from you, but is not signed by you"))?;
    let mut contact = Contact::from_card(own.card(), Origin::Imported, now);
    // One's own old mail stays readable.
    contact.expires = None;
    Ok(Some((contact, Assurance::Own)))
}

/// Finds the sender's pinned key. Nothing in the message can put another key in its place.
pub(super) fn find_sender(
    envelope: &Envelope,
    contacts: &dyn Contacts,
    first_use: FirstUse,
    now: Timestamp,
) -> Result<(Contact, Assurance), OpenError> {
    let sender = &envelope.manifest.sender;
    if envelope.manifest.opener.role == OpenerRole::Sender {
        return Err(OpenError::Forged("it claims to be the sender's own copy"));
    }
    if let Some(contact) = contacts.contact(&sender.address)? {
        if contact.fingerprint != sender.card || !contact.is_consistent() || contact.address != sender.address
        {
            return Err(OpenError::KeyChanged {
                address: sender.address.clone(),
                pinned: contact.fingerprint,
                found: sender.card,
            });
        }
        let assurance = match contact.origin {
            // Unproven comes before ended: an end date does not make a key more believable.
            Origin::FirstUse => Assurance::FirstUse,
            _ if contact.is_expired(now) => Assurance::ExpiredSince,
            Origin::Directory | Origin::Imported => Assurance::Verified,
        };
        return Ok((contact, assurance));
    }
    let unknown = || OpenError::UnknownSender { address: sender.address.clone(), fingerprint: sender.card };
    if first_use == FirstUse::Refuse {
        return Err(unknown());
    }
    // The fingerprint covers address and both keys, so it ties the key that signed to the key that replies go to.
    let (recipient, signing) = (&envelope.manifest.reply_recipient, envelope.signature.claimed_key());
    if card::fingerprint(&sender.address, recipient, &signing) != sender.card {
        return Err(OpenError::Forged("its keys are not those of the card it names"));
    }
    let contact = Contact::from_first_use(sender.address.clone(), recipient.clone(), signing, now);
    Ok((contact, Assurance::FirstUse))
}

/// A message that says it is post-quantum must not hold a classic envelope, ours or another's.
fn check_strength<R: Read + Seek>(
    container: &mut R,
    index: &Index,
    envelope: &Envelope,
) -> Result<(), OpenError> {
    if !envelope.manifest.pq {
        return Ok(());
    }
    if envelope.kind != RecipientKind::Hybrid {
        return Err(OpenError::Forged("it says it is post-quantum and is not"));
    }
    for entry in &index.envelopes {
        let mut input = read_entry(container, *entry)?;
        let header = Header::read(&mut input, MESSAGE_HEADER_MAX);
        // A classic stanza beside a hybrid one opens the message just as well.
        if header.is_ok_and(|header| header.has_classic()) {
            return Err(OpenError::Forged("it says it is post-quantum and is not"));
        }
    }
    Ok(())
}

/// Decrypts one part into `out`: the true length, the signed hash, then exactly the padding and the end.
fn decrypt_part<R: Read + Seek>(
    container: &mut R,
    entry: Entry,
    part: &Part,
    message: &AgeIdentity,
    fill: u8,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<(), OpenError> {
    let mut input = read_entry(container, entry)?;
    let header = Header::read(&mut input, MESSAGE_HEADER_MAX).map_err(from_age)?;
    // Judged before a byte is decrypted: the length in the archive must be that of the signed length, padded.
    if header.one_recipient().ok() != Some(RecipientKind::Hybrid)
        || age_file::plain_length(header.length(), entry.length) != Some(padme(part.length))
    {
        return Err(OpenError::Damaged);
    }
    let mut payload = age_file::open_measured(header, input, message).map_err(from_age)?;
    let mut hash = blake3::Hasher::new();
    let mut buffer = Zeroizing::new(vec![0; BUFFER]);
    let mut left = part.length;
    while left > 0 {
        let piece = read_some(&mut payload, &mut buffer, left)?;
        hash.update(piece);
        out.write_all(piece).map_err(OpenError::Io)?;
        left -= piece.len() as u64;
        progress(part.length - left);
    }
    if hash.finalize() != blake3::Hash::from_bytes(part.blake3.0) {
        return Err(OpenError::Damaged);
    }
    let mut padding = padme(part.length) - part.length;
    while padding > 0 {
        let piece = read_some(&mut payload, &mut buffer, padding)?;
        if piece.iter().any(|b| *b != fill) {
            return Err(OpenError::Damaged);
        }
        padding -= piece.len() as u64;
    }
    // Reads to the end: only the last chunk's flag says that nothing is missing (T27).
    if payload.read(&mut [0]).map_err(from_read)? != 0 {
        return Err(OpenError::Damaged);
    }
    Ok(())
}

fn read_some<'b, R: io::BufRead>(
    payload: &mut Payload<R>,
    buffer: &'b mut [u8],
    most: u64,
) -> Result<&'b [u8], OpenError> {
    let most = usize::try_from(most).unwrap_or(usize::MAX).min(buffer.len());
    let room = buffer.get_mut(..most).unwrap_or_default();
    let count = payload.read(room).map_err(from_read)?;
    match room.get(..count) {
        Some(piece) if count > 0 => Ok(piece),
        _ => Err(OpenError::Damaged),
    }
}

fn from_read(error: io::Error) -> OpenError {
    from_age(age_file::from_stream(error))
}

fn from_age(error: AgeFileError) -> OpenError {
    match error {
        AgeFileError::Io(error) => OpenError::Io(error),
        _ => OpenError::Damaged,
    }
}

/// The mail inside must say what the manifest says: a signer cannot show another From, subject or date (T15).
fn check_inner(manifest: &Manifest, inner: &InnerMessage) -> Result<(), OpenError> {
    let same = |signed: &[Address], shown: &[Mailbox]| {
        let signed: BTreeSet<&Address> = signed.iter().collect();
        let shown: BTreeSet<&Address> = shown.iter().map(|mailbox| &mailbox.address).collect();
        signed == shown
    };
    if inner.from().address != manifest.sender.address {
        return Err(OpenError::Forged("its From is not the one who signed"));
    }
    if !same(&manifest.to, inner.to()) || !same(&manifest.cc, inner.cc()) {
        return Err(OpenError::Forged("its recipients are not those that were signed"));
    }
    if inner.subject() != manifest.subject {
        return Err(OpenError::Forged("its subject is not the one that was signed"));
    }
    if inner.date().is_some_and(|date| date != manifest.sent) {
        return Err(OpenError::Forged("its date is not the one that was signed"));
    }
    if inner.in_reply_to() != manifest.in_reply_to.as_deref() {
        return Err(OpenError::Forged("it answers another message than was signed"));
    }
    let stubs = inner.external_parts();
    let signed = manifest.parts.iter().skip(1);
    let agree = stubs.len() + 1 == manifest.parts.len()
        && stubs.iter().zip(signed).all(|(stub, part)| {
            u64::from(stub.index) == part.index
                && stub.name == part.name
                && stub.media_type == part.media_type
        });
    if agree { Ok(()) } else { Err(OpenError::Forged("its attachments are not those that were signed")) }
}
