//! Opening as a guest: link, share and, where one was agreed, the access code are the key.

use std::io::{self, Read, Seek, SeekFrom, Write};

use super::container::{ContainerError, Index, Kind, append, append_bytes, trailer};
use super::envelope::{self, Envelope, EnvelopeError};
use super::manifest::{Manifest, OpenerRole};
use super::open::{FirstUse, OpenError, Opened, Stage, find_sender, read_entry, verify};
use crate::age_file::AgeFileError;
use crate::contacts::Contacts;
use crate::guest::{CodeKeys, LinkSecret, derive_identity};
use crate::id::{GuestId, MessageId};
use crate::keys::AgeIdentity;
use crate::secret::Secret32;
use crate::time::Timestamp;

/// Everything that a guest brings.
#[derive(Debug)]
pub struct GuestKey {
    pub(super) message: MessageId,
    pub(super) guest: GuestId,
    pub(super) identity: AgeIdentity,
}

impl GuestKey {
    /// Puts the pieces together: the message and the secret of the link, what the server released, and the code.
    pub fn derive(
        message: MessageId,
        guest: GuestId,
        link: &LinkSecret,
        share: &Secret32,
        code: Option<&CodeKeys>,
    ) -> Self {
        let identity = derive_identity(link, share, code.map(|keys| &keys.seal), message, guest);
        Self { message, guest, identity }
    }
}

/// Writes what the server released as the container that a mail would have carried: parts, in their order, and one envelope.
///
/// `parts` copies the age file of the part with that number; nothing is decrypted.
///
/// # Errors
/// As `parts` and `out` fail.
pub fn assemble<W: Write + Seek, E: From<io::Error>>(
    out: &mut W,
    count: usize,
    envelope: &[u8],
    mut parts: impl FnMut(usize, &mut W) -> Result<(), E>,
) -> Result<(), E> {
    for number in 0..count {
        append(out, Kind::Part, number, |out| parts(number, out))?;
    }
    let mut tail = Vec::new();
    append_bytes(&mut tail, Kind::Envelope, 0, envelope);
    tail.extend_from_slice(&trailer());
    out.write_all(&tail)?;
    out.seek(SeekFrom::Start(0))?;
    Ok(())
}

/// Opens a container with a guest's key; else as [`super::open()`].
///
/// # Errors
/// See [`OpenError`]. On an error the stage is dropped, and with it everything decrypted so far.
pub fn open_as_guest<R: Read + Seek, S: Stage>(
    mut container: R,
    key: &GuestKey,
    contacts: &dyn Contacts,
    first_use: FirstUse,
    now: Timestamp,
    mut stage: S,
    progress: &mut dyn FnMut(u64),
) -> Result<Opened<S::File>, OpenError> {
    let index = Index::read(&mut container)?;
    let envelope = find_envelope(&mut container, &index, key)?;
    check_opener(&envelope.manifest, key)?;
    let found = find_sender(&envelope, contacts, first_use, now)?;
    verify(container, &index, envelope, found, &mut stage, progress)
}

fn find_envelope<R: Read + Seek>(
    container: &mut R,
    index: &Index,
    key: &GuestKey,
) -> Result<Envelope, OpenError> {
    // A guest gets one envelope, theirs. Anything else is not what a server of ours hands out.
    let [entry] = index.envelopes.as_slice() else { return Err(ContainerError::Form.into()) };
    let input = read_entry(container, *entry)?;
    match envelope::open_as_guest(input, entry.length, &key.identity) {
        Ok(Some(envelope)) => Ok(envelope),
        Ok(None) => Err(OpenError::NoKey(1)),
        Err(EnvelopeError::Age(AgeFileError::Io(error))) => Err(OpenError::Io(error)),
        Err(_) => Err(OpenError::Damaged),
    }
}

/// The ids of the link must be the ones that were signed: a server cannot hand out another message, or another guest's
/// envelope, in this one's place (T16).
fn check_opener(manifest: &Manifest, key: &GuestKey) -> Result<(), OpenError> {
    let named = manifest.opener.role == OpenerRole::Guest
        && manifest.opener.guest == Some(key.guest)
        && manifest.opener.card.is_none()
        && manifest.id == key.message;
    if named { Ok(()) } else { Err(OpenError::Forged("it was sealed for somebody else")) }
}
