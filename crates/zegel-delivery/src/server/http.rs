//! One server, and how a call to it is made.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect};
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{sleep, timeout};
use zegel_core::guest::ServerOrigin;
use zegel_wire::server::Problem;
use zeroize::Zeroizing;

use super::ServerSettings;
use super::error::ServerError;
use crate::certificate::CertificateFault;

/// Longest JSON that is read: a page of the log with many guests.
const ANSWER_MAX: usize = 16 << 20;
/// Pauses before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1500)];
/// Longest pause that a server can ask for before a try; what wants more is left to the caller.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// A server that is spoken to. It holds no token; [`Server::member`] and the calls of a guest do.
#[derive(Debug, Clone)]
pub struct Server {
    client: Client,
    origin: ServerOrigin,
    timeout: Duration,
}

/// Whether a call may be made twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// Made twice it does the same as once.
    Harmless,
    /// Made once only.
    Never,
}

/// What stands in the body of a call.
pub(super) enum Body {
    Bytes(Vec<u8>),
    Json(Zeroizing<Vec<u8>>),
    Nothing,
}

impl Body {
    /// Writes a request. Its bytes may hold a secret, and are wiped.
    pub(super) fn json(value: &impl Serialize) -> Result<Self, ServerError> {
        let bytes = serde_json::to_vec(value).map_err(|error| ServerError::Setup(error.to_string()))?;
        Ok(Self::Json(Zeroizing::new(bytes)))
    }
}

/// One call.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) token: Option<&'a SecretString>,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
    pub(super) again: Again,
}

impl<'a> Call<'a> {
    pub(super) fn new(method: Method, path: impl Into<String>, token: Option<&'a SecretString>) -> Self {
        let again = if method == Method::POST { Again::Never } else { Again::Harmless };
        Self { method, path: path.into(), token, headers: HeaderMap::new(), body: Body::Nothing, again }
    }

    pub(super) fn with(mut self, body: Body) -> Self {
        self.body = body;
        self
    }
}

impl Server {
    /// Sets up; connects to nothing yet.
    ///
    /// # Errors
    /// [`ServerError::Setup`] when a certificate that was configured is not one.
    pub fn new(settings: &ServerSettings) -> Result<Self, ServerError> {
        let setup = |error: &dyn std::fmt::Display| ServerError::Setup(error.to_string());
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        for root in &settings.roots {
            roots.add(root.clone()).map_err(|error| setup(&error))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| setup(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            // Another host is another server: a token must not follow a redirect, and a message must not end up elsewhere.
            .redirect(redirect::Policy::none())
            // What a variable names is not who was asked to be trusted.
            .no_proxy()
            .referer(false)
            .connect_timeout(settings.timeout)
            .read_timeout(settings.timeout)
            .user_agent(concat!("zegel/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| setup(&error))?;
        Ok(Self { client, origin: settings.origin.clone(), timeout: settings.timeout })
    }

    /// Returns where it is.
    pub fn origin(&self) -> &ServerOrigin {
        &self.origin
    }

    /// Makes a call whose answer is JSON.
    pub(super) async fn json<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, ServerError> {
        let response = self.call(call).await?;
        let bytes = self.read(response).await?;
        serde_json::from_slice(&bytes).map_err(|error| self.strange(&error))
    }

    /// Makes a call whose answer is a status.
    pub(super) async fn done(&self, call: Call<'_>) -> Result<HeaderMap, ServerError> {
        Ok(self.call(call).await?.headers().clone())
    }

    /// Makes a call, again where that is harmless; returns the answer of a success.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Response, ServerError> {
        let pauses = if call.again == Again::Harmless { PAUSES.as_slice() } else { &[] };
        let mut pauses = pauses.iter();
        loop {
            let failed = match self.once(&call).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let asked = match &failed {
                ServerError::Problem(problem) => problem.retry_after.map(Duration::from_secs),
                _ => None,
            };
            match pauses.next() {
                Some(pause) if failed.is_passing() && asked.is_none_or(|asked| asked <= PAUSE_MAX) => {
                    sleep(asked.unwrap_or(*pause).max(*pause)).await;
                }
                _ => return Err(failed),
            }
        }
    }

    async fn once(&self, call: &Call<'_>) -> Result<Response, ServerError> {
        let request = self.request(call);
        // The timeout of the client begins with the connection; this one is for a body that nobody takes.
        let limit = self.timeout.saturating_mul(20);
        let sent = match timeout(limit, request.send()).await {
            Ok(sent) => sent,
            Err(elapsed) => return Err(self.silent(elapsed)),
        };
        let response = sent.map_err(|error| self.explain(error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status.is_redirection() {
            return Err(self.strange(&format!("it sends us elsewhere ({status})")));
        }
        Err(self.problem(status, response).await)
    }

    fn request(&self, call: &Call<'_>) -> RequestBuilder {
        let url = format!("{}{}", self.origin, call.path);
        let mut request = self.client.request(call.method.clone(), url).headers(call.headers.clone());
        if let Some(token) = call.token {
            // EXPOSE: the token is what the server knows us by; reqwest marks the header as sensitive.
            request = request.bearer_auth(token.expose_secret());
        }
        match &call.body {
            Body::Bytes(bytes) => {
                request.header(CONTENT_TYPE, "application/octet-stream").body(bytes.clone())
            }
            Body::Json(bytes) => request.header(CONTENT_TYPE, "application/json").body(bytes.to_vec()),
            Body::Nothing => request,
        }
    }

    async fn problem(&self, status: StatusCode, response: Response) -> ServerError {
        let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let bytes = match self.read(response).await {
            Ok(bytes) => bytes,
            Err(error) => return error,
        };
        let Ok(mut problem) = serde_json::from_slice::<Problem>(&bytes) else {
            if status.is_server_error() {
                let what = io::Error::other(format!("status {status}"));
                return self.silent(what);
            }
            return self.strange(&format!("status {status}"));
        };
        problem.retry_after = problem.retry_after.or(after);
        ServerError::Problem(Box::new(problem))
    }

    /// Reads an answer whole, up to a limit.
    async fn read(&self, mut response: Response) -> Result<Zeroizing<Vec<u8>>, ServerError> {
        let mut bytes = Zeroizing::new(Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(|error| self.silent(error))? {
            if bytes.len() + chunk.len() > ANSWER_MAX {
                return Err(self.strange(&"it does not end"));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    pub(super) fn strange(&self, what: &dyn std::fmt::Display) -> ServerError {
        ServerError::Answer { server: self.origin.to_string(), what: what.to_string() }
    }

    pub(super) fn silent(&self, source: impl Error + Send + Sync + 'static) -> ServerError {
        ServerError::Silent { server: self.origin.to_string(), source: Box::new(source) }
    }

    fn explain(&self, error: reqwest::Error) -> ServerError {
        let server = self.origin.to_string();
        // The address of a call holds ids, which need not stand in an error.
        let error = error.without_url();
        match certificate(&error) {
            Some(Ok(source)) => ServerError::Certificate { server, source },
            Some(Err(what)) => self.strange(&what),
            None if error.is_connect() => ServerError::Connect { server, source: Box::new(error) },
            None => ServerError::Silent { server, source: Box::new(error) },
        }
    }
}

/// Finds what TLS said in the causes of an error.
fn certificate(error: &reqwest::Error) -> Option<Result<CertificateFault, String>> {
    let mut next: Option<&(dyn Error + 'static)> = error.source();
    while let Some(cause) = next {
        let inner = cause.downcast_ref::<io::Error>().and_then(|error| error.get_ref());
        let found = inner
            .and_then(|inner| inner.downcast_ref::<rustls::Error>())
            .or_else(|| cause.downcast_ref::<rustls::Error>());
        match found {
            Some(rustls::Error::InvalidCertificate(reason)) => {
                return Some(Ok(CertificateFault(reason.clone())));
            }
            Some(other) => return Some(Err(other.to_string())),
            None => next = cause.source().or_else(|| inner.and_then(|inner| inner.source())),
        }
    }
    None
}
