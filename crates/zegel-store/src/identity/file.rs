//! Identity files: one line of JSON, plain or inside an armoured age file with a passphrase (`age -d` opens it).

use std::io::{self, Read, Write};
use std::path::Path;

use age::armor::{ArmoredWriter, Format};
use secrecy::{ExposeSecret, SecretString};
use zegel_core::age_file::{AgeFileError, SCRYPT_CEILING, open_any};
use zegel_core::identity::{IDENTITY_MAX, Identity};
use zeroize::Zeroizing;

use super::{AskPassphrase, IdentityPlace, IdentityStoreError};
use crate::private::{self, FileError, Holds};
use crate::staging::{Mode, Overwrite, write_atomically};

/// Longest identity file that is read.
pub(super) const FILE_MAX: usize = 1 << 20;

/// Writes an identity to a file of mode 0600, sealed when a passphrase is given; for keeping and for exporting.
///
/// # Errors
/// Refuses an empty passphrase, and to overwrite unless allowed; on every error no file is left and an older one stays.
pub fn write_identity_file(
    path: &Path,
    identity: &Identity,
    passphrase: Option<&SecretString>,
    overwrite: Overwrite,
) -> Result<(), IdentityStoreError> {
    let secret = super::secret_text(identity)?;
    // EXPOSE: written to a file that only its owner can read, sealed unless plain was asked for by name.
    let text = secret.expose_secret();
    let mut plain = Zeroizing::new(Vec::with_capacity(text.len() + 1));
    plain.extend_from_slice(text.as_bytes());
    plain.push(b'\n');
    let bytes = match passphrase {
        None => plain,
        Some(passphrase) => {
            let sealed = seal(&plain, passphrase);
            Zeroizing::new(sealed.map_err(|error| match error.kind() {
                io::ErrorKind::InvalidInput => IdentityStoreError::EmptyPassphrase,
                _ => IdentityStoreError::Seal { path: path.to_owned(), source: error },
            })?)
        }
    };
    if bytes.len() > FILE_MAX {
        return Err(FileError::TooLong { path: path.to_owned(), cap: FILE_MAX }.into());
    }

    Ok(write_atomically(path, &bytes, Mode::Private, overwrite)?)
}

/// Reads an identity file; `ask` is called only when it is sealed.
///
/// # Errors
/// Refuses a file that others can reach, that is too long, or that asks for more work than the ceiling allows.
pub fn read_identity_file(
    path: &Path,
    ask: &mut AskPassphrase<'_>,
) -> Result<(Identity, IdentityPlace), IdentityStoreError> {
    let bytes = private::read_file(path, FILE_MAX, Holds::Secrets)?;
    let (plain, place) = if is_sealed(&bytes) {
        let passphrase =
            ask(path).map_err(|source| IdentityStoreError::Passphrase { path: path.to_owned(), source })?;
        let plain = unseal(&bytes, &passphrase)
            .map_err(|source| IdentityStoreError::Unseal { path: path.to_owned(), source })?;
        (plain, IdentityPlace::SealedFile)
    } else {
        (bytes, IdentityPlace::PlainFile)
    };
    let text = std::str::from_utf8(&plain).map_err(|_| FileError::damaged(path, "it is not text"))?;
    let identity = Identity::parse(&SecretString::from(text))
        .map_err(|source| IdentityStoreError::Identity { place: path.display().to_string(), source })?;
    Ok((identity, place))
}

pub(super) fn is_sealed(bytes: &[u8]) -> bool {
    let start = bytes.trim_ascii_start();
    start.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----") || start.starts_with(b"age-encryption.org/")
}

/// Seals with scrypt at the highest cost that is read again, about a second and 256 MiB.
fn seal(plain: &[u8], passphrase: &SecretString) -> io::Result<Vec<u8>> {
    // EXPOSE: looked at for being empty only.
    if passphrase.expose_secret().is_empty() {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    let mut recipient = age::scrypt::Recipient::new(passphrase.clone());
    recipient.set_work_factor(SCRYPT_CEILING);
    let recipients = std::iter::once(&recipient as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(recipients).map_err(io::Error::other)?;
    let armour = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
    let mut writer = encryptor.wrap_output(armour)?;
    writer.write_all(plain)?;
    writer.finish()?.finish()
}

pub(super) fn unseal(bytes: &[u8], passphrase: &SecretString) -> Result<Zeroizing<Vec<u8>>, AgeFileError> {
    let reader = open_any(bytes, &[], Some(passphrase))?;
    // The plaintext is shorter than the file; room for it from the start leaves no copies behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let limit = u64::try_from(IDENTITY_MAX).unwrap_or(u64::MAX);
    reader.take(limit).read_to_end(&mut plain).map_err(|_| AgeFileError::Damaged)?;
    Ok(plain)
}
