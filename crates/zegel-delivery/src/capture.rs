//! A small SMTP server on the machine itself that keeps what it gets: for trials, demonstrations and tests.
//!
//! It never sends anything on, listens on loopback only and wants a password that is made anew for every run, so that
//! nobody else on the machine can slip a mail in. It has no TLS; [`Tls::None`] reaches it.

mod session;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand_core::{OsRng, RngCore};
use secrecy::SecretString;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::time::timeout;

use crate::endpoint::{Credentials, Endpoint, Mechanism, SettingsError, Tls};
use crate::runtime::small_runtime;
use crate::smtp::SmtpSettings;

/// The user name the server knows.
const USERNAME: &str = "capture";
/// Largest mail taken.
const MAIL_MAX: usize = 160 * 1024 * 1024;
/// Bytes kept in all; a server that is full says so (452).
const KEPT_MAX: usize = 1024 * 1024 * 1024;
/// Connections served at once.
const CONNECTIONS_MAX: usize = 32;

/// Tells why no mail was captured.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// Not all mails came in time.
    #[error("{came} of {wanted} mails came within {} s", limit.as_secs())]
    Late {
        /// Mails that came.
        came: usize,
        /// Mails waited for.
        wanted: usize,
        /// How long we waited.
        limit: Duration,
    },
    /// The server cannot listen.
    #[error("cannot start the capture server")]
    Start(#[source] io::Error),
}

/// One mail as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Captured {
    /// The envelope sender, without angle brackets.
    pub from: String,
    /// The envelope recipients, without angle brackets.
    pub recipients: Vec<String>,
    /// The mail, CRLF, dots removed.
    pub data: Vec<u8>,
    /// The conversation up to the first mail and about this one, `C: ` or `S: ` before each line; no password, and the
    /// mail as its size only.
    pub transcript: Vec<String>,
}

/// A running capture server; it ends when dropped.
#[derive(Debug)]
pub struct Capture {
    address: SocketAddr,
    store: Arc<Store>,
    arrivals: watch::Receiver<usize>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the connections share.
#[derive(Debug)]
struct Store {
    password: String,
    mails: Mutex<Vec<Captured>>,
    /// Bytes of all mails kept.
    size: AtomicUsize,
    arrivals: watch::Sender<usize>,
}

impl Store {
    fn mails(&self) -> MutexGuard<'_, Vec<Captured>> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether there is room for `size` more bytes.
    fn has_room(&self, size: usize) -> bool {
        self.size.load(Ordering::Relaxed).saturating_add(size) <= KEPT_MAX
    }

    fn keep(&self, mail: Captured) {
        self.size.fetch_add(mail.data.len(), Ordering::Relaxed);
        let count = {
            let mut mails = self.mails();
            mails.push(mail);
            mails.len()
        };
        self.arrivals.send_replace(count);
    }
}

impl Capture {
    /// Starts the server on a free port of 127.0.0.1, on a thread of its own.
    ///
    /// # Errors
    /// There is no port, or no thread.
    pub fn start() -> Result<Self, CaptureError> {
        let mut secret = [0; 18];
        OsRng.fill_bytes(&mut secret);
        let (sender, arrivals) = watch::channel(0);
        let store = Arc::new(Store {
            password: URL_SAFE_NO_PAD.encode(secret),
            mails: Mutex::new(Vec::new()),
            size: AtomicUsize::new(0),
            arrivals: sender,
        });
        let runtime = small_runtime().map_err(CaptureError::Start)?;
        let listener =
            runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).map_err(CaptureError::Start)?;
        let address = listener.local_addr().map_err(CaptureError::Start)?;
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&store);
        let serve = move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept_all(listener, shared) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new()
            .name("capture".to_owned())
            .spawn(serve)
            .map_err(CaptureError::Start)?;
        Ok(Self { address, store, arrivals, stop: Some(stop), thread: Some(thread) })
    }

    /// Returns the address the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the user name and password the server wants.
    pub fn credentials(&self) -> (&str, SecretString) {
        (USERNAME, SecretString::from(self.store.password.clone()))
    }

    /// Returns settings that submit to this server.
    ///
    /// # Errors
    /// None in practice: the values are our own.
    pub fn settings(&self) -> Result<SmtpSettings, SettingsError> {
        let (username, password) = self.credentials();
        let endpoint = Endpoint::new(&self.address.ip().to_string(), self.address.port(), Tls::None)?;
        let credentials = Credentials::new(Mechanism::Plain, username.to_owned(), password)?;
        Ok(SmtpSettings::new(endpoint).with_credentials(credentials))
    }

    /// Returns what has come so far, oldest first.
    pub fn captured(&self) -> Vec<Captured> {
        self.store.mails().clone()
    }

    /// Waits until `count` mails have come and returns all there are.
    ///
    /// # Errors
    /// They did not come within `limit`.
    pub async fn wait_for(&self, count: usize, limit: Duration) -> Result<Vec<Captured>, CaptureError> {
        let mut arrivals = self.arrivals.clone();
        let waited = timeout(limit, arrivals.wait_for(|came| *came >= count)).await;
        match waited {
            Ok(Ok(_)) => Ok(self.captured()),
            _ => Err(CaptureError::Late { came: self.store.mails().len(), wanted: count, limit }),
        }
    }

    /// Waits as [`Capture::wait_for`] does, on the calling thread. Not to be called from asynchronous code.
    ///
    /// # Errors
    /// As [`Capture::wait_for`].
    pub fn wait_for_blocking(&self, count: usize, limit: Duration) -> Result<Vec<Captured>, CaptureError> {
        small_runtime().map_err(CaptureError::Start)?.block_on(self.wait_for(count, limit))
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in it has been printed; there is nobody else to tell.
            let _ = thread.join();
        }
    }
}

async fn accept_all(listener: TcpListener, store: Arc<Store>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else { continue };
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            // A client that breaks off has delivered nothing, and that is all there is to say.
            let _ = session::serve(stream, &store).await;
            drop(place);
        });
    }
}
