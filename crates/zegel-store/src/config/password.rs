//! Where a password comes from: the keyring, a private file or a variable; never the configuration itself.

use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use super::AccountName;
use crate::environment::{self, Environment, EnvironmentError};
use crate::keyring::{Keyring, KeyringError, PASSWORDS};
use crate::private::{self, FileError, Holds};

/// Longest password file that is read.
const PASSWORD_MAX: usize = 64 << 10;

const LITERAL: &str = "a password never stands in the configuration";

pub(super) const HINT: &str = "say where it comes from: password = { from = \"keyring\" }, \
     { from = \"file\", path = \"…\" } or { from = \"env\", name = \"…\" }";

/// Where a password comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "from", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Password {
    /// From a variable of the environment.
    Env {
        /// The variable.
        name: String,
    },
    /// From a file of mode 0600; one line end at its end does not count.
    File {
        /// The file.
        path: PathBuf,
    },
    /// From the keyring of the operating system.
    Keyring,
}

/// Which of an account's passwords is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// For keeping sent mail on an IMAP server.
    Imap,
    /// For sending.
    Smtp,
}

impl Purpose {
    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Smtp => "smtp",
        }
    }
}

/// Tells why a password is not to be had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// The keyring holds none for this account.
    #[error("the keyring holds no {purpose} password of the account {account}")]
    NotInKeyring {
        /// The account.
        account: String,
        /// `smtp` or `imap`.
        purpose: &'static str,
    },
    /// The variable is not set.
    #[error("the variable {name} is not set")]
    NotSet {
        /// The variable.
        name: String,
    },
    /// The password is empty or not one line of text.
    #[error("the password from {place} is not one line of UTF-8 text")]
    NotText {
        /// Where it came from.
        place: String,
    },
    /// The variable is not text.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The file cannot be read, or others can reach it.
    #[error(transparent)]
    File(#[from] FileError),
    /// The keyring does not answer.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

impl PasswordError {
    /// Returns what the person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotInKeyring { account, .. } => {
                Some(format!("run: zegel account add {account}, or set ZEGEL_SMTP_PASSWORD_FILE"))
            }
            Self::File(error) => error.hint(),
            Self::Keyring(error) => error.hint(),
            _ => None,
        }
    }
}

impl Password {
    /// Fetches the password.
    ///
    /// # Errors
    /// Fails when the place holds none, cannot be read or is open to others; an error never contains the password.
    pub fn fetch(
        &self,
        account: &AccountName,
        purpose: Purpose,
        environment: &Environment,
    ) -> Result<SecretString, PasswordError> {
        match self {
            Self::Env { name } => {
                let secret =
                    environment.secret(name)?.ok_or_else(|| PasswordError::NotSet { name: name.clone() })?;
                one_line(Zeroizing::new(bytes_of(&secret)), || format!("the variable {name}"))
            }
            Self::File { path } => {
                let bytes = private::read_file(path, PASSWORD_MAX, Holds::Secrets)?;
                one_line(bytes, || path.display().to_string())
            }
            Self::Keyring => {
                Keyring::System.find(PASSWORDS, &keyring_user(account, purpose))?.ok_or_else(|| {
                    PasswordError::NotInKeyring { account: account.to_string(), purpose: purpose.as_str() }
                })
            }
        }
    }

    /// Puts a password of an account into the keyring, in place of the one there.
    ///
    /// # Errors
    /// Fails when the keyring does not take it or does not give it back.
    pub fn store(
        account: &AccountName,
        purpose: Purpose,
        password: &SecretString,
    ) -> Result<(), KeyringError> {
        Keyring::System.store(PASSWORDS, &keyring_user(account, purpose), password)
    }

    /// Removes a password of an account from the keyring; says whether there was one.
    ///
    /// # Errors
    /// Fails when the keyring does not answer.
    pub fn forget(account: &AccountName, purpose: Purpose) -> Result<bool, KeyringError> {
        Keyring::System.remove(PASSWORDS, &keyring_user(account, purpose))
    }
}

fn keyring_user(account: &AccountName, purpose: Purpose) -> String {
    format!("{account}/{}", purpose.as_str())
}

fn bytes_of(secret: &SecretString) -> Vec<u8> {
    use secrecy::ExposeSecret;
    // EXPOSE: the same check for every place; the copy is wiped by the caller's `Zeroizing`.
    secret.expose_secret().as_bytes().to_vec()
}

/// Takes one line of text, with or without its line end.
pub(crate) fn one_line(
    bytes: Zeroizing<Vec<u8>>,
    place: impl FnOnce() -> String,
) -> Result<SecretString, PasswordError> {
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(text) if !text.is_empty() && !text.contains(['\r', '\n', '\0']) => Ok(SecretString::from(text)),
        _ => Err(PasswordError::NotText { place: place() }),
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PasswordVisitor)
    }
}

/// Written by hand because the derived one shows a literal password in its error.
struct PasswordVisitor;

impl<'de> Visitor<'de> for PasswordVisitor {
    type Value = Password;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("where the password comes from")
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Password, E> {
        Err(E::custom(LITERAL))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Password, E> {
        Err(E::custom(LITERAL))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Password, E> {
        Err(E::custom(LITERAL))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Password, E> {
        Err(E::custom(LITERAL))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Password, E> {
        Err(E::custom(LITERAL))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Password, A::Error> {
        let (mut from, mut path, mut name) = (None::<String>, None::<PathBuf>, None::<String>);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "from" => from = Some(map.next_value()?),
                "path" => path = Some(map.next_value()?),
                "name" => name = Some(map.next_value()?),
                _ => return Err(de::Error::unknown_field(&key, &["from", "name", "path"])),
            }
        }
        match (from.as_deref(), path, name) {
            (Some("keyring"), None, None) => Ok(Password::Keyring),
            (Some("file"), Some(path), None) => Ok(Password::File { path }),
            (Some("env"), None, Some(name))
                if !name.starts_with("ZEGEL_") || environment::is_known(&name) =>
            {
                Ok(Password::Env { name })
            }
            (Some("env"), None, Some(_)) => {
                Err(de::Error::custom("other ZEGEL_* variables than our own are refused"))
            }
            _ => Err(de::Error::custom("not a place a password comes from")),
        }
    }
}
