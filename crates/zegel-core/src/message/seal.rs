//! Sealing: from a cleared draft to ciphertext.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};

use rand_core::CryptoRngCore;
use thiserror::Error;
use zeroize::Zeroizing;

use super::container::{Entry, Kind, append, append_bytes, trailer};
use super::envelope::{self, EnvelopeError, STEP};
use super::guests::{self, SealedGuest};
use super::manifest::{
    BODY_MAX, BODY_TYPE, Digest, Format, KeyField, Manifest, Opener, OpenerRole, Part, Party,
};
use crate::address::{Address, Mailbox};
use crate::age_file;
use crate::contacts::Contact;
use crate::guest::GuestError;
use crate::id::MessageId;
use crate::identity::{Identity, KeySet};
use crate::keys::{AgeIdentity, AgeRecipient, KeyError};
use crate::mime::{self, Draft, DraftError, DraftPart, OuterHeaders, OuterOptions};
use crate::padding::padme;
use crate::policy::{Cleared, Role, Route};
use crate::receipt::{OpenerId, derive_opener_keys};
use crate::time::Timestamp;

/// What the world sees as subject, unless the organisation chose another text.
pub const DEFAULT_SUBJECT: &str = "Versleuteld bericht / Encrypted message";
/// Bytes read from a source at a time; also how often progress is told.
const BUFFER: usize = 256 * 1024;

/// Tells why a draft was not sealed. Nothing was sent; what was written is ciphertext and to be thrown away.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SealError {
    /// The mail's date lies at or after the end of the sender's card: every reader would refuse it.
    #[error("the message is dated {sent}, but your own card ends on {expires}")]
    CardEnds {
        /// The mail's date.
        sent: Timestamp,
        /// The end of the card.
        expires: Timestamp,
    },
    /// An attachment changed its length while it was read.
    #[error("the attachment {0:?} changed while it was being sealed")]
    Changed(String),
    /// An access code cannot be used.
    #[error("the access code of a guest cannot be used")]
    Code(#[source] GuestError),
    /// The draft cannot be carried.
    #[error("the message cannot be sealed as it is")]
    Draft(#[from] DraftError),
    /// An envelope could not be made.
    #[error("cannot seal to {address}")]
    Envelope {
        /// For whom.
        address: Address,
        /// Why.
        #[source]
        source: EnvelopeError,
    },
    /// Reading an attachment or writing ciphertext failed.
    #[error("cannot read an attachment or write the sealed message")]
    Io(#[from] io::Error),
    /// The sender's own key could not be used.
    #[error("the sender's key cannot be used")]
    Key(#[from] KeyError),
    /// The draft is from somebody else than the identity.
    #[error("the message is from {from}, but the identity is of {identity}")]
    Sender {
        /// The draft's sender.
        from: Address,
        /// The identity's owner.
        identity: Address,
    },
    /// The mail without its big attachments is more than is held in memory.
    #[error("the message without its large attachments is longer than {} MiB", BODY_MAX >> 20)]
    TooLarge,
}

/// Choices of the sender's organisation.
#[derive(Debug, Clone)]
pub struct SealOptions {
    /// The subject the world sees.
    pub outer_subject: String,
}

impl Default for SealOptions {
    fn default() -> Self {
        Self { outer_subject: DEFAULT_SUBJECT.to_owned() }
    }
}

/// Which mail of a sealed message this is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CopyKind {
    /// For one blind-copied person, in a mail of their own.
    Blind,
    /// For everybody in To and Cc, and the sender's own copy. With nobody in To and Cc, it is only kept.
    Visible,
}

/// One mail of a sealed message: the same parts, other envelopes.
#[derive(Debug, Clone)]
pub struct SealedCopy {
    kind: CopyKind,
    recipients: Vec<Address>,
    /// The envelopes as tar entries, and the end of the tar.
    tail: Vec<u8>,
}

impl SealedCopy {
    /// Returns which mail this is.
    pub fn kind(&self) -> &CopyKind {
        &self.kind
    }

    /// Returns to whom it is submitted.
    pub fn recipients(&self) -> &[Address] {
        &self.recipients
    }
}

/// A sealed message: ciphertext in `spool`, and what is needed to make its mails. Only [`seal`] makes one.
#[derive(Debug)]
pub struct Sealed<W> {
    pub(super) id: MessageId,
    pub(super) sender: Address,
    is_post_quantum: bool,
    pub(super) outer: OuterHeaders,
    spool: W,
    parts_start: u64,
    parts_length: u64,
    /// Where each part lies in the spool.
    parts: Vec<Entry>,
    copies: Vec<SealedCopy>,
    pub(super) guests: Vec<SealedGuest>,
    pub(super) guest_days: u32,
    pub(super) sealed_at: Timestamp,
}

/// Seals a cleared draft: parts to a fresh message identity into `spool`, an envelope for every opener.
///
/// `spool` receives ciphertext only, from where it stands. `progress` is told how many bytes of the draft were read.
/// Sources are read once, memory is bounded by the mail without its big attachments.
///
/// # Errors
/// See [`SealError`].
pub fn seal<W: Read + Write + Seek>(
    cleared: Cleared,
    by: &Identity,
    options: &SealOptions,
    now: Timestamp,
    rng: &mut impl CryptoRngCore,
    mut spool: W,
    progress: &mut dyn FnMut(u64),
) -> Result<Sealed<W>, SealError> {
    if cleared.draft().from().address != *by.address() {
        let (from, identity) = (cleared.draft().from().address.clone(), by.address().clone());
        return Err(SealError::Sender { from, identity });
    }
    let id = MessageId::make(rng);
    let outer_options = OuterOptions {
        subject: options.outer_subject.clone(),
        message_id: format!("<{id}@{}>", by.address().domain()),
        date: now,
    };
    let outer = OuterHeaders::make(cleared.draft(), &outer_options)?;
    let (sent, expires) = (outer.date(), by.card().expires());
    if sent >= expires {
        return Err(SealError::CardEnds { sent, expires });
    }
    let body = Zeroizing::new(mime::protect(cleared.draft(), &outer)?);
    if body.len() as u64 > BODY_MAX {
        return Err(SealError::TooLarge);
    }
    let message = AgeIdentity::make(rng);

    let parts_start = spool.stream_position()?;
    let recipient = message.recipient();
    let (part, entry) = seal_body(&body, &recipient, &mut spool)?;
    let (mut parts, mut entries) = (vec![part], vec![entry]);
    progress(body.len() as u64);
    let mut done = body.len() as u64;
    for (index, part) in (1..).zip(cleared.draft().parts()) {
        let mut told = |bytes| progress(done + bytes);
        let (sealed, entry) = seal_part(index, part, &recipient, &mut spool, &mut told)?;
        parts.push(sealed);
        entries.push(entry);
        done += part.source.length();
    }
    let parts_length = spool.stream_position()? - parts_start;

    let keys = guests::make_keys(&cleared, id, rng)?;
    let base =
        Manifest { guests: guests::links(&keys), ..base_manifest(&cleared, by, id, outer.date(), parts)? };
    let copies = make_copies(&cleared, by.current(), &base, &message, rng)?;
    let guests = guests::seal_guests(keys, by.current(), &base, &message, rng)?;
    Ok(Sealed {
        id,
        sender: by.address().clone(),
        is_post_quantum: base.pq,
        outer,
        spool,
        parts_start,
        parts_length,
        parts: entries,
        copies,
        guests,
        guest_days: cleared.guest_days(),
        sealed_at: now,
    })
}

fn seal_body<W: Write + Seek>(
    body: &[u8],
    to: &AgeRecipient,
    spool: &mut W,
) -> Result<(Part, Entry), SealError> {
    let length = body.len() as u64;
    let ((), entry) = append(spool, Kind::Part, 0, |out| -> Result<(), SealError> {
        let mut file = age_file::seal(to, out)?;
        file.write_all(body)?;
        // Line feeds at the end of a mail bother no mail reader.
        write_padding(&mut file, padme(length) - length, b'\n')?;
        file.finish()?;
        Ok(())
    })?;
    let blake3 = Digest(blake3::hash(body).into());
    let part = Part { blake3, index: 0, length, media_type: BODY_TYPE.to_owned(), name: String::new() };
    Ok((part, entry))
}

fn seal_part<W: Write + Seek>(
    index: u64,
    part: &DraftPart,
    to: &AgeRecipient,
    spool: &mut W,
    progress: &mut dyn FnMut(u64),
) -> Result<(Part, Entry), SealError> {
    let length = part.source.length();
    let number = usize::try_from(index).map_err(|_| SealError::Changed(part.name.clone()))?;
    let (digest, entry) = append(spool, Kind::Part, number, |out| -> Result<_, SealError> {
        // One byte more than announced is enough to see that it changed; a source without end is not followed.
        let mut source = part.source.open()?.take(length.saturating_add(1));
        let mut file = age_file::seal(to, out)?;
        let mut hash = blake3::Hasher::new();
        let mut buffer = Zeroizing::new(vec![0; BUFFER]);
        let mut total = 0;
        loop {
            let count = source.read(&mut buffer)?;
            let Some(piece) = buffer.get(..count).filter(|piece| !piece.is_empty()) else { break };
            hash.update(piece);
            file.write_all(piece)?;
            total += piece.len() as u64;
            progress(total);
        }
        if total != length {
            return Err(SealError::Changed(part.name.clone()));
        }
        write_padding(&mut file, padme(length) - length, 0)?;
        file.finish()?;
        Ok(Digest(hash.finalize().into()))
    })?;
    let (media_type, name) = (part.media_type.clone(), part.name.clone());
    Ok((Part { blake3: digest, index, length, media_type, name }, entry))
}

fn write_padding(out: &mut impl Write, count: u64, byte: u8) -> io::Result<()> {
    io::copy(&mut io::repeat(byte).take(count), out).map(|_| ())
}

/// Makes the sender's own manifest; the other openers' are this one with less in it.
fn base_manifest(
    cleared: &Cleared,
    by: &Identity,
    id: MessageId,
    sent: Timestamp,
    parts: Vec<Part>,
) -> Result<Manifest, SealError> {
    let draft: &Draft = cleared.draft();
    let plan = cleared.plan();
    let blind = plan.recipients().iter().filter(|planned| planned.role == Role::Bcc);
    let bcc: Vec<Address> = blind.map(|planned| planned.mailbox.address.clone()).collect();
    let card = by.card().fingerprint();
    let keys = derive_opener_keys(by.current(), id, OpenerId::Card(card))?;
    Ok(Manifest {
        archive: cleared
            .archive()
            .map(|archive| Party { address: archive.address.clone(), card: archive.fingerprint }),
        bcc: Some(bcc).filter(|bcc| !bcc.is_empty()),
        cc: addresses(draft.cc()),
        format: Format::V1,
        guests: None,
        id,
        in_reply_to: draft.in_reply_to().map(str::to_owned),
        labels: cleared.labels().to_vec(),
        opener: Opener {
            address: by.address().clone(),
            card: Some(card),
            guest: None,
            role: OpenerRole::Sender,
        },
        parts,
        pq: cleared.is_post_quantum(),
        receipt_key: KeyField(keys.receipt),
        reply_key: KeyField(keys.reply),
        reply_recipient: by.card().recipient().clone(),
        sender: Party { address: by.address().clone(), card },
        sent,
        store: None,
        subject: draft.subject().to_owned(),
        to: addresses(draft.to()),
    })
}

/// Returns the addresses of a header field, each once.
fn addresses(mailboxes: &[Mailbox]) -> Vec<Address> {
    let mut seen = BTreeSet::new();
    mailboxes
        .iter()
        .map(|mailbox| &mailbox.address)
        .filter(|address| seen.insert(*address))
        .cloned()
        .collect()
}

fn make_copies(
    cleared: &Cleared,
    by: &KeySet,
    base: &Manifest,
    message: &AgeIdentity,
    rng: &mut impl CryptoRngCore,
) -> Result<Vec<SealedCopy>, SealError> {
    let own = by.card().address();
    let mut envelopes = Vec::new();
    let mut visible = Vec::new();
    let mut blind = Vec::new();
    let mut longest = STEP;
    for planned in cleared.plan().recipients() {
        let Route::Key(contact) = &planned.route else { continue };
        // RFC 5321 section 2.4: the part before the @ belongs to the receiving server, which may tell Bob from bob. The mail
        // goes to the spelling the sender wrote, not to the one on the card.
        let written = &planned.mailbox.address;
        let opener_role = match planned.role {
            Role::Bcc => {
                blind.push((written, contact));
                continue;
            }
            Role::Cc => OpenerRole::Cc,
            Role::To => OpenerRole::To,
        };
        visible.push(written.clone());
        // The sender's own envelope serves when the sender is also a recipient.
        if contact.address != *own {
            let text = opener_blocks(opener_role, contact, by, base, message)?;
            let length = text.len().next_multiple_of(STEP);
            longest = longest.max(length);
            envelopes.push(seal_envelope(&text, length, contact)?);
        }
    }
    // The organisation's archive, where its signed policy names one, reads what it must keep; every reader is shown so.
    let for_archive = match cleared.archive().filter(|archive| archive.address != *own) {
        Some(archive) => {
            let text = opener_blocks(OpenerRole::Archive, archive, by, base, message)?;
            let length = text.len().next_multiple_of(STEP);
            longest = longest.max(length);
            Some((&archive.address, seal_envelope(&text, length, archive)?))
        }
        None => None,
    };
    if let Some((_, envelope)) = for_archive.as_ref().filter(|(address, _)| !visible.contains(address)) {
        envelopes.push(envelope.clone());
    }
    // The sender's manifest lists Bcc. One step more than the others need, always: so its size says nothing about that
    // list until it is some hundred addresses long.
    let text = blocks(base, by, message, own)?;
    let reserve = longest + STEP;
    let length = text.len().next_multiple_of(STEP).max(reserve);
    let sender = Contact::from_card(by.card(), crate::contacts::Origin::Imported, base.sent);
    envelopes.push(seal_envelope(&text, length, &sender)?);
    shuffle(&mut envelopes, rng);

    let mut copies =
        vec![SealedCopy { kind: CopyKind::Visible, recipients: visible, tail: make_tail(&envelopes) }];
    for (written, contact) in blind {
        let text = if contact.address == *own {
            blocks(base, by, message, own)?
        } else {
            opener_blocks(OpenerRole::Bcc, contact, by, base, message)?
        };
        let mut envelopes = vec![seal_envelope(&text, text.len().next_multiple_of(STEP), contact)?];
        // A mail that goes to blind recipients only must reach the archive as well: its visible copy is nobody's.
        let others = for_archive.as_ref().filter(|(address, _)| **address != contact.address);
        envelopes.extend(others.map(|(_, envelope)| envelope.clone()));
        shuffle(&mut envelopes, rng);
        copies.push(SealedCopy {
            kind: CopyKind::Blind,
            recipients: vec![written.clone()],
            tail: make_tail(&envelopes),
        });
    }
    Ok(copies)
}

fn opener_blocks(
    role: OpenerRole,
    contact: &Contact,
    by: &KeySet,
    base: &Manifest,
    message: &AgeIdentity,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let keys = derive_opener_keys(by, base.id, OpenerId::Card(contact.fingerprint))?;
    let manifest = Manifest {
        bcc: None,
        guests: None,
        opener: Opener {
            address: contact.address.clone(),
            card: Some(contact.fingerprint),
            guest: None,
            role,
        },
        receipt_key: KeyField(keys.receipt),
        reply_key: KeyField(keys.reply),
        ..base.clone()
    };
    blocks(&manifest, by, message, &contact.address)
}

fn blocks(
    manifest: &Manifest,
    by: &KeySet,
    message: &AgeIdentity,
    address: &Address,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    envelope::blocks(manifest, by.signing(), message)
        .map_err(|source| SealError::Envelope { address: address.clone(), source })
}

fn seal_envelope(text: &[u8], length: usize, contact: &Contact) -> Result<Vec<u8>, SealError> {
    envelope::seal(text, length, &contact.recipient)
        .map_err(|source| SealError::Envelope { address: contact.address.clone(), source })
}

fn make_tail(envelopes: &[Vec<u8>]) -> Vec<u8> {
    let mut tail = Vec::new();
    for (number, envelope) in envelopes.iter().enumerate() {
        append_bytes(&mut tail, Kind::Envelope, number, envelope);
    }
    tail.extend_from_slice(&trailer());
    tail
}

/// Shuffles (Fisher and Yates), so that an envelope's number says nothing about the order of recipients.
fn shuffle<T>(items: &mut [T], rng: &mut impl CryptoRngCore) {
    for last in (1..items.len()).rev() {
        // 64 random bits modulo at most 1002: the bias is below 2^-54.
        let pick = (rng.next_u64() % (last as u64 + 1)) as usize;
        items.swap(last, pick);
    }
}

impl<W: Read + Write + Seek> Sealed<W> {
    /// Returns the message's id.
    pub fn id(&self) -> MessageId {
        self.id
    }

    /// Says whether every recipient's key was post-quantum.
    pub fn is_post_quantum(&self) -> bool {
        self.is_post_quantum
    }

    /// Returns the headers the world sees.
    pub fn outer(&self) -> &OuterHeaders {
        &self.outer
    }

    /// Returns the mails this message needs; the visible one first.
    pub fn copies(&self) -> &[SealedCopy] {
        &self.copies
    }

    /// Returns how many bytes the age file of each part has.
    pub fn part_lengths(&self) -> impl ExactSizeIterator<Item = u64> {
        self.parts.iter().map(|entry| entry.length)
    }

    /// Reads the age file of a part, for the server, from `offset` on.
    ///
    /// # Errors
    /// When there is no such part, it is shorter, or the spool cannot seek.
    pub fn part(&mut self, index: usize, offset: u64) -> io::Result<impl Read + '_> {
        let entry = self.parts.get(index).filter(|entry| offset <= entry.length);
        let entry = *entry.ok_or_else(|| io::Error::other("the message has no such part"))?;
        self.spool.seek(SeekFrom::Start(entry.offset + offset))?;
        Ok((&mut self.spool).take(entry.length - offset))
    }

    /// Returns the length in bytes of the container of a copy.
    pub fn container_length(&self, copy: &SealedCopy) -> u64 {
        self.parts_length + copy.tail.len() as u64
    }

    /// Reads the container (`message.zegel`) of a copy.
    ///
    /// # Errors
    /// When the spool cannot seek.
    pub fn container<'a>(&'a mut self, copy: &'a SealedCopy) -> io::Result<impl Read + 'a> {
        self.spool.seek(SeekFrom::Start(self.parts_start))?;
        Ok((&mut self.spool).take(self.parts_length).chain(copy.tail.as_slice()))
    }

    /// Makes the mail of a copy, whole in memory.
    ///
    /// # Errors
    /// When the spool cannot be read.
    pub fn mail(&mut self, copy: &SealedCopy) -> io::Result<SealedMail> {
        let length = usize::try_from(self.container_length(copy)).map_err(io::Error::other)?;
        let mut bytes = Vec::with_capacity(length / 54 * 74 + 8192);
        self.write_mail(copy, &mut bytes)?;
        Ok(SealedMail {
            sender: self.sender.clone(),
            recipients: copy.recipients.clone(),
            message_id: self.outer.message_id().to_owned(),
            needs_smtputf8: self.outer.needs_smtputf8()
                || copy.recipients.iter().chain([&self.sender]).any(Address::needs_smtputf8),
            bytes,
        })
    }

    /// Writes the mail of a copy, in bounded memory; returns its length in bytes.
    ///
    /// # Errors
    /// When the spool cannot be read or `out` cannot be written.
    pub fn write_mail(&mut self, copy: &SealedCopy, out: &mut dyn Write) -> io::Result<u64> {
        let outer = self.outer.clone();
        let mut container = self.container(copy)?;
        mime::write_mail(&outer, &mut container, out)
    }

    /// Finishes the spool into the container of the only copy and hands it back; the cheap way for one file.
    ///
    /// # Errors
    /// When there are blind copies, or writing fails.
    pub fn into_container(mut self) -> io::Result<W> {
        let [copy] = self.copies.as_slice() else {
            return Err(io::Error::other("each blind-copied person needs a container of their own"));
        };
        self.spool.seek(SeekFrom::Start(self.parts_start + self.parts_length))?;
        self.spool.write_all(&copy.tail)?;
        Ok(self.spool)
    }
}

/// A mail whose content is ciphertext, or the link to it: the only thing delivery accepts. Only [`Sealed::mail`] and
/// [`Sealed::notice`] make one.
#[derive(Clone)]
pub struct SealedMail {
    pub(super) sender: Address,
    pub(super) recipients: Vec<Address>,
    pub(super) message_id: String,
    pub(super) needs_smtputf8: bool,
    pub(super) bytes: Vec<u8>,
}

/// Without the content: in a guest's notice that is the link.
impl fmt::Debug for SealedMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedMail").field("message_id", &self.message_id).finish_non_exhaustive()
    }
}

impl SealedMail {
    /// Returns the envelope sender (RFC 5321 reverse-path).
    pub fn sender(&self) -> &Address {
        &self.sender
    }

    /// Returns the envelope recipients (RFC 5321 forward-paths).
    pub fn recipients(&self) -> &[Address] {
        &self.recipients
    }

    /// Returns the `Message-ID` with its angle brackets; the same at every try.
    pub fn internet_message_id(&self) -> &str {
        &self.message_id
    }

    /// Says whether the server must speak SMTPUTF8 (RFC 6531).
    pub fn needs_smtputf8(&self) -> bool {
        self.needs_smtputf8
    }

    /// Returns the whole mail (RFC 5322), lines ending with CR LF.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}
