//! Mail servers: host, port, encryption, authentication.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zegel_core::Domain;

use super::Password;

/// How long one answer of a server may take when nothing is configured.
const TIMEOUT: u64 = 60;

/// A server's name or IP address.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Host {
    /// An IP address.
    Address(IpAddr),
    /// A name, which a certificate is checked against.
    Name(Domain),
}

impl Host {
    /// Says whether this is the computer we run on, so that nothing goes over a network.
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Address(address) => address.to_canonical().is_loopback(),
            // RFC 6761 section 6.3: these names never leave the computer.
            Self::Name(name) => name.as_ascii() == "localhost" || name.as_ascii().ends_with(".localhost"),
        }
    }
}

impl FromStr for Host {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        text.parse().map(Self::Name).map_err(|_| "not a host name or IP address")
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

impl Serialize for Host {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Host {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Tls {
    /// From the first byte (RFC 8314).
    #[default]
    Implicit,
    /// Not at all; only to this computer itself.
    None,
    /// After STARTTLS, without which nothing is sent.
    StartTls,
}

impl FromStr for Tls {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "implicit" => Ok(Self::Implicit),
            "none" => Ok(Self::None),
            "starttls" => Ok(Self::StartTls),
            _ => Err("one of implicit, starttls, none"),
        }
    }
}

/// How the program proves to the server who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Auth {
    /// Not at all.
    None,
    /// SASL LOGIN, an older form some servers want.
    Login {
        /// The user name.
        username: String,
        /// Where the password comes from.
        password: Password,
    },
    /// SASL PLAIN (RFC 4616).
    Plain {
        /// The user name.
        username: String,
        /// Where the password comes from.
        password: Password,
    },
    /// SASL XOAUTH2; the password is the access token.
    XOAuth2 {
        /// The user name.
        username: String,
        /// Where the access token comes from.
        password: Password,
    },
}

impl Auth {
    /// Returns user name and place of the password, unless there is no authentication.
    pub fn credentials(&self) -> Option<(&str, &Password)> {
        match self {
            Self::None => None,
            Self::Login { username, password }
            | Self::Plain { username, password }
            | Self::XOAuth2 { username, password } => Some((username, password)),
        }
    }
}

/// The SMTP server that mail is handed to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "SmtpFields", into = "SmtpFields")]
pub struct Smtp {
    host: Host,
    port: u16,
    tls: Tls,
    auth: Auth,
    ca_file: Option<PathBuf>,
    timeout: Duration,
}

impl Smtp {
    /// Returns the server.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Returns the port; when none is configured, 465, 587 or 25, as the encryption has it.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns how the connection is encrypted; `None` only to this computer itself.
    pub fn tls(&self) -> Tls {
        self.tls
    }

    /// Returns how the program proves who it is.
    pub fn auth(&self) -> &Auth {
        &self.auth
    }

    /// Returns the file with the certificate of a private authority that is trusted as well.
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// Returns how long one answer may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// The fields of [`Smtp`] as they stand in the file, not yet checked: what `account add` fills in.
///
/// ```
/// use zegel_store::config::{Smtp, SmtpFields};
/// let smtp = Smtp::try_from(SmtpFields { host: Some("127.0.0.1".parse()?), ..SmtpFields::default() })?;
/// assert_eq!(smtp.port(), 465);
/// # Ok::<(), &'static str>(())
/// ```
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpFields {
    /// The server; it has to be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Host>,
    /// The port, else the usual one for the encryption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The encryption, else implicit TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// The kind of authentication, else PLAIN when there is a user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<AuthKind>,
    /// The user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Certificate of a private authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// How long one answer may take, else a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// Where the password comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
}

/// The kinds of authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum AuthKind {
    /// SASL LOGIN.
    Login,
    /// No authentication.
    None,
    /// SASL PLAIN.
    Plain,
    /// SASL XOAUTH2.
    XOAuth2,
}

impl FromStr for AuthKind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "login" => Ok(Self::Login),
            "none" => Ok(Self::None),
            "plain" => Ok(Self::Plain),
            "xoauth2" => Ok(Self::XOAuth2),
            _ => Err("one of none, plain, login, xoauth2"),
        }
    }
}

impl TryFrom<SmtpFields> for Smtp {
    type Error = &'static str;

    fn try_from(raw: SmtpFields) -> Result<Self, &'static str> {
        let host = raw.host.ok_or("host is missing")?;
        let tls = checked_tls(raw.tls, &host)?;
        let default_port = match tls {
            Tls::Implicit => 465,
            Tls::None => 25,
            Tls::StartTls => 587,
        };
        let port = checked_port(raw.port.unwrap_or(default_port))?;
        let auth = raw.auth.unwrap_or(if raw.username.is_some() { AuthKind::Plain } else { AuthKind::None });
        let auth = match (auth, raw.username, raw.password) {
            (AuthKind::None, None, None) => Auth::None,
            (AuthKind::None, ..) => return Err("auth is none, but there is a username or password"),
            (auth, Some(username), Some(password)) => {
                check_username(&username)?;
                match auth {
                    AuthKind::Login => Auth::Login { username, password },
                    AuthKind::XOAuth2 => Auth::XOAuth2 { username, password },
                    AuthKind::Plain | AuthKind::None => Auth::Plain { username, password },
                }
            }
            _ => return Err("auth needs a username and a password"),
        };
        let seconds = raw.timeout_seconds.unwrap_or(TIMEOUT);
        if !(1..=3600).contains(&seconds) {
            return Err("timeout_seconds is 1 to 3600");
        }
        Ok(Self { host, port, tls, auth, ca_file: raw.ca_file, timeout: Duration::from_secs(seconds) })
    }
}

impl From<Smtp> for SmtpFields {
    fn from(smtp: Smtp) -> Self {
        let (auth, username, password) = match smtp.auth {
            Auth::None => (AuthKind::None, None, None),
            Auth::Login { username, password } => (AuthKind::Login, Some(username), Some(password)),
            Auth::Plain { username, password } => (AuthKind::Plain, Some(username), Some(password)),
            Auth::XOAuth2 { username, password } => (AuthKind::XOAuth2, Some(username), Some(password)),
        };
        let seconds = smtp.timeout.as_secs();
        Self {
            host: Some(smtp.host),
            port: Some(smtp.port),
            tls: Some(smtp.tls),
            auth: Some(auth),
            username,
            password,
            ca_file: smtp.ca_file,
            timeout_seconds: (seconds != TIMEOUT).then_some(seconds),
        }
    }
}

/// The IMAP server that keeps sent mail.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "ImapFields", into = "ImapFields")]
pub struct Imap {
    host: Host,
    port: u16,
    tls: Tls,
    username: String,
    password: Password,
    folder: String,
    ca_file: Option<PathBuf>,
}

impl Imap {
    /// Returns the server.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Returns the port; when none is configured, 993 or 143, as the encryption has it.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns how the connection is encrypted; `None` only to this computer itself.
    pub fn tls(&self) -> Tls {
        self.tls
    }

    /// Returns the user name.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// Returns where the password comes from.
    pub fn password(&self) -> &Password {
        &self.password
    }

    /// Returns the folder for sent mail.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// Returns the file with the certificate of a private authority that is trusted as well.
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }
}

/// The fields of [`Imap`] as they stand in the file, not yet checked.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ImapFields {
    /// The server; it has to be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Host>,
    /// The port, else the usual one for the encryption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The encryption, else implicit TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// The user name; it has to be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The folder, else `Sent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Certificate of a private authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Where the password comes from; it has to be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
}

impl TryFrom<ImapFields> for Imap {
    type Error = &'static str;

    fn try_from(fields: ImapFields) -> Result<Self, &'static str> {
        let host = fields.host.ok_or("host is missing")?;
        let tls = checked_tls(fields.tls, &host)?;
        let port = checked_port(fields.port.unwrap_or(if tls == Tls::Implicit { 993 } else { 143 }))?;
        let username = fields.username.ok_or("username is missing")?;
        check_username(&username)?;
        let password = fields.password.ok_or("password is missing")?;
        let folder = fields.folder.unwrap_or_else(|| "Sent".to_owned());
        // A line break would be an IMAP command of the file's choice.
        if folder.is_empty() || folder.len() > 512 || folder.chars().any(char::is_control) {
            return Err("folder is one line of 1 to 512 bytes");
        }
        Ok(Self { host, port, tls, username, password, folder, ca_file: fields.ca_file })
    }
}

impl From<Imap> for ImapFields {
    fn from(imap: Imap) -> Self {
        Self {
            host: Some(imap.host),
            port: Some(imap.port),
            tls: Some(imap.tls),
            username: Some(imap.username),
            folder: Some(imap.folder),
            ca_file: imap.ca_file,
            password: Some(imap.password),
        }
    }
}

/// Refuses a connection that would carry password and envelope in the clear over a network.
fn checked_tls(tls: Option<Tls>, host: &Host) -> Result<Tls, &'static str> {
    match tls.unwrap_or_default() {
        Tls::None if !host.is_loopback() => {
            Err("tls = \"none\" is for this computer itself only (localhost, 127.0.0.1, ::1)")
        }
        tls => Ok(tls),
    }
}

fn checked_port(port: u16) -> Result<u16, &'static str> {
    if port == 0 { Err("port is 1 to 65535") } else { Ok(port) }
}

fn check_username(username: &str) -> Result<(), &'static str> {
    let fits = !username.is_empty() && username.len() <= 512 && !username.chars().any(char::is_control);
    if fits { Ok(()) } else { Err("username is one line of 1 to 512 bytes") }
}
