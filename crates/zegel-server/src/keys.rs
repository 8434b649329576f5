//! The server's own secret, and what is derived from it.
//!
//! It lies in a file of its own and is left out of backups: a backup alone then tells neither the secrets of authenticators nor
//! which guests are made up.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rand_core::{OsRng, RngCore as _};
use totp_rs::{Builder, Totp};
use zegel_wire::server::{FactorKind, SecretText};
use zeroize::{Zeroize as _, Zeroizing};

use crate::text::{Hash, Id, base32};

/// Time steps of an authenticator (RFC 6238 section 5.2), in seconds.
const STEP: u64 = 30;

/// The server's secret.
pub(crate) struct Keys {
    secret: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// Reads the secret from its file, or makes it at the first start.
    ///
    /// # Errors
    /// When the file cannot be read or written, or does not hold a secret.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        match fs::read_to_string(path) {
            Ok(mut text) => {
                let bytes = base32().decode(text.trim().as_bytes()).ok();
                text.zeroize();
                let secret = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
                secret.map(|secret| Self { secret: Zeroizing::new(secret) }).ok_or_else(|| {
                    io::Error::new(io::ErrorKind::InvalidData, "the file does not hold a secret")
                })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::make(path),
            Err(error) => Err(error),
        }
    }

    fn make(path: &Path) -> io::Result<Self> {
        let mut secret = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(&mut *secret);
        // EXPOSE: the secret goes to its own file, which only the server's user reads.
        let text = Zeroizing::new(format!("{}\n", base32().encode(&*secret)));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        if let Some(folder) = path.parent() {
            fs::File::open(folder)?.sync_all()?;
        }
        Ok(Self { secret })
    }

    fn derive(&self, purpose: &str, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut hasher = blake3::Hasher::new_derive_key(purpose);
        hasher.update(&*self.secret);
        for part in parts {
            // With lengths, so that no two lists of parts are the same bytes.
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Zeroizing::new(*hasher.finalize().as_bytes())
    }

    /// Makes up a guest for an address that is none's: the same each time, and like a real one (T32).
    pub(crate) fn derive_guest(&self, message: Id, address: &str, kinds: &[FactorKind]) -> (Id, FactorKind) {
        let bytes = self.derive("zegel/server-guest/v1", &[message.as_bytes(), address.as_bytes()]);
        let (id, rest) = bytes.split_at(16);
        let pick =
            rest.iter().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
        let kind = kinds.get(pick % kinds.len().max(1)).copied().unwrap_or(FactorKind::Code);
        (Id::from_row(id).unwrap_or_else(|| Id::from_bytes([0; 16])), kind)
    }

    /// Hashes a code of six digits with the session that asked for it: without this process, guessing it back is hopeless.
    pub(crate) fn derive_code(&self, session: &Hash, code: &str) -> Hash {
        Hash::from_bytes(*self.derive("zegel/server-code/v1", &[session.as_bytes(), code.as_bytes()]))
    }

    /// Names something that is counted, a phone number for example, without keeping it.
    pub(crate) fn derive_counter(&self, what: &str, value: &[u8]) -> Hash {
        Hash::from_bytes(*self.derive("zegel/server-counter/v1", &[what.as_bytes(), value]))
    }

    /// Returns the `otpauth://` address of an authenticator.
    pub(crate) fn authenticator(&self, seed: &[u8], address: &str, issuer: &str) -> Option<SecretText> {
        let issuer = issuer.replace(':', " ");
        // EXPOSE: this is how the member's authenticator learns the secret.
        self.totp(seed, address, issuer)?.to_url().ok().map(SecretText::new)
    }

    /// Returns the time step whose code this is, when it is later than the last one that counted.
    pub(crate) fn judge_totp(&self, seed: &[u8], code: &str, last: i64, now: i64) -> Option<i64> {
        if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let totp = self.totp(seed, "member", "zegel".to_owned())?;
        let step = totp.check(code, now.unsigned_abs())?;
        // RFC 6238 section 5.2: a code counts once.
        i64::try_from(step).ok().filter(|step| *step > last)
    }

    fn totp(&self, seed: &[u8], account: &str, issuer: String) -> Option<Totp> {
        let secret = self.derive("zegel/server-totp/v1", &[seed]);
        // 160 bits (RFC 4226 section 4, R6).
        let secret: Vec<u8> = secret.iter().take(20).copied().collect();
        Builder::new()
            .with_secret(secret)
            .with_step_duration(STEP)
            .with_account_name(account)
            .with_issuer(Some(issuer))
            .build()
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys { secret: Zeroizing::new([7; 32]) }
    }

    #[test]
    fn the_secret_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let first = Keys::open(&path).unwrap();
        let again = Keys::open(&path).unwrap();
        assert_eq!(*first.secret, *again.secret);
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, "short").unwrap();
        assert!(Keys::open(&path).is_err());
    }

    #[test]
    fn a_made_up_guest_is_always_the_same() {
        let (keys, message) = (keys(), Id::make());
        let kinds = [FactorKind::Sms, FactorKind::Code];
        let one = keys.derive_guest(message, "eve@example.org", &kinds);
        assert_eq!(one, keys.derive_guest(message, "eve@example.org", &kinds));
        assert_ne!(one.0, keys.derive_guest(message, "mallory@example.org", &kinds).0);
        assert_ne!(one.0, keys.derive_guest(Id::make(), "eve@example.org", &kinds).0);
    }

    #[test]
    fn a_time_step_counts_once() {
        let keys = keys();
        let totp = keys.totp(b"seed", "member", "zegel".to_owned()).unwrap();
        let now = 1_795_244_400;
        let code = totp.generate(now).to_string();
        let step = keys.judge_totp(b"seed", &code, 0, now.cast_signed()).unwrap();
        assert_eq!(step, (now / STEP).cast_signed());
        assert_eq!(keys.judge_totp(b"seed", &code, step, now.cast_signed()), None);
        assert_eq!(keys.judge_totp(b"other", &code, 0, now.cast_signed()), None);
        assert_eq!(keys.judge_totp(b"seed", &code, 0, now.cast_signed() + 120), None);
        assert_eq!(keys.judge_totp(b"seed", " 12345", 0, now.cast_signed()), None);
    }

    /// RFC 6238 appendix B, SHA-1, shortened to six digits.
    #[test]
    fn the_vectors_of_the_rfc_hold() {
        let totp = Builder::new()
            .with_secret(b"12345678901234567890".to_vec())
            .with_step_duration(STEP)
            .with_account_name("a")
            .with_issuer(Some("b"))
            .build()
            .unwrap();
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(totp.generate(time).to_string(), code, "{time}");
        }
    }
}
