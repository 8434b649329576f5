//! `APPEND` over IMAP (RFC 3501 section 6.3.11).

pub(super) mod headers;

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use async_imap::imap_proto::{Response, Status};
use async_imap::{Authenticator, Client, Session};
use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;
use secrecy::ExposeSecret;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use super::{ImapSettings, SentError};
use crate::endpoint::{DialError, Mechanism, SecureError, Tls};
use crate::patience::while_moving;
use crate::smtp::initial_response;
use crate::text::printable;
use zegel_core::message::SealedMail;

/// Bytes a server may send us, unless more is asked for: the library would take 512 MiB for one reply.
const RECEIVED_MAX: u64 = 1024 * 1024;

/// Keeps a copy of `mail` in the folder, marked as seen.
pub(super) async fn append(settings: &ImapSettings, mail: &SealedMail) -> Result<(), SentError> {
    let (steps, mut session) = Steps::start(settings).await?;
    let folder = to_mutf7(&settings.folder);
    if steps.wait("the folder", session.examine(&folder)).await.is_err() {
        steps.wait("the making of the folder", session.create(&folder)).await?;
    }
    steps.wait("the copy", session.append(&folder, Some("(\\Seen)"), None, mail.as_bytes())).await?;
    // The copy is there; how the goodbye goes changes nothing.
    let _ = steps.wait("the goodbye", session.logout()).await;
    Ok(())
}

struct Steps<'a> {
    settings: &'a ImapSettings,
    server: String,
    moved: Arc<AtomicU64>,
    allowed: Arc<AtomicU64>,
}

impl<'a> Steps<'a> {
    /// Connects and logs in.
    async fn start(settings: &'a ImapSettings) -> Result<(Self, Session<Metered>), SentError> {
        let endpoint = &settings.endpoint;
        let server = endpoint.to_string();
        let moved = Arc::new(AtomicU64::new(0));
        let allowed = Arc::new(AtomicU64::new(RECEIVED_MAX));
        let steps = Self { settings, server, moved, allowed };
        let stream = endpoint.dial().await.map_err(|DialError(source)| steps.broken(source))?;
        let client = steps.open(stream).await?;
        let session = steps.log_in(client).await?;
        Ok((steps, session))
    }

    /// Lets the server send so many bytes more.
    fn allow(&self, bytes: u64) {
        self.allowed.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Waits for one command and puts what goes wrong into its class.
    async fn wait<T>(
        &self,
        step: &'static str,
        work: impl Future<Output = async_imap::error::Result<T>>,
    ) -> Result<T, SentError> {
        let limit = self.settings.endpoint.timeout();
        match while_moving(work, || self.moved.load(Ordering::Relaxed), || limit).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.failure(step, error)),
            Err(_) => Err(self.broken(io::ErrorKind::TimedOut.into())),
        }
    }

    fn broken(&self, source: io::Error) -> SentError {
        SentError::Connection { server: self.server.clone(), source }
    }

    fn refused(&self, step: &'static str, text: &str) -> SentError {
        SentError::Refused { server: self.server.clone(), step, text: printable(text) }
    }

    fn no_tls(&self, reason: &str) -> SentError {
        SentError::Tls { server: self.server.clone(), reason: printable(reason) }
    }

    fn failure(&self, step: &'static str, error: async_imap::error::Error) -> SentError {
        use async_imap::error::Error;
        match error {
            Error::Io(source) => self.broken(source),
            Error::ConnectionLost => self.broken(io::ErrorKind::UnexpectedEof.into()),
            Error::Bad(text) | Error::No(text) => self.refused(step, &text),
            Error::Append => self.refused(step, "it does not take it"),
            other => self.refused(step, &other.to_string()),
        }
    }

    /// Reads the greeting and sees to TLS.
    async fn open(&self, stream: TcpStream) -> Result<Client<Metered>, SentError> {
        let endpoint = &self.settings.endpoint;
        let client = match endpoint.tls() {
            Tls::Implicit => return self.greet(self.secure(stream).await?).await,
            Tls::None => return self.greet(self.metered(stream)).await,
            Tls::StartTls => self.greet(self.metered(stream)),
        };
        let mut client = client.await?;
        if self.wait("STARTTLS", client.run_command_and_check_ok("STARTTLS", None)).await.is_err() {
            return Err(self.no_tls("it does not offer STARTTLS; nothing was sent in the clear"));
        }
        // What was read beyond the answer goes with the client: it came from outside TLS (CVE-2011-0411).
        let Inner::Plain(stream) = client.into_inner().inner else {
            return Err(self.no_tls("TLS was there already"));
        };
        Ok(Client::new(self.secure(stream).await?))
    }

    async fn greet(&self, stream: Metered) -> Result<Client<Metered>, SentError> {
        let mut client = Client::new(stream);
        let greeting = self.wait("the greeting", async { Ok(client.read_response().await?) }).await?;
        match greeting.as_ref().map(|greeting| greeting.parsed()) {
            Some(Response::Data { status: Status::Ok, .. }) => Ok(client),
            // PREAUTH as well: it would take us past STARTTLS and the log-in.
            Some(_) => Err(self.refused("the connection", "its greeting is not OK")),
            None => Err(self.broken(io::ErrorKind::UnexpectedEof.into())),
        }
    }

    fn metered(&self, stream: TcpStream) -> Metered {
        self.meter(Inner::Plain(stream))
    }

    async fn secure(&self, stream: TcpStream) -> Result<Metered, SentError> {
        let stream = self.settings.endpoint.secure(stream).await.map_err(|error| match error {
            SecureError::Broken(source) => self.broken(source),
            SecureError::Certificate(source) => {
                SentError::Certificate { server: self.server.clone(), source: Box::new(source) }
            }
            SecureError::Handshake(error) => self.no_tls(&error.to_string()),
            SecureError::Setup(reason) => self.no_tls(&reason),
        })?;
        Ok(self.meter(Inner::Tls(Box::new(stream))))
    }

    fn meter(&self, inner: Inner) -> Metered {
        Metered { inner, received: 0, moved: Arc::clone(&self.moved), allowed: Arc::clone(&self.allowed) }
    }

    async fn log_in(&self, client: Client<Metered>) -> Result<Session<Metered>, SentError> {
        let credentials = &self.settings.credentials;
        let keep_error = |(error, _): (async_imap::error::Error, _)| error;
        let step = "the log-in";
        match credentials.mechanism() {
            Mechanism::Login => {
                // EXPOSE: the password is sent to the server it belongs to, in TLS or to the machine itself.
                let password = credentials.password().expose_secret();
                let work = client.login(credentials.username(), password);
                self.wait(step, async { work.await.map_err(keep_error) }).await
            }
            mechanism @ (Mechanism::Plain | Mechanism::XOAuth2) => {
                let answer = Answer(Some(initial_response(credentials)));
                let work = client.authenticate(mechanism.name(), answer);
                self.wait(step, async { work.await.map_err(keep_error) }).await
            }
        }
    }
}

/// Answers the first challenge with the secret and every other one with nothing, so that the server says why not.
struct Answer(Option<Zeroizing<Vec<u8>>>);

impl Authenticator for Answer {
    type Response = Zeroizing<Vec<u8>>;

    fn process(&mut self, _challenge: &[u8]) -> Self::Response {
        self.0.take().unwrap_or_default()
    }
}

enum Inner {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

/// A connection that counts what moves and ends when the server says too much.
struct Metered {
    inner: Inner,
    received: u64,
    moved: Arc<AtomicU64>,
    allowed: Arc<AtomicU64>,
}

impl fmt::Debug for Metered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metered")
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Inner::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buf),
        })?;
        self.received += (buf.filled().len() - before) as u64;
        if self.received > self.allowed.load(Ordering::Relaxed) {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "the server says too much")));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let count = ready!(match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Inner::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, buf),
        })?;
        self.moved.fetch_add(count as u64, Ordering::Relaxed);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Inner::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Inner::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}

/// Writes a folder name in modified UTF-7 (RFC 3501 section 5.1.3).
fn to_mutf7(name: &str) -> String {
    let encoder = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);
    let mut out = String::new();
    let mut shifted: Vec<u8> = Vec::new();
    let flush = |shifted: &mut Vec<u8>, out: &mut String| {
        if !shifted.is_empty() {
            out.push('&');
            out.push_str(&encoder.encode(&*shifted));
            out.push('-');
            shifted.clear();
        }
    };
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            flush(&mut shifted, &mut out);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            let mut units = [0; 2];
            shifted.extend(c.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    flush(&mut shifted, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_folder_names_as_the_standard_does() {
        // The examples of RFC 3501 section 5.1.3 and a few more.
        for (name, wire) in [
            ("Sent", "Sent"),
            ("Envoyés", "Envoy&AOk-s"),
            ("Gesendet & fort", "Gesendet &- fort"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("😀", "&2D3eAA-"),
        ] {
            assert_eq!(to_mutf7(name), wire);
        }
    }
}
