//! Envelopes: signed manifest and message identity for exactly one recipient (`docs/formats/envelope.md`).

use std::io::{BufRead, Read, Write};

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use zeroize::Zeroizing;

use super::manifest::{MANIFEST_MAX, Manifest};
use crate::age_file::{self, AgeFileError, RecipientKind};
use crate::identity::KeySet;
use crate::keys::{AgeIdentity, AgeRecipient, SigningKey};
use crate::sshsig::{Namespace, Signature, split_armour};

/// Plaintext lengths are multiples of this many bytes.
pub const STEP: usize = 4096;
/// Longest plaintext in bytes: the largest manifest, signature and identity, and the sender's reserve.
const PLAIN_MAX: usize = MANIFEST_MAX + 2 * STEP;

/// Tells why an envelope cannot be made or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The age file cannot be read.
    #[error("the envelope cannot be opened")]
    Age(#[from] AgeFileError),
    /// The plaintext is not three blocks and padding.
    #[error("the envelope does not hold what it should")]
    Form,
    /// A key could not be used to seal or sign.
    #[error("a key cannot be used")]
    Key,
    /// The manifest would be longer than a reader accepts.
    #[error("too many recipients or attachments for one message")]
    TooLarge,
}

/// What an envelope holds; nothing in it is believed before the signature is verified.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) manifest: Manifest,
    /// The signed bytes: the manifest's line with its line feed.
    pub(crate) line: Zeroizing<Vec<u8>>,
    pub(crate) signature: Signature,
    pub(crate) message: AgeIdentity,
    pub(crate) kind: RecipientKind,
}

/// Returns the three blocks: manifest line, signature armour, message identity line.
pub(crate) fn blocks(
    manifest: &Manifest,
    signing: &SigningKey,
    message: &AgeIdentity,
) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    let line = manifest.to_line().map_err(|_| EnvelopeError::TooLarge)?;
    let signature = Signature::sign(Namespace::Manifest, &line, signing).map_err(|_| EnvelopeError::Key)?;
    let armour = signature.to_armour().map_err(|_| EnvelopeError::Key)?;
    let identity = message.to_secret_text();
    // EXPOSE: the message identity is what the envelope is made to carry.
    let identity = identity.expose_secret();
    let mut text = Zeroizing::new(Vec::with_capacity(line.len() + armour.len() + identity.len() + 2 * STEP));
    text.extend_from_slice(&line);
    text.extend_from_slice(armour.as_bytes());
    text.extend_from_slice(identity.as_bytes());
    text.push(b'\n');
    Ok(text)
}

/// Pads blocks with line feeds to `length`, a multiple of [`STEP`], and seals them to one recipient.
pub(crate) fn seal(blocks: &[u8], length: usize, recipient: &AgeRecipient) -> Result<Vec<u8>, EnvelopeError> {
    if blocks.len() > length || !length.is_multiple_of(STEP) || length > PLAIN_MAX {
        return Err(EnvelopeError::Form);
    }
    let mut file = Vec::with_capacity(length + STEP);
    let mut write = || {
        let mut writer = age_file::seal(recipient, &mut file)?;
        writer.write_all(blocks)?;
        writer.write_all(&vec![b'\n'; length - blocks.len()])?;
        writer.finish().map(|_| ())
    };
    write().map_err(|_| EnvelopeError::Key)?;
    Ok(file)
}

/// Tries to open an envelope with the keys of an identity; `None` when it is for somebody else.
///
/// Returns the key set that opened it. `length` is the length of the age file in bytes: impossible ones are refused before
/// any key is tried.
pub(crate) fn open<'a, R: BufRead>(
    mut input: R,
    length: u64,
    keys: impl Iterator<Item = &'a KeySet>,
) -> Result<Option<(Envelope, &'a KeySet)>, EnvelopeError> {
    let (header, kind, plain) = read_header(&mut input, length)?;
    let keys: Vec<&KeySet> = keys.filter(|set| set.age().recipient().kind() == kind).collect();
    let Some((payload, set)) = age_file::open_with_one(header, input, &keys)? else { return Ok(None) };
    read_blocks(payload, plain, kind).map(|envelope| Some((envelope, set)))
}

/// Tries to open an envelope with the identity of a guest; `None` when it is for somebody else.
pub(crate) fn open_as_guest<R: BufRead>(
    mut input: R,
    length: u64,
    guest: &AgeIdentity,
) -> Result<Option<Envelope>, EnvelopeError> {
    let (header, kind, plain) = read_header(&mut input, length)?;
    if guest.recipient().kind() != kind {
        return Ok(None);
    }
    match age_file::open_measured(header, input, guest) {
        Ok(payload) => read_blocks(payload, plain, kind).map(Some),
        Err(AgeFileError::NoKey) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn read_header(
    input: &mut impl BufRead,
    length: u64,
) -> Result<(age_file::Header, RecipientKind, usize), EnvelopeError> {
    let header = age_file::Header::read(input, age_file::MESSAGE_HEADER_MAX)?;
    let kind = header.one_recipient()?;
    let plain = age_file::plain_length(header.length(), length).ok_or(EnvelopeError::Form)?;
    let plain = usize::try_from(plain).map_err(|_| EnvelopeError::Form)?;
    if plain > PLAIN_MAX || plain == 0 || !plain.is_multiple_of(STEP) {
        return Err(EnvelopeError::Form);
    }
    Ok((header, kind, plain))
}

fn read_blocks(mut payload: impl Read, plain: usize, kind: RecipientKind) -> Result<Envelope, EnvelopeError> {
    let mut text = Zeroizing::new(vec![0; plain]);
    payload.read_exact(&mut text).map_err(age_file::from_stream)?;
    if payload.read(&mut [0]).map_err(age_file::from_stream)? != 0 {
        return Err(EnvelopeError::Form);
    }
    parse(&text, kind)
}

/// Takes the three blocks apart; everything after them must be line feeds, fewer than three steps: up to one of their own, one
/// for the sender's reserve, and one where the longest other envelope is a step longer than the sender's.
fn parse(text: &[u8], kind: RecipientKind) -> Result<Envelope, EnvelopeError> {
    let text = std::str::from_utf8(text).map_err(|_| EnvelopeError::Form)?;
    let (line, rest) = text.split_once('\n').ok_or(EnvelopeError::Form)?;
    let manifest = Manifest::parse(line.as_bytes()).map_err(|_| EnvelopeError::Form)?;
    let (signature, rest) = split_armour(rest).map_err(|_| EnvelopeError::Form)?;
    let (identity, padding) = rest.split_once('\n').ok_or(EnvelopeError::Form)?;
    if padding.bytes().any(|b| b != b'\n') || padding.len() >= 3 * STEP {
        return Err(EnvelopeError::Form);
    }
    let message = AgeIdentity::parse(&SecretString::from(identity)).map_err(|_| EnvelopeError::Form)?;
    if !message.recipient().is_post_quantum() {
        return Err(EnvelopeError::Form);
    }
    let line = Zeroizing::new(format!("{line}\n").into_bytes());
    Ok(Envelope { manifest, line, signature, message, kind })
}
