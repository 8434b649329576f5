//! The `ZEGEL_*` variables: one table, read in one place.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;
use thiserror::Error;
use zeroize::Zeroizing;

/// One variable and what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// The name, beginning with `ZEGEL_`.
    pub name: &'static str,
    /// One sentence for help and manual.
    pub meaning: &'static str,
}

const fn variable(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, meaning }
}

/// All variables, in alphabetical order; any other `ZEGEL_*` variable is refused as a typing error.
pub const VARIABLES: &[Variable] = &[
    variable("ZEGEL_ACCOUNT", "name of the account to use, in place of default_account"),
    variable(
        "ZEGEL_ADDRESS",
        "address of the account; with it and ZEGEL_SMTP_HOST no configuration file is needed",
    ),
    variable("ZEGEL_CONFIG", "the configuration file"),
    variable("ZEGEL_HOME", "folder below which configuration, data and state lie"),
    variable("ZEGEL_IDENTITY_FILE", "file with the identity, in place of the keyring"),
    variable("ZEGEL_NAME", "name shown beside the address"),
    variable("ZEGEL_PASSPHRASE", "passphrase of the identity file; a file is better"),
    variable("ZEGEL_PASSPHRASE_FILE", "file with the passphrase of the identity file, mode 0600"),
    variable(
        "ZEGEL_SERVER_CA_FILE",
        "file with the certificate of a private authority of a Zegel server, PEM",
    ),
    variable("ZEGEL_SMTP_AUTH", "none, plain, login or xoauth2"),
    variable("ZEGEL_SMTP_CA_FILE", "file with the certificate of a private authority, PEM"),
    variable("ZEGEL_SMTP_HOST", "name or IP address of the mail server"),
    variable("ZEGEL_SMTP_PASSWORD", "password for the mail server; a file is better"),
    variable("ZEGEL_SMTP_PASSWORD_FILE", "file with the password for the mail server, mode 0600"),
    variable("ZEGEL_SMTP_PORT", "port of the mail server"),
    variable("ZEGEL_SMTP_TIMEOUT_SECONDS", "how long one answer of the mail server may take"),
    variable("ZEGEL_SMTP_TLS", "implicit, starttls or none (none on this computer only)"),
    variable("ZEGEL_SMTP_USERNAME", "user name at the mail server"),
];

/// Tells which variable is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EnvironmentError {
    /// A `ZEGEL_*` variable that is not in the table.
    #[error("unknown variable {name}")]
    Unknown {
        /// The variable as it is set.
        name: String,
        /// The one it resembles most.
        nearest: &'static str,
    },
    /// The value is not text.
    #[error("the value of {name} is not UTF-8 text")]
    NotText {
        /// The variable.
        name: String,
    },
}

impl EnvironmentError {
    /// Returns what the person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { nearest, .. } => {
                Some(format!("did you mean {nearest}? every ZEGEL_* variable must be known"))
            }
            Self::NotText { .. } => None,
        }
    }
}

/// The variables of a process; values are never shown.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// Reads the variables of this process: the one place that does.
    pub fn of_process() -> Self {
        Self::of(std::env::vars_os())
    }

    /// Takes the variables from anywhere; tests need no real environment.
    pub fn of<K: Into<OsString>, V: Into<OsString>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        let text = |(name, value): (K, V)| Some((name.into().into_string().ok()?, value.into()));
        Self(variables.into_iter().filter_map(text).collect())
    }

    /// Refuses `ZEGEL_*` variables that are not in the table: a typing error must not silently change what happens.
    ///
    /// # Errors
    /// Names the first unknown variable and the known one nearest to it.
    pub fn check(&self) -> Result<(), EnvironmentError> {
        let unknown = self.0.keys().find(|name| name.starts_with("ZEGEL_") && !is_known(name));
        match unknown {
            None => Ok(()),
            Some(name) => Err(EnvironmentError::Unknown { name: name.clone(), nearest: nearest(name) }),
        }
    }

    /// Returns a value; an empty one counts as not set.
    pub fn value(&self, name: &str) -> Option<&OsStr> {
        self.0.get(name).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// Returns a value as text.
    ///
    /// # Errors
    /// Refuses a value that is not UTF-8.
    pub fn text(&self, name: &str) -> Result<Option<&str>, EnvironmentError> {
        match self.value(name) {
            None => Ok(None),
            Some(value) => {
                value.to_str().map(Some).ok_or_else(|| EnvironmentError::NotText { name: name.to_owned() })
            }
        }
    }

    /// Returns a value as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.value(name).map(PathBuf::from)
    }

    /// Returns a value that is a secret.
    ///
    /// # Errors
    /// Refuses a value that is not UTF-8.
    pub fn secret(&self, name: &str) -> Result<Option<SecretString>, EnvironmentError> {
        Ok(self.text(name)?.map(SecretString::from))
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        // Passwords may be among the values; wipe our copy of them.
        for value in std::mem::take(&mut self.0).into_values() {
            drop(Zeroizing::new(value.into_encoded_bytes()));
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys().filter(|name| name.starts_with("ZEGEL_"))).finish()
    }
}

/// Says whether a variable is in the table.
pub(crate) fn is_known(name: &str) -> bool {
    VARIABLES.iter().any(|variable| variable.name == name)
}

fn nearest(name: &str) -> &'static str {
    let known = VARIABLES.iter().map(|variable| variable.name);
    // A name that was cut short means the one it begins.
    known
        .min_by_key(|known| if known.starts_with(name) { 0 } else { distance(name, known) })
        .unwrap_or("ZEGEL_CONFIG")
}

/// Counts the letters to add, drop or change to get from one word to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    // Names longer than any of ours are told apart by their beginning.
    for (i, a) in from.chars().take(64).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(&to) {
            let best = (diagonal + usize::from(a != *b)).min(left + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = best;
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_are_refused_with_the_right_name() {
        assert_eq!(Environment::of([("ZEGEL_SMTP_PORT", "25"), ("PATH", "/bin")]).check(), Ok(()));
        for (wrong, right) in [
            ("ZEGEL_SMTP_USER", "ZEGEL_SMTP_USERNAME"),
            ("ZEGEL_SMTP_HOSTT", "ZEGEL_SMTP_HOST"),
            ("ZEGEL_PASPHRASE_FILE", "ZEGEL_PASSPHRASE_FILE"),
            ("ZEGEL_HOM", "ZEGEL_HOME"),
        ] {
            let error = Environment::of([(wrong, "hunter2")]).check().unwrap_err();
            assert_eq!(error, EnvironmentError::Unknown { name: wrong.to_owned(), nearest: right });
            assert!(!format!("{error} {:?}", error.hint()).contains("hunter2"));
        }
    }

    #[test]
    fn table_is_in_order_and_values_stay_hidden() {
        assert!(VARIABLES.windows(2).all(|pair| pair[0].name < pair[1].name));
        let debug = format!("{:?}", Environment::of([("ZEGEL_PASSPHRASE", "hunter2"), ("HOME", "/h")]));
        assert_eq!(debug, r#"{"ZEGEL_PASSPHRASE"}"#);
    }

    #[test]
    fn distance_counts_letters() {
        for (a, b, d) in
            [("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("", "abc", 3), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(a, b), d);
        }
    }
}
