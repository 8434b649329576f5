//! The client of a Zegel server: messages for guests, devices, and what a guest does without the page.
//!
//! What goes up is ciphertext by its types: [`Member::create`] takes a [`Sealed`](zegel_core::message::Sealed), which only
//! sealing makes. Calls are made over TLS with the certificate checked, are never redirected, and only those that change nothing
//! when they are made twice are made again.

mod calls;
mod error;
mod guest;
mod http;
mod member;
mod upload;

use std::io;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::runtime::Runtime;
use zegel_core::Domain;
use zegel_core::guest::ServerOrigin;

pub use error::ServerError;
pub use guest::{GuestAccess, Released};
pub use http::Server;
pub use member::Member;
pub use upload::hash_text;

use crate::runtime::small_runtime;

/// How long a server may be silent.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Where a server is and whom it is trusted by.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    pub(crate) origin: ServerOrigin,
    pub(crate) roots: Vec<CertificateDer<'static>>,
    pub(crate) timeout: Duration,
}

impl ServerSettings {
    /// Names a server.
    pub fn new(origin: ServerOrigin) -> Self {
        Self { origin, roots: Vec::new(), timeout: TIMEOUT }
    }

    /// Trusts more authorities than the system does.
    #[must_use]
    pub fn with_roots(mut self, roots: Vec<CertificateDer<'static>>) -> Self {
        self.roots = roots;
        self
    }

    /// Waits for another time.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// Returns where the server of a mail domain is: `https://zegel.<domain>`.
pub fn discover(domain: &Domain) -> Option<ServerOrigin> {
    format!("https://zegel.{}", domain.as_ascii()).parse().ok()
}

/// Waits for calls, for programs without a runtime. Not to be used in asynchronous code.
#[derive(Debug)]
pub struct Waiter(Runtime);

impl Waiter {
    /// Makes a runtime on the calling thread.
    ///
    /// # Errors
    /// When the system has no room for one.
    pub fn new() -> io::Result<Self> {
        small_runtime().map(Self)
    }

    /// Waits for a call.
    pub fn wait<T>(&self, call: impl Future<Output = T>) -> T {
        self.0.block_on(call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_has_one_server() {
        let found = |domain: &str| discover(&domain.parse().unwrap()).map(|origin| origin.to_string());
        assert_eq!(found("Example.ORG").as_deref(), Some("https://zegel.example.org"));
        assert_eq!(found("bücher.example").as_deref(), Some("https://zegel.xn--bcher-kva.example"));
    }

    #[test]
    fn nobody_listening_is_a_passing_fault_and_no_secret_is_told() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let origin: ServerOrigin = format!("http://127.0.0.1:{port}").parse().unwrap();
        let server = Server::new(&ServerSettings::new(origin)).unwrap();
        let member = server.member("a-token-that-is-secret".into());
        let error = Waiter::new().unwrap().wait(member.me()).unwrap_err();
        assert!(error.is_passing(), "{error}");
        assert!(!format!("{error:?} {member:?}").contains("a-token"));
    }
}
