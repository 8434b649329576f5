//! age files (C2SP `age.md`): sealing to one recipient, and reading with limits the `age` crate does not set.
//!
//! Two attacks are stopped before the `age` crate sees a byte: its header parser takes quadratic time in the header's
//! length (T24), so the header is measured and capped first; and its default scrypt ceiling accepts 8 GiB of memory
//! (T25), so the ceiling is set by hand.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Cursor, Read, Write};

use age::armor::ArmoredReader;
use age::stream::{StreamReader, StreamWriter};
use age_core::format::{FileKey, Stanza};
use secrecy::SecretString;
use thiserror::Error;

use crate::identity::KeySet;
use crate::keys::{AgeIdentity, AgeRecipient, CLASSIC_TAG, HYBRID_TAG};

/// Longest header in bytes of an age file inside a sealed message: one stanza of 1.6 kB and age's grease stanza.
pub const MESSAGE_HEADER_MAX: usize = 4 * 1024;
/// Longest header in bytes of any other age file that is read, such as an identity file.
pub const HEADER_MAX: usize = 32 * 1024;
/// Most stanzas in a header: the `age` crate's parser takes quadratic time in their number as well (T24).
const STANZAS_MAX: usize = 64;
/// Highest scrypt work factor that is tried: 2^18 blocks of 1 KiB, 256 MiB (T25).
pub const SCRYPT_CEILING: u8 = 18;
/// Length in bytes of the nonce between header and payload.
const NONCE: u64 = 16;
/// Plaintext bytes of a payload chunk.
const CHUNK: u64 = 64 * 1024;
/// Authentication tag of a payload chunk.
const TAG: u64 = 16;

/// Reads the plaintext of an age file, chunk by authenticated chunk.
pub type Payload<R> = StreamReader<io::Chain<Cursor<Vec<u8>>, R>>;

/// Reads the plaintext of an age file that may come in armour.
pub type AnyPayload<R> = Payload<BufReader<ArmoredReader<BufReader<io::Chain<Cursor<Vec<u8>>, R>>>>>;

const VERSION_LINE: &[u8] = b"age-encryption.org/v1\n";
/// Length in bytes of a full line of a stanza's body, with its line feed; the last line is shorter.
const BODY_LINE: usize = 65;
/// Length in bytes of the header's last line: `--- `, 32 bytes in base64 without padding, line feed.
const LAST_LINE: usize = 48;
const ARMOUR_START: &[u8] = b"-----BEGIN AGE";
/// White space before the armour, and its first line, must fit into this many bytes.
const ARMOUR_LEAD: u64 = 1024;

/// Tells why an age file could not be read. It does not say which step of decryption failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AgeFileError {
    /// The payload or the header does not authenticate, or was cut off.
    #[error("damaged, cut off, or not made for this key")]
    Damaged,
    /// The header is longer than this many bytes; nothing was parsed.
    #[error("the header is longer than {0} bytes")]
    HeaderTooLong(usize),
    /// Reading failed.
    #[error("cannot read")]
    Io(#[source] io::Error),
    /// Not an age file of version 1, or one with stanzas that do not belong there, or too many.
    #[error("not an age file of the expected form")]
    Malformed,
    /// No key at hand opens it.
    #[error("no key at hand opens it")]
    NoKey,
    /// Sealed with a passphrase at a cost above the ceiling.
    #[error("the passphrase was made too costly to try (scrypt work factor above {SCRYPT_CEILING})")]
    TooCostly,
}

/// What a header says to somebody without a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    bytes: Vec<u8>,
    stanza_types: Vec<String>,
}

/// The kind of recipient that a file of a sealed message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecipientKind {
    /// `X25519`.
    Classic,
    /// `mlkem768x25519`.
    Hybrid,
}

impl Header {
    /// Reads a header of at most `cap` bytes and leaves `input` at the byte after it.
    ///
    /// # Errors
    /// [`AgeFileError::HeaderTooLong`] before anything is parsed, [`AgeFileError::Malformed`] for another shape.
    pub fn read(input: &mut impl BufRead, cap: usize) -> Result<Self, AgeFileError> {
        let mut bytes = Vec::with_capacity(2048.min(cap));
        let mut stanza_types = Vec::new();
        let mut limited = input.take(cap as u64);
        // Whether a stanza's last, shorter line is still to come. The `age` crate does not insist on one.
        let mut in_body = false;
        loop {
            let start = bytes.len();
            limited.read_until(b'\n', &mut bytes).map_err(from_header)?;
            let line = bytes.get(start..).unwrap_or_default();
            if start == 0 && line != VERSION_LINE {
                let cut = VERSION_LINE.starts_with(line) && line.len() == cap;
                return Err(if cut { AgeFileError::HeaderTooLong(cap) } else { AgeFileError::Malformed });
            }
            if line.last() != Some(&b'\n') {
                let full = bytes.len() >= cap;
                return Err(if full { AgeFileError::HeaderTooLong(cap) } else { AgeFileError::Malformed });
            }
            if line.starts_with(b"---") {
                // A shorter line would make the `age` crate read on into the payload in search of the rest.
                let whole = line.starts_with(b"--- ") && line.len() == LAST_LINE && !in_body;
                return if whole { Ok(Self { bytes, stanza_types }) } else { Err(AgeFileError::Malformed) };
            }
            let stanza = line.strip_prefix(b"-> ");
            if start > 0 && stanza.is_some() == in_body {
                return Err(AgeFileError::Malformed);
            }
            in_body = start > 0 && (stanza.is_some() || line.len() == BODY_LINE);
            if let Some(rest) = stanza {
                let name = rest.split(|b| *b == b' ' || *b == b'\n').next().unwrap_or_default();
                if stanza_types.len() == STANZAS_MAX {
                    return Err(AgeFileError::Malformed);
                }
                stanza_types.push(String::from_utf8_lossy(name).into_owned());
            }
        }
    }

    /// Returns the length in bytes.
    pub fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Says whether the header has a classic stanza, whatever stands beside it.
    pub(crate) fn has_classic(&self) -> bool {
        self.stanza_types.iter().any(|t| t == CLASSIC_TAG)
    }

    /// Returns the kind of the one recipient, if this is a header that Zegel writes: one known stanza, and at most the
    /// stanza of random noise ("grease") that the `age` crate adds.
    ///
    /// # Errors
    /// [`AgeFileError::Malformed`] for two recipients, unknown stanzas or a passphrase.
    pub fn one_recipient(&self) -> Result<RecipientKind, AgeFileError> {
        let mut known = self.stanza_types.iter().filter(|t| !t.ends_with("-grease"));
        let kind = match known.next().map(String::as_str) {
            Some(HYBRID_TAG) => RecipientKind::Hybrid,
            Some(CLASSIC_TAG) => RecipientKind::Classic,
            _ => return Err(AgeFileError::Malformed),
        };
        if known.next().is_some() || self.stanza_types.len() > 2 {
            return Err(AgeFileError::Malformed);
        }
        Ok(kind)
    }
}

/// Returns the length of the plaintext of an age file of `total` bytes with a header of `header` bytes, if any fits.
pub fn plain_length(header: u64, total: u64) -> Option<u64> {
    let payload = total.checked_sub(header)?.checked_sub(NONCE)?;
    let chunks = payload.div_ceil(CHUNK + TAG).max(1);
    payload.checked_sub(chunks.checked_mul(TAG)?)
}

/// Begins an age file to exactly one recipient; the header is written at once.
///
/// The caller writes the plaintext and must call `finish`, or the file will not open. Callers see no more than a writer, so
/// that encrypting chunks on several cores can come in here alone.
///
/// # Errors
/// Fails when the key is unusable (a low-order point) or writing fails.
pub fn seal<W: Write>(recipient: &AgeRecipient, out: W) -> io::Result<StreamWriter<W>> {
    age::Encryptor::with_recipients(std::iter::once(recipient.as_age()))
        .map_err(io::Error::other)?
        .wrap_output(out)
}

/// Opens an age file of a sealed message whose header was read and judged.
///
/// The reader gives plaintext chunk by chunk, each authenticated; only its end says that nothing is missing, so nothing
/// may be shown before (T27).
///
/// # Errors
/// See [`AgeFileError`].
pub(crate) fn open_measured<R: BufRead>(
    header: Header,
    input: R,
    identity: &AgeIdentity,
) -> Result<Payload<R>, AgeFileError> {
    decrypt(header, input, &mut std::iter::once(identity as &dyn age::Identity))
}

/// Opens with whichever of several keys fits, and says which one did; `None` when none does.
pub(crate) fn open_with_one<'k, R: BufRead>(
    header: Header,
    input: R,
    keys: &[&'k KeySet],
) -> Result<Option<(Payload<R>, &'k KeySet)>, AgeFileError> {
    let hit = Cell::new(None);
    let recorders: Vec<Recorder<'_>> = keys
        .iter()
        .enumerate()
        .map(|(number, set)| Recorder { identity: set.age(), number, hit: &hit })
        .collect();
    let mut identities = recorders.iter().map(|recorder| recorder as &dyn age::Identity);
    match decrypt(header, input, &mut identities) {
        Ok(payload) => Ok(hit.get().and_then(|number| keys.get(number)).map(|set| (payload, *set))),
        Err(AgeFileError::NoKey) => Ok(None),
        Err(error) => Err(error),
    }
}

/// An identity that notes when it was the one that fitted.
struct Recorder<'a> {
    identity: &'a AgeIdentity,
    number: usize,
    hit: &'a Cell<Option<usize>>,
}

impl age::Identity for Recorder<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        let unwrapped = self.identity.unwrap_stanza(stanza)?;
        self.hit.set(Some(self.number));
        Some(unwrapped)
    }
}

/// Opens any age file, binary or in armour, with identities or a passphrase: identity files, and the C2SP vectors.
///
/// # Errors
/// See [`AgeFileError`].
pub fn open_any<R: Read>(
    mut input: R,
    identities: &[AgeIdentity],
    passphrase: Option<&SecretString>,
) -> Result<AnyPayload<R>, AgeFileError> {
    // White space may stand before armour (C2SP age, "ASCII armor"); the `age` crate does not pass over it.
    let mut start = Vec::new();
    input.by_ref().take(ARMOUR_LEAD).read_to_end(&mut start).map_err(AgeFileError::Io)?;
    let lead = start.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    if start.get(lead..).is_some_and(|rest| rest.starts_with(ARMOUR_START)) {
        start.drain(..lead);
    }
    let mut input = BufReader::new(ArmoredReader::new(Cursor::new(start).chain(input)));
    let header = Header::read(&mut input, HEADER_MAX)?;
    let passphrase = passphrase.map(|passphrase| {
        let mut identity = age::scrypt::Identity::new(passphrase.clone());
        identity.set_max_work_factor(SCRYPT_CEILING);
        identity
    });
    let keys = identities.iter().map(|identity| identity as &dyn age::Identity);
    let passphrase = passphrase.iter().map(|identity| identity as &dyn age::Identity);
    decrypt(header, input, &mut keys.chain(passphrase))
}

fn decrypt<R: BufRead>(
    header: Header,
    input: R,
    identities: &mut dyn Iterator<Item = &dyn age::Identity>,
) -> Result<Payload<R>, AgeFileError> {
    // The header was measured; `new_buffered` parses it in one piece.
    let whole = Cursor::new(header.bytes).chain(input);
    let decryptor = age::Decryptor::new_buffered(whole).map_err(|error| match error {
        // The nonce behind the header is missing.
        age::DecryptError::Io(error) => from_header(error),
        other => from_age(other),
    })?;
    decryptor.decrypt(identities).map_err(from_age)
}

fn from_age(error: age::DecryptError) -> AgeFileError {
    match error {
        age::DecryptError::ExcessiveWork { .. } => AgeFileError::TooCostly,
        age::DecryptError::InvalidHeader | age::DecryptError::UnknownFormat => AgeFileError::Malformed,
        age::DecryptError::Io(error) => from_stream(error),
        // `DecryptionFailed` is a stanza that a passphrase does not open.
        age::DecryptError::DecryptionFailed | age::DecryptError::NoMatchingKeys => AgeFileError::NoKey,
        _ => AgeFileError::Damaged,
    }
}

/// Turns an error of reading the header into ours: what the armour reports as bad data is a wrong form, the rest is I/O.
fn from_header(error: io::Error) -> AgeFileError {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => AgeFileError::Malformed,
        _ => AgeFileError::Io(error),
    }
}

/// Turns an error of reading plaintext into ours: what the stream reports as bad data is damage, the rest is I/O.
pub(crate) fn from_stream(error: io::Error) -> AgeFileError {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => AgeFileError::Damaged,
        _ => AgeFileError::Io(error),
    }
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;

    fn sealed(to: &AgeIdentity, plain: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut writer = seal(&to.recipient(), &mut file).unwrap();
        writer.write_all(plain).unwrap();
        writer.finish().unwrap();
        file
    }

    #[test]
    fn seals_to_one_and_opens_for_that_one() {
        let bob = AgeIdentity::make(&mut OsRng);
        for length in [0, 1, 65_535, 65_536, 65_537, 200_000] {
            let plain = vec![7; length];
            let file = sealed(&bob, &plain);
            let header = Header::read(&mut file.as_slice(), MESSAGE_HEADER_MAX).unwrap();
            assert_eq!(plain_length(header.length(), file.len() as u64), Some(length as u64));
            assert_eq!(header.one_recipient().unwrap(), RecipientKind::Hybrid);
            let mut input = file.as_slice();
            let header = Header::read(&mut input, MESSAGE_HEADER_MAX).unwrap();
            let mut out = Vec::new();
            open_measured(header, input, &bob).unwrap().read_to_end(&mut out).unwrap();
            assert_eq!(out, plain);
        }
        let file = sealed(&bob, b"x");
        let eve = AgeIdentity::make(&mut OsRng);
        assert!(matches!(open_any(file.as_slice(), &[eve], None), Err(AgeFileError::NoKey)));
    }

    #[test]
    fn refuses_header_bombs_before_parsing() {
        let mut bomb = VERSION_LINE.to_vec();
        while bomb.len() < 1 << 20 {
            bomb.extend_from_slice(&[b"-> x ", [b'a'; 1000].as_slice(), b"\n\n"].concat());
        }
        assert!(matches!(
            Header::read(&mut bomb.as_slice(), HEADER_MAX),
            Err(AgeFileError::HeaderTooLong(HEADER_MAX))
        ));
        let long_line = [VERSION_LINE, &vec![b'a'; 1 << 20]].concat();
        assert!(matches!(
            Header::read(&mut long_line.as_slice(), HEADER_MAX),
            Err(AgeFileError::HeaderTooLong(_))
        ));
        assert!(matches!(open_any(bomb.as_slice(), &[], None), Err(AgeFileError::HeaderTooLong(_))));
    }

    #[test]
    fn refuses_many_small_stanzas_before_parsing() {
        let mac = format!("--- {}\n", "A".repeat(43));
        for (count, good) in [(64, true), (65, false)] {
            let header = [VERSION_LINE, &b"-> x\n\n".repeat(count), mac.as_bytes()].concat();
            assert_eq!(Header::read(&mut header.as_slice(), HEADER_MAX).is_ok(), good, "{count}");
        }
    }

    #[test]
    fn refuses_two_recipients_in_a_message_file() {
        let (one, two) = (AgeIdentity::make(&mut OsRng), AgeIdentity::make(&mut OsRng));
        let recipients = [one.recipient(), two.recipient()];
        let mut file = Vec::new();
        let mut writer = age::Encryptor::with_recipients(recipients.iter().map(AgeRecipient::as_age))
            .unwrap()
            .wrap_output(&mut file)
            .unwrap();
        writer.write_all(b"x").unwrap();
        writer.finish().unwrap();
        let header = Header::read(&mut file.as_slice(), MESSAGE_HEADER_MAX).unwrap();
        assert!(matches!(header.one_recipient(), Err(AgeFileError::Malformed)));
        assert!(open_any(file.as_slice(), &[one], None).is_ok(), "positive control: it is a good age file");
    }

    #[test]
    fn refuses_costly_passphrases_at_once() {
        let header = b"age-encryption.org/v1\n-> scrypt rF0/NwblUHHTpgQgRpe5CQ 23\ngUjEymFKMVXQEKdMMHL24oYexjE3TIC0O0zGSqJ2aUY\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n0123456789abcdef0123456789abcdef";
        let passphrase = SecretString::from("x".to_owned());
        assert!(matches!(open_any(header.as_slice(), &[], Some(&passphrase)), Err(AgeFileError::TooCostly)));
    }
}
