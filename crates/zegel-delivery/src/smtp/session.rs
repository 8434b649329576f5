//! A connection to a submission server, from the greeting to `QUIT`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;
use zegel_core::Address;

use super::auth;
use super::capabilities::Capabilities;
use super::error::{Refusal, Stage, SubmitError};
use super::rules::{check_lines, queue_id};
use super::settings::SmtpSettings;
use super::talk::{Reply, Talk};
use super::wire::{Stream, Wire};
use crate::endpoint::{Credentials, DialError, Endpoint, SecureError, Tls};
use crate::patience::{Silent, while_moving};
use zegel_core::message::SealedMail;

/// Bytes of a mail handed over at once.
const CHUNK: usize = 64 * 1024;
/// Recipients named in one go, so that their answers fit the buffers on the way (RFC 2920 section 3.1).
const BATCH: usize = 50;
/// How long we look for a last word of a server that has hung up on us, and wait for a goodbye.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Is told how much of a mail has been handed to the connection, and how much there is.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// The server's word that it took a mail and is now responsible for it (RFC 5321 section 4.2.5).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// What it said, cleaned and cut.
    pub server_reply: String,
    /// The name it gave the mail, where we recognise one: what its administrator can look for.
    pub queue_id: Option<String>,
}

/// What a trial of an account has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountReport {
    /// What the server can do, as announced after TLS.
    pub capabilities: Capabilities,
    /// Version and cipher suite, if there is TLS.
    pub tls: Option<String>,
    /// The mechanism by which we logged in, if we did.
    pub logged_in: Option<&'static str>,
}

/// Connects, starts TLS, logs in and says goodbye; sends nothing.
///
/// # Errors
/// As [`Submission::connect`].
pub async fn account_test(settings: &SmtpSettings) -> Result<AccountReport, SubmitError> {
    let submission = Submission::connect(settings).await?;
    let report = AccountReport {
        capabilities: submission.capabilities.clone(),
        tls: submission.tls.clone(),
        logged_in: settings.credentials.as_ref().map(|credentials| credentials.mechanism().name()),
    };
    submission.quit().await;
    Ok(report)
}

/// A connection over which mails are submitted, one after the other.
pub struct Submission {
    connection: AsyncSmtpConnection,
    talk: Talk,
    final_timeout: Duration,
    capabilities: Capabilities,
    tls: Option<String>,
    open: bool,
}

impl Submission {
    /// Connects, starts TLS where it is asked for, and logs in.
    ///
    /// # Errors
    /// See [`SubmitError`]. Credentials are sent only after TLS has been checked (or to the machine itself).
    pub async fn connect(settings: &SmtpSettings) -> Result<Self, SubmitError> {
        let endpoint = &settings.endpoint;
        let server = endpoint.to_string();
        let connect_error = |source| SubmitError::Connect { server: server.clone(), source };
        let stream = endpoint.dial().await.map_err(|DialError(source)| connect_error(source))?;
        let stream = match endpoint.tls() {
            Tls::Implicit => {
                let secured = endpoint.secure(stream).await;
                Stream::Tls(Box::new(secured.map_err(|error| secure_error(error, endpoint, Stage::Connect))?))
            }
            Tls::None | Tls::StartTls => Stream::Plain(stream),
        };
        let wire = Wire::new(stream).map_err(connect_error)?;
        let hello = hello_name(&settings.hello_name);
        let mut talk = Talk { wire, server: server.clone(), limit: endpoint.timeout() };
        let mut connection = talk.hello(&hello).await?;
        if endpoint.tls() == Tls::StartTls {
            if !Capabilities::parse(&talk.wire.last_reply()).starttls {
                say_goodbye(connection).await;
                return Err(SubmitError::TlsMissing { server });
            }
            talk.expect(Stage::StartTls, 220, connection.command("STARTTLS\r\n")).await?;
            // Whatever came with the answer was not in TLS: someone on the way wrote it (CVE-2011-0411).
            if talk.wire.has_unread() {
                return Err(talk.protocol(Stage::StartTls, "it said more before TLS than it was asked"));
            }
            drop(connection);
            let Some(Stream::Plain(stream)) = talk.wire.take() else {
                return Err(talk.protocol(Stage::StartTls, "TLS was there already"));
            };
            let secured = endpoint.secure(stream).await;
            let secured = secured.map_err(|error| secure_error(error, endpoint, Stage::StartTls))?;
            talk.wire = Wire::new(Stream::Tls(Box::new(secured))).map_err(connect_error)?;
            talk.wire.pretend(b"220 secured\r\n");
            connection = talk.hello(&hello).await?;
        }
        let capabilities = Capabilities::parse(&talk.wire.last_reply());
        let tls = talk.wire.tls_description();
        let mut submission =
            Self { connection, talk, final_timeout: settings.final_timeout, capabilities, tls, open: true };
        if let Some(credentials) = &settings.credentials {
            submission.log_in(credentials).await?;
        }
        Ok(submission)
    }

    /// Returns what the server announced.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Says whether another mail can be submitted; if not, a new connection is needed.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Submits a mail: all recipients or none.
    ///
    /// # Errors
    /// See [`SubmitError`]; after every one but [`SubmitError::Lost`] the server does not have the mail. The connection
    /// can be used again after a plain refusal ([`Submission::is_open`]).
    pub async fn submit(&mut self, mail: &SealedMail) -> Result<Receipt, SubmitError> {
        self.submit_with(mail, &|_, _| {}).await
    }

    /// Submits a mail and tells how far it is.
    ///
    /// # Errors
    /// As [`Submission::submit`].
    pub async fn submit_with(
        &mut self,
        mail: &SealedMail,
        progress: Progress<'_>,
    ) -> Result<Receipt, SubmitError> {
        self.check(mail)?;
        if !self.open {
            return Err(SubmitError::Dropped { server: self.talk.server.clone(), stage: Stage::Mail });
        }
        // Until the last step has gone well, or a refusal has been cleared up, the connection is not to be used again.
        self.open = false;
        if let Err(error) = self.introduce(mail).await {
            self.open = is_plain_refusal(&error) && self.reset().await;
            return Err(error);
        }
        let outcome = self.transfer(mail.as_bytes(), progress).await;
        self.open = match &outcome {
            Ok(_) => true,
            Err(error) => is_plain_refusal(error),
        };
        outcome
    }

    /// Says goodbye. What was accepted stays accepted, whatever the server answers.
    pub async fn quit(self) {
        if self.open {
            say_goodbye(self.connection).await;
        }
    }

    /// Refuses what this server, or any, would not carry.
    fn check(&self, mail: &SealedMail) -> Result<(), SubmitError> {
        let bytes = mail.as_bytes();
        let size = bytes.len() as u64;
        if let Some(limit) = self.capabilities.size.filter(|limit| size > *limit) {
            return Err(SubmitError::TooLarge { size, limit });
        }
        let utf8 = mail.needs_smtputf8();
        if utf8 && !self.capabilities.smtputf8 {
            return Err(SubmitError::NoSmtpUtf8 { server: self.talk.server.clone() });
        }
        if mail.recipients().is_empty() {
            return Err(SubmitError::Malformed("it has no recipient"));
        }
        if !utf8 && !bytes.is_ascii() {
            return Err(SubmitError::Malformed("it has 8-bit text without SMTPUTF8"));
        }
        check_lines(bytes).map_err(SubmitError::Malformed)
    }

    /// Names sender and recipients and asks to send the text. Nothing of the mail itself goes out here.
    async fn introduce(&mut self, mail: &SealedMail) -> Result<(), SubmitError> {
        let first = (mail_command(mail, &self.capabilities), Stage::Mail, None);
        let rest =
            mail.recipients().iter().map(|to| (format!("RCPT TO:<{to}>\r\n"), Stage::Recipient, Some(to)));
        let commands: Vec<_> = std::iter::once(first).chain(rest).collect();
        let batch = if self.capabilities.pipelining { BATCH } else { 1 };
        for group in commands.chunks(batch) {
            self.say_together(group).await?;
        }
        self.talk.expect(Stage::Data, 354, self.connection.command("DATA\r\n")).await
    }

    /// Says several commands at once and reads all their answers; the first "no" is the outcome.
    async fn say_together(&mut self, group: &[(String, Stage, Option<&Address>)]) -> Result<(), SubmitError> {
        let text: String = group.iter().map(|(command, ..)| command.as_str()).collect();
        let mut outcome = Ok(());
        for (index, (_, stage, recipient)) in group.iter().enumerate() {
            let answer = if index == 0 {
                self.talk.step(*stage, self.connection.command(&text)).await
            } else {
                self.talk.step(*stage, self.connection.read_response()).await
            };
            let answer = answer
                .and_then(
                    |reply| if reply.code < 300 { Ok(()) } else { Err(self.talk.unexpected(*stage, &reply)) },
                )
                .map_err(|error| about(error, *recipient));
            match answer {
                Ok(()) => {}
                Err(error) if !is_plain_refusal(&error) => return Err(error),
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
        outcome
    }

    /// Sends the text of the mail and waits for the server to take it.
    async fn transfer(&mut self, bytes: &[u8], progress: Progress<'_>) -> Result<Receipt, SubmitError> {
        // lettre ends every mail with CRLF "." CRLF, also one that has its last CRLF already.
        let body = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
        let all_out = AtomicBool::new(false);
        let chunks = Chunks { rest: body, total: body.len() as u64, progress, all_out: &all_out };
        let limit = || if all_out.load(Ordering::Relaxed) { self.final_timeout } else { self.talk.limit };
        let work = self.connection.message_iter(chunks);
        let outcome = while_moving(work, || self.talk.wire.written(), limit).await;
        let lost = |server: &str| SubmitError::Lost { server: server.to_owned() };
        let all_out = all_out.load(Ordering::Relaxed);
        let error = match outcome {
            Ok(Ok(response)) => {
                let reply = Reply::from(&response);
                return if reply.code < 300 { Ok(receipt(&reply)) } else { Err(lost(&self.talk.server)) };
            }
            Ok(Err(error)) => error,
            Err(Silent) if all_out => return Err(lost(&self.talk.server)),
            Err(Silent) => return Err(self.talk.timed_out(Stage::Message)),
        };
        if error.status().is_some() {
            return Err(self.talk.failure(Stage::Message, &error));
        }
        // A server that finds the mail too large half way says so and hangs up; its words may still be there.
        if std::error::Error::source(&error).is_some_and(|cause| cause.is::<std::io::Error>())
            && let Ok(Err(last)) = timeout(LAST_WORDS, self.connection.read_response()).await
            && last.status().is_some()
        {
            return Err(self.talk.failure(Stage::Message, &last));
        }
        Err(if all_out { lost(&self.talk.server) } else { self.talk.failure(Stage::Message, &error) })
    }

    /// Clears the table after a refusal; says whether the connection can be used again.
    async fn reset(&mut self) -> bool {
        self.talk.expect(Stage::Reset, 250, self.connection.command("RSET\r\n")).await.is_ok()
    }

    async fn log_in(&mut self, credentials: &Credentials) -> Result<(), SubmitError> {
        let server = self.talk.server.clone();
        let wanted = credentials.mechanism().name();
        if !self.capabilities.auth.iter().any(|offered| offered == wanted) {
            let offered = match self.capabilities.auth.join(" ") {
                none if none.is_empty() => "nothing".to_owned(),
                some => some,
            };
            return Err(SubmitError::AuthMissing { server, wanted, offered });
        }
        let lines = auth::lines(credentials);
        let last = lines.len() - 1;
        for (index, line) in lines.iter().enumerate() {
            let reply = self.talk.step(Stage::Auth, self.connection.command(line.as_str())).await;
            let reply = match reply {
                // A "no" to XOAUTH2 comes as a challenge with the reasons; an empty answer brings the real one.
                Ok(reply) if reply.code == 334 && index == last => {
                    self.talk.step(Stage::Auth, self.connection.command("\r\n")).await
                }
                other => other,
            };
            match reply {
                Ok(reply) if reply.code == 235 && index == last => return Ok(()),
                Ok(reply) if reply.code == 334 && index < last => {}
                Ok(reply) => return Err(self.talk.unexpected(Stage::Auth, &reply)),
                Err(SubmitError::Refused(Refusal { code, text, .. })) => {
                    return Err(SubmitError::Auth { server, code, text });
                }
                Err(error) => return Err(error),
            }
        }
        Err(self.talk.protocol(Stage::Auth, "it never said yes or no"))
    }
}

/// Hands a mail to lettre piece by piece and notes when the last one is out.
struct Chunks<'a> {
    rest: &'a [u8],
    total: u64,
    progress: Progress<'a>,
    all_out: &'a AtomicBool,
}

impl<'a> Iterator for Chunks<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        (self.progress)(self.total - self.rest.len() as u64, self.total);
        if self.rest.is_empty() {
            // From here on the closing dot may be on its way.
            self.all_out.store(true, Ordering::Relaxed);
            return None;
        }
        let (chunk, rest) = self.rest.split_at(self.rest.len().min(CHUNK));
        self.rest = rest;
        Some(chunk)
    }
}

fn hello_name(name: &str) -> ClientId {
    match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).and_then(|name| name.parse().ok()) {
        Some(address) => ClientId::Ipv4(address),
        None => ClientId::Domain(name.to_owned()),
    }
}

fn mail_command(mail: &SealedMail, capabilities: &Capabilities) -> String {
    let mut command = format!("MAIL FROM:<{}>", mail.sender());
    if capabilities.size.is_some() {
        command.push_str(&format!(" SIZE={}", mail.as_bytes().len()));
    }
    if mail.needs_smtputf8() {
        // RFC 6531 section 3.1 point 8: whoever has SMTPUTF8 has 8BITMIME.
        command.push_str(" BODY=8BITMIME SMTPUTF8");
    }
    command.push_str("\r\n");
    command
}

/// Says whether the server said "no" and is ready for the next command (421 announces that it hangs up).
fn is_plain_refusal(error: &SubmitError) -> bool {
    matches!(error, SubmitError::Refused(refusal) | SubmitError::Deferred(refusal) if refusal.code != 421)
}

fn about(error: SubmitError, recipient: Option<&Address>) -> SubmitError {
    match error {
        SubmitError::Refused(refusal) => {
            SubmitError::Refused(Refusal { recipient: recipient.cloned(), ..refusal })
        }
        SubmitError::Deferred(refusal) => {
            SubmitError::Deferred(Refusal { recipient: recipient.cloned(), ..refusal })
        }
        other => other,
    }
}

fn secure_error(error: SecureError, endpoint: &Endpoint, stage: Stage) -> SubmitError {
    let server = endpoint.to_string();
    match error {
        SecureError::Broken(io) if io.kind() == std::io::ErrorKind::TimedOut => {
            SubmitError::TimedOut { server, stage, limit: endpoint.timeout() }
        }
        SecureError::Broken(_) => SubmitError::Dropped { server, stage },
        SecureError::Certificate(source) => SubmitError::Certificate { server, source: Box::new(source) },
        SecureError::Handshake(source) => SubmitError::Handshake { server, source: Box::new(source) },
        SecureError::Setup(reason) => SubmitError::Setup { server, reason },
    }
}

fn receipt(reply: &Reply) -> Receipt {
    Receipt { server_reply: format!("{} {}", reply.code, reply.text), queue_id: queue_id(&reply.text) }
}

async fn say_goodbye(mut connection: AsyncSmtpConnection) {
    // The outcome changes nothing.
    let _ = timeout(LAST_WORDS, connection.quit()).await;
}
