//! Where a mail server is and how it is reached: TCP, TLS, log-in.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use secrecy::SecretString;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::certificate::CertificateFault;

/// How long a server may be silent, unless the settings say otherwise (RFC 5321 section 4.5.3.2 would allow minutes).
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest host name (RFC 1035 section 2.3.4).
const HOST_MAX: usize = 253;

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tls {
    /// TLS from the first byte (RFC 8314): port 465 or 993.
    Implicit,
    /// No TLS at all; accepted for the machine itself only.
    None,
    /// Plain text up to the `STARTTLS` command, which is required, never optional: port 587 or 143.
    StartTls,
}

/// Tells why settings cannot be used (exit code 78).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The host is neither a host name nor an IP address.
    #[error("{0:?} is neither a host name nor an IP address")]
    Host(String),
    /// TLS was switched off for a server on the network.
    #[error("TLS can be switched off for the machine itself only, and {0} is another one")]
    TlsRequired(String),
    /// A user name, password or token holds a line break or NUL, or is empty.
    #[error("the {0} is empty or holds a character that cannot be sent")]
    Credentials(&'static str),
    /// The name to introduce ourselves with is no host name.
    #[error("{0:?} is not a name to introduce a client with")]
    HelloName(String),
    /// The name of a folder is empty, too long or holds a control character.
    #[error("{0:?} is not the name of a folder")]
    Folder(String),
    /// A certificate file holds no certificate.
    #[error("the certificate file holds no PEM certificate that can be read")]
    Roots,
}

/// How a user proves who they are to a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mechanism {
    /// `LOGIN`: user name and password, one after the other; for servers that offer nothing else.
    Login,
    /// `PLAIN` (RFC 4616): user name and password.
    Plain,
    /// `XOAUTH2`: user name and access token, as Google and Microsoft have it.
    XOAuth2,
}

impl Mechanism {
    /// Returns the name the protocols use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "LOGIN",
            Self::Plain => "PLAIN",
            Self::XOAuth2 => "XOAUTH2",
        }
    }
}

/// A user name with its password or access token.
#[derive(Debug, Clone)]
pub struct Credentials {
    mechanism: Mechanism,
    username: String,
    password: SecretString,
}

impl Credentials {
    /// Takes a user name and a password (for [`Mechanism::XOAuth2`]: an access token).
    ///
    /// # Errors
    /// Either is empty or holds NUL, CR or LF, which would end a command early.
    pub fn new(
        mechanism: Mechanism,
        username: String,
        password: SecretString,
    ) -> Result<Self, SettingsError> {
        use secrecy::ExposeSecret;
        let bad = |text: &str| text.is_empty() || text.contains(['\0', '\r', '\n', '\x01']);
        if bad(&username) {
            return Err(SettingsError::Credentials("user name"));
        }
        // EXPOSE: looked at for characters that cannot be sent.
        if bad(password.expose_secret()) {
            return Err(SettingsError::Credentials("password"));
        }
        Ok(Self { mechanism, username, password })
    }

    /// Returns the mechanism.
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// Returns the user name.
    pub fn username(&self) -> &str {
        &self.username
    }

    pub(crate) fn password(&self) -> &SecretString {
        &self.password
    }
}

/// A server: host, port, protection, the certificates trusted besides the system's, and our patience.
#[derive(Debug, Clone)]
pub struct Endpoint {
    host: String,
    port: u16,
    tls: Tls,
    extra_roots: Vec<CertificateDer<'static>>,
    timeout: Duration,
}

impl Endpoint {
    /// Names a server.
    ///
    /// # Errors
    /// The host is no host, or TLS is switched off for anything but loopback. There is no way to switch off the
    /// checking of certificates.
    pub fn new(host: &str, port: u16, tls: Tls) -> Result<Self, SettingsError> {
        let fits = !host.is_empty() && host.len() <= HOST_MAX && ServerName::try_from(host).is_ok();
        if !fits {
            return Err(SettingsError::Host(host.chars().take(HOST_MAX).collect()));
        }
        if tls == Tls::None && !is_loopback(host) {
            return Err(SettingsError::TlsRequired(host.to_owned()));
        }
        Ok(Self { host: host.to_owned(), port, tls, extra_roots: Vec::new(), timeout: DEFAULT_TIMEOUT })
    }

    /// Trusts these certificate authorities besides those of the system.
    #[must_use]
    pub fn with_roots(mut self, roots: Vec<CertificateDer<'static>>) -> Self {
        self.extra_roots = roots;
        self
    }

    /// Sets how long the server may be silent.
    #[must_use]
    pub fn with_timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Returns the host.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns how the connection is protected.
    pub fn tls(&self) -> Tls {
        self.tls
    }

    /// Returns how long the server may be silent.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Opens the TCP connection.
    pub(crate) async fn dial(&self) -> Result<TcpStream, DialError> {
        let found = timeout(self.timeout, tokio::net::lookup_host((self.host.as_str(), self.port)))
            .await
            .map_err(|_| DialError::silent())?
            .map_err(DialError)?;
        let mut last = None;
        for address in found.filter(|address| self.may_dial(address)) {
            match timeout(self.timeout, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // Commands are small and each waits for its answer; Nagle would add 40 ms to every one.
                    stream.set_nodelay(true).map_err(DialError)?;
                    return Ok(stream);
                }
                Ok(Err(error)) => last = Some(DialError(error)),
                Err(_) => last = Some(DialError::silent()),
            }
        }
        Err(last
            .unwrap_or_else(|| DialError(io::Error::new(io::ErrorKind::NotFound, "the host has no address"))))
    }

    /// Says whether an address may be used; a name that merely claims to be loopback gets nothing in plain text.
    fn may_dial(&self, address: &SocketAddr) -> bool {
        self.tls != Tls::None || address.ip().to_canonical().is_loopback()
    }

    /// Starts TLS on a connection and checks the certificate.
    pub(crate) async fn secure(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, SecureError> {
        let name = ServerName::try_from(self.host.clone())
            .map_err(|_| SecureError::Setup("the host cannot be in a certificate".to_owned()))?;
        let connector = TlsConnector::from(self.client_config()?);
        match timeout(self.timeout, connector.connect(name, stream)).await {
            Err(_) => Err(SecureError::Broken(io::ErrorKind::TimedOut.into())),
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(classify(error)),
        }
    }

    fn client_config(&self) -> Result<Arc<ClientConfig>, SecureError> {
        let mut roots = RootCertStore::empty();
        // A machine may have no certificates of its own; then only those that were configured count.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        for root in &self.extra_roots {
            roots.add(root.clone()).map_err(|error| SecureError::Setup(error.to_string()))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| SecureError::Setup(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(config))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A connection that could not be opened.
#[derive(Debug)]
pub(crate) struct DialError(pub(crate) io::Error);

impl DialError {
    fn silent() -> Self {
        Self(io::ErrorKind::TimedOut.into())
    }
}

/// TLS that could not be started.
#[derive(Debug)]
pub(crate) enum SecureError {
    /// The connection broke or fell silent.
    Broken(io::Error),
    /// The certificate is not one for this host that we trust.
    Certificate(CertificateFault),
    /// The other side does not speak TLS, or none that is safe.
    Handshake(rustls::Error),
    /// Our own side could not be set up.
    Setup(String),
}

fn classify(error: io::Error) -> SecureError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(reason)) => {
            SecureError::Certificate(CertificateFault(reason.clone()))
        }
        Some(rustls::Error::NoCertificatesPresented) => {
            SecureError::Certificate(CertificateFault(CertificateError::BadEncoding))
        }
        Some(other) => SecureError::Handshake(other.clone()),
        None => SecureError::Broken(error),
    }
}

/// Says whether a host is the machine itself by its very name: `localhost`, `127.0.0.0/8` or `::1`.
pub fn is_loopback(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// Reads certificate authorities from the text of a PEM file.
///
/// # Errors
/// There is no certificate in it, or one that cannot be read.
pub fn read_roots(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
    let roots: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| SettingsError::Roots)?;
    if roots.is_empty() { Err(SettingsError::Roots) } else { Ok(roots) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_for_loopback_only() {
        for host in ["localhost", "LocalHost", "127.0.0.1", "127.3.4.5", "::1", "::ffff:127.0.0.1"] {
            assert!(Endpoint::new(host, 25, Tls::None).is_ok(), "{host}");
        }
        for host in
            ["mail.example.org", "10.0.0.1", "localhost.example.org", "128.0.0.1", "::2", "0.0.0.0", "::"]
        {
            let refused = Endpoint::new(host, 25, Tls::None).unwrap_err();
            assert_eq!(refused, SettingsError::TlsRequired(host.to_owned()));
        }
    }

    #[test]
    fn refuses_hosts_that_are_none() {
        for host in
            ["", "a b", "mail.example.org:587", "[::1]", "a\r\nb", "http://example.org", &"a.".repeat(200)]
        {
            assert!(
                matches!(Endpoint::new(host, 25, Tls::Implicit), Err(SettingsError::Host(_))),
                "{host:?}"
            );
        }
    }

    #[test]
    fn refuses_credentials_that_end_a_command() {
        let secret = |text: &str| SecretString::from(text);
        let made = |user: &str, word: &str| Credentials::new(Mechanism::Plain, user.to_owned(), secret(word));
        assert!(made("alice", "correct horse").is_ok());
        assert!(made("", "x").is_err());
        assert!(made("alice", "").is_err());
        assert!(made("alice\0bob", "x").is_err());
        assert!(made("alice", "x\r\nQUIT").is_err());
        assert!(!format!("{:?}", made("alice", "correct horse").unwrap()).contains("horse"));
    }

    #[test]
    fn reads_no_roots_from_junk() {
        assert_eq!(read_roots(b""), Err(SettingsError::Roots));
        assert_eq!(
            read_roots(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"),
            Err(SettingsError::Roots)
        );
    }
}
