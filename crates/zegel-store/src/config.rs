//! The configuration: one TOML file, several accounts, overridden by `ZEGEL_*` variables.
//!
//! ```
//! use zegel_store::config::Config;
//!
//! let config = Config::parse(
//!     r#"
//!     version = 1
//!     [account.work]
//!     address = "alice@example.org"
//!     [account.work.smtp]
//!     host = "mail.example.org"
//!     username = "alice"
//!     password = { from = "keyring" }
//!     "#,
//! )?;
//! let account = config.account("work").expect("it stands above");
//! assert_eq!(account.smtp().expect("it stands above").port(), 465);
//! # Ok::<(), zegel_store::config::ConfigError>(())
//! ```
//!
//! A password never stands in the file, only where it comes from. Whether a message may be sealed for a classic key
//! cannot be configured either: it is asked for by name, each time.

mod account;
mod edit;
mod error;
mod machine;
mod overrides;
mod password;
mod server;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::account::{Account, AccountFields, IdentitySource, Sent};
pub use self::edit::AccountChange;
pub use self::error::ConfigError;
pub use self::password::{Password, PasswordError, Purpose};
pub use self::server::{Auth, AuthKind, Host, Imap, ImapFields, Smtp, SmtpFields, Tls};
use zegel_core::keys::VerifyingKey;

use self::machine::Machine;
use crate::environment::Environment;
use crate::paths::Paths;
use crate::private::{self, FileError, Holds};

/// Longest configuration file that is read; the TOML reader takes up to eighty times its length in memory.
const CONFIG_MAX: usize = 256 << 10;
/// The version of the file's form.
const VERSION: u32 = 1;
/// Longest outer subject, so that the header stays on one line.
const SUBJECT_MAX: usize = 200;

/// Everything the file says, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct Config {
    default_account: Option<AccountName>,
    seal: Seal,
    policy: PolicyFiles,
    /// Whether the computer's own configuration names the policy.
    is_policy_settled: bool,
    scan: Scan,
    accounts: BTreeMap<AccountName, Account>,
}

impl Config {
    /// Reads the configuration file; a file that does not exist is an empty configuration, unless `ZEGEL_CONFIG`
    /// named it.
    ///
    /// # Errors
    /// Refuses unknown `ZEGEL_*` variables, a file that others may change, and whatever is not exactly as documented,
    /// with line, column and field.
    pub fn load(paths: &Paths, environment: &Environment) -> Result<Self, ConfigError> {
        environment.check()?;
        let mut config = Self::of_user(paths.config_file(), environment)?;
        if let Some(path) = paths.machine_file()
            && let Some(machine) = Machine::read(path)?
        {
            machine.settle(path, &mut config)?;
        }
        Ok(config)
    }

    fn of_user(path: &Path, environment: &Environment) -> Result<Self, ConfigError> {
        let bytes = match private::read_file(path, CONFIG_MAX, Holds::Settings) {
            Ok(bytes) => bytes,
            Err(error) if error.is_missing() && environment.value("ZEGEL_CONFIG").is_none() => {
                return Ok(Self::default());
            }
            Err(error) => return Err(error.into()),
        };
        let text =
            std::str::from_utf8(&bytes).map_err(|_| FileError::damaged(path, "it is not UTF-8 text"))?;
        let mut config = Self::parse(text).map_err(|error| error.in_file(path))?;
        config.policy.start_at(path.parent());
        Ok(config)
    }

    /// Reads configuration from text.
    ///
    /// # Errors
    /// Refuses unknown fields and values that are not as documented, with line, column and field.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        if text.len() > CONFIG_MAX {
            return Err(ConfigError::too_long(CONFIG_MAX));
        }
        toml::from_str(text).map_err(|error| ConfigError::from_toml(text, &error))
    }

    /// Writes the configuration as TOML; used for a file that does not exist yet.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("every part of a configuration has a TOML form")
    }

    /// Returns all accounts, by name.
    pub fn accounts(&self) -> &BTreeMap<AccountName, Account> {
        &self.accounts
    }

    /// Returns the account of that name, as the file has it.
    pub fn account(&self, name: &str) -> Option<&Account> {
        self.accounts.get(name)
    }

    /// Returns the name of the account that is used when none is named: `default_account`, else the only one.
    pub fn default_account(&self) -> Option<&AccountName> {
        let only = || self.accounts.keys().next().filter(|_| self.accounts.len() == 1);
        self.default_account.as_ref().or_else(only)
    }

    /// Returns how messages are sealed.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// Returns which rules are in force.
    pub fn policy(&self) -> &PolicyFiles {
        &self.policy
    }

    /// Says whether the policy is the one for everybody on this computer, which no variable may move.
    pub fn is_policy_settled(&self) -> bool {
        self.is_policy_settled
    }

    /// Returns the virus scanner.
    pub fn scan(&self) -> &Scan {
        &self.scan
    }

    /// Chooses the account to use and lets the `ZEGEL_*` variables have their say.
    ///
    /// `named` comes from the command line; else `ZEGEL_ACCOUNT`, else `default_account`, else the only account there
    /// is. Without any account the variables alone can make one, if they name at least `ZEGEL_ADDRESS`.
    ///
    /// # Errors
    /// Fails when no account is chosen, the chosen one does not exist, or a variable's value is wrong.
    pub fn choose(&self, named: Option<&str>, environment: &Environment) -> Result<Chosen, ConfigError> {
        overrides::choose(self, named, environment)
    }

    /// Finds the account with that address, for a mail that says who it is from.
    pub fn account_of(&self, address: &zegel_core::Address) -> Option<(&AccountName, &Account)> {
        self.accounts.iter().find(|(_, account)| account.address() == address)
    }
}

/// The account a command works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Its name; `environment` for one made of variables only.
    pub name: AccountName,
    /// The account, with the variables applied.
    pub account: Account,
}

/// The name of an account: letters, digits, `-` and `_`, at most 64.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountName(String);

impl AccountName {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountName {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if text.is_empty() || text.len() > 64 || !text.chars().all(fits) {
            return Err(ConfigError::AccountName);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for AccountName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for AccountName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AccountName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// How messages are sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "subject")]
    subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "part_threshold")]
    part_threshold: Option<u64>,
}

impl Seal {
    /// Returns the subject every sealed mail shows on the outside, when the organisation has chosen one.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// Returns the size in bytes above which an attachment becomes a part of its own, when it was chosen.
    pub fn part_threshold(&self) -> Option<u64> {
        self.part_threshold
    }
}

fn subject<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    // A line break here would be a header of the caller's choice in every mail.
    if text.trim().is_empty() || text.len() > SUBJECT_MAX || text.chars().any(char::is_control) {
        return Err(serde::de::Error::custom("a subject is one line of 1 to 200 bytes"));
    }
    Ok(Some(text))
}

fn part_threshold<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let bytes = u64::deserialize(deserializer)?;
    if !(1..=1 << 30).contains(&bytes) {
        return Err(serde::de::Error::custom("a size in bytes from 1 to 1073741824"));
    }
    Ok(Some(bytes))
}

/// Which rules are in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyFiles {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signer: Option<VerifyingKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    own: Option<PathBuf>,
}

impl PolicyFiles {
    /// Returns the policy file; none where only the built-in policy is in force.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Returns the key that must have signed the policy file.
    pub fn signer(&self) -> Option<&VerifyingKey> {
        self.signer.as_ref()
    }

    /// Returns the name that the policy must have: a signer may sign more than one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Takes paths from the folder of the configuration that names them: what counts must not depend on where a command runs.
    fn start_at(&mut self, folder: Option<&Path>) {
        let Some(folder) = folder else { return };
        for path in [&mut self.file, &mut self.own].into_iter().flatten() {
            *path = folder.join(&*path);
        }
    }

    /// Returns the user's own policy, which is added and can only tighten.
    pub fn own(&self) -> Option<&Path> {
        self.own.as_deref()
    }
}

/// The virus scanner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Scan {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clamd: Option<String>,
}

impl Scan {
    /// Returns where clamd listens: the path of a socket, or `host:port`. Once it is named, no mail leaves without it.
    pub fn clamd(&self) -> Option<&str> {
        self.clamd.as_deref()
    }
}

/// The file as it is written.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_account: Option<AccountName>,
    #[serde(default, skip_serializing_if = "is_default")]
    seal: Seal,
    #[serde(default, skip_serializing_if = "is_default")]
    policy: PolicyFiles,
    #[serde(default, skip_serializing_if = "is_default")]
    scan: Scan,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    account: BTreeMap<AccountName, Account>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl TryFrom<Raw> for Config {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        if raw.version != VERSION {
            return Err(format!("this version is not known here, only version = {VERSION}"));
        }
        if raw.default_account.as_ref().is_some_and(|name| !raw.account.contains_key(name)) {
            return Err("default_account names an account that does not stand here".to_owned());
        }
        if raw.policy.file.is_none() && (raw.policy.signer.is_some() || raw.policy.name.is_some()) {
            return Err("policy.signer and policy.name stand beside policy.file".to_owned());
        }
        Ok(Self {
            default_account: raw.default_account,
            seal: raw.seal,
            policy: raw.policy,
            is_policy_settled: false,
            scan: raw.scan,
            accounts: raw.account,
        })
    }
}

impl From<Config> for Raw {
    fn from(config: Config) -> Self {
        Self {
            version: VERSION,
            default_account: config.default_account,
            seal: config.seal,
            policy: config.policy,
            scan: config.scan,
            account: config.accounts,
        }
    }
}

#[cfg(test)]
mod tests;
