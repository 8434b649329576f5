//! Accounts: an address, its identity, the way out and what becomes of sent mail.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zegel_core::Address;
use zegel_core::address::is_invisible;

use super::{Imap, Smtp};

/// Longest name shown beside an address.
const NAME_MAX: usize = 200;

/// Where an account's identity is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentitySource {
    /// In a file in our own folder, and when there is none in the keyring: what is done when nothing is said.
    #[default]
    Anywhere,
    /// In a file in our own folder.
    File,
    /// In the keyring only.
    Keyring,
    /// In this file.
    Path(PathBuf),
}

impl IdentitySource {
    fn from_text(text: String) -> Result<Self, &'static str> {
        match text.as_str() {
            "keyring" => Ok(Self::Keyring),
            "file" => Ok(Self::File),
            path if path.contains(['/', '\\']) => Ok(Self::Path(PathBuf::from(text))),
            _ => Err("identity is \"keyring\", \"file\" or a path with a / in it"),
        }
    }
}

impl Serialize for IdentitySource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Anywhere => serializer.serialize_none(),
            Self::File => serializer.serialize_str("file"),
            Self::Keyring => serializer.serialize_str("keyring"),
            Self::Path(path) => path.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for IdentitySource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_text(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Where a copy of every sent mail is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(from = "SentFields", into = "SentFields")]
#[non_exhaustive]
pub enum Sent {
    /// In a folder of an IMAP server.
    Imap(Imap),
    /// In a Maildir.
    Maildir(PathBuf),
    /// Nowhere.
    #[default]
    None,
}

/// One account, checked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "AccountFields", into = "AccountFields")]
pub struct Account {
    address: Address,
    name: Option<String>,
    identity: IdentitySource,
    smtp: Option<Smtp>,
    sent: Sent,
}

impl Account {
    /// Makes an account that cannot send yet.
    pub fn new(address: Address) -> Self {
        Self { address, name: None, identity: IdentitySource::default(), smtp: None, sent: Sent::None }
    }

    /// Returns the address mail is sent from.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Returns the name shown beside the address.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns where the identity is looked for.
    pub fn identity(&self) -> &IdentitySource {
        &self.identity
    }

    /// Returns the server that mail is handed to, when the account can send.
    pub fn smtp(&self) -> Option<&Smtp> {
        self.smtp.as_ref()
    }

    /// Returns where sent mail is kept.
    pub fn sent(&self) -> &Sent {
        &self.sent
    }
}

/// The fields of [`Account`] as they stand in the file, not yet checked: what `account add` fills in.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AccountFields {
    /// The address; it has to be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The name shown beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where the identity is looked for.
    #[serde(default, skip_serializing_if = "is_anywhere")]
    pub identity: IdentitySource,
    /// The server that mail is handed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp: Option<Smtp>,
    /// Where sent mail is kept.
    #[serde(default, skip_serializing_if = "is_none")]
    pub sent: Sent,
}

fn is_anywhere(source: &IdentitySource) -> bool {
    *source == IdentitySource::Anywhere
}

fn is_none(sent: &Sent) -> bool {
    *sent == Sent::None
}

impl TryFrom<AccountFields> for Account {
    type Error = &'static str;

    fn try_from(raw: AccountFields) -> Result<Self, &'static str> {
        let address = raw.address.ok_or("address is missing")?;
        if let Some(name) = &raw.name {
            // Line breaks would be headers; invisible characters fake names.
            let fits = |c: char| !c.is_control() && !is_invisible(c);
            if name.trim().is_empty() || name.len() > NAME_MAX || !name.chars().all(fits) {
                return Err("name is one line of 1 to 200 bytes without invisible characters");
            }
        }
        Ok(Self { address, name: raw.name, identity: raw.identity, smtp: raw.smtp, sent: raw.sent })
    }
}

impl From<Account> for AccountFields {
    fn from(account: Account) -> Self {
        Self {
            address: Some(account.address),
            name: account.name,
            identity: account.identity,
            smtp: account.smtp,
            sent: account.sent,
        }
    }
}

/// The form of [`Sent`] in the file.
#[derive(Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum SentFields {
    // With braces: serde lets unknown fields pass beside a variant that has none.
    None {},
    Maildir { path: PathBuf },
    Imap(Imap),
}

impl From<SentFields> for Sent {
    fn from(fields: SentFields) -> Self {
        match fields {
            SentFields::None {} => Self::None,
            SentFields::Maildir { path } => Self::Maildir(path),
            SentFields::Imap(imap) => Self::Imap(imap),
        }
    }
}

impl From<Sent> for SentFields {
    fn from(sent: Sent) -> Self {
        match sent {
            Sent::None => Self::None {},
            Sent::Maildir(path) => Self::Maildir { path },
            Sent::Imap(imap) => Self::Imap(imap),
        }
    }
}
