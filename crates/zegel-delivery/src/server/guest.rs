//! What a guest does with a program in the place of the page.

use std::io::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::{HeaderValue, RANGE};
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use zegel_core::id::{from_base32, to_base32};
use zegel_core::secret::Secret32;
use zegel_core::{GuestId, MessageId};
use zegel_wire::server::{
    CodeRequest, CodeSentView, FactorKind, OpenRequest, OpenView, PartView, ReceiptRequest, SecretText,
    SessionRequest, SessionView,
};
use zeroize::Zeroizing;

use super::error::ServerError;
use super::http::{Body, Call, Server};

/// Largest envelope, in bytes (`docs/portal-api.md`).
const ENVELOPE_MAX: usize = 288 << 10;
/// How often a part is begun again where it broke off.
const TRIES: u32 = 4;

/// A guest's session.
#[derive(Debug)]
pub struct GuestAccess {
    server: Server,
    session: SecretString,
    guest: GuestId,
    factor: FactorKind,
}

/// What the server released.
#[derive(Debug)]
pub struct Released {
    /// The share `S`.
    pub share: Secret32,
    /// The envelope.
    pub envelope: Vec<u8>,
    /// The parts.
    pub parts: Vec<PartView>,
}

impl Server {
    /// Begins a guest's session.
    ///
    /// # Errors
    /// See [`ServerError`].
    pub async fn guest(&self, message: MessageId, address: &str) -> Result<GuestAccess, ServerError> {
        let request = SessionRequest { message: message.to_string(), address: SecretText::new(address) };
        let call = Call::new(Method::POST, "/api/v1/guest/sessions", None).with(Body::json(&request)?);
        let view: SessionView = self.json(call).await?;
        Ok(GuestAccess {
            guest: view.guest.parse().map_err(|_| self.strange(&"no guest id"))?,
            session: SecretString::from(view.session.expose()),
            factor: view.factor,
            server: self.clone(),
        })
    }
}

impl GuestAccess {
    /// Returns the guest's id.
    pub fn guest(&self) -> GuestId {
        self.guest
    }

    /// Returns what must be proved.
    pub fn factor(&self) -> FactorKind {
        self.factor
    }

    fn call(&self, method: Method, path: impl Into<String>) -> Call<'_> {
        Call::new(method, path, Some(&self.session))
    }

    /// Asks for a code. `digits` are the last three of the phone number.
    ///
    /// # Errors
    /// See [`ServerError`].
    pub async fn send_code(&self, digits: Option<&str>, language: &str) -> Result<u64, ServerError> {
        let request = CodeRequest { digits: digits.map(SecretText::new), language: language.to_owned() };
        let call = self.call(Method::POST, "/api/v1/guest/code").with(Body::json(&request)?);
        let view: CodeSentView = self.server.json(call).await?;
        Ok(view.seconds)
    }

    /// Opens with the code that was sent.
    ///
    /// # Errors
    /// See [`ServerError`]; a wrong code says how many tries are left.
    pub async fn open_with_code(&self, code: &str) -> Result<Released, ServerError> {
        self.open(OpenRequest { code: Some(SecretText::new(code)), verifier: None }).await
    }

    /// Opens with the verifier of an access code.
    ///
    /// # Errors
    /// See [`ServerError`]; a wrong code says how many tries are left.
    pub async fn open_with_verifier(&self, verifier: &Secret32) -> Result<Released, ServerError> {
        // EXPOSE: showing `V` is how the guest proves that they know the code.
        let text = Zeroizing::new(to_base32(verifier.expose()));
        self.open(OpenRequest { code: None, verifier: Some(SecretText::new(text.as_str())) }).await
    }

    async fn open(&self, request: OpenRequest) -> Result<Released, ServerError> {
        let call = self.call(Method::POST, "/api/v1/guest/open").with(Body::json(&request)?);
        let view: OpenView = self.server.json(call).await?;
        let strange = || self.server.strange(&"no share or no envelope");
        let bytes = Zeroizing::new(from_base32(view.share.expose()).map_err(|_| strange())?);
        let share = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| strange())?;
        let envelope = BASE64_STANDARD.decode(&view.envelope).map_err(|_| strange())?;
        if envelope.len() > ENVELOPE_MAX {
            return Err(strange());
        }
        Ok(Released { share: Secret32::from_bytes(Zeroizing::new(share)), envelope, parts: view.parts })
    }

    /// Fetches a part into `out`, in bounded memory; goes on where the connection broke.
    ///
    /// # Errors
    /// See [`ServerError`]; what came must have the length and hash that the server named.
    pub async fn part(
        &self,
        index: usize,
        part: &PartView,
        out: &mut impl Write,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), ServerError> {
        let mut hasher = blake3::Hasher::new();
        let (mut done, mut failed) = (0, 0);
        while done < part.size {
            let before = done;
            match self.fetch(index, part.size, &mut done, &mut hasher, out, progress).await {
                Ok(()) => {}
                Err(error) if error.is_passing() && (failed < TRIES || done > before) => {
                    failed = if done > before { 1 } else { failed + 1 };
                }
                Err(error) => return Err(error),
            }
        }
        if hasher.finalize().to_hex().as_str() != part.hash {
            return Err(self.server.strange(&"a part has another hash than it said"));
        }
        Ok(())
    }

    async fn fetch(
        &self,
        index: usize,
        size: u64,
        done: &mut u64,
        hasher: &mut blake3::Hasher,
        out: &mut impl Write,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), ServerError> {
        let mut call = self.call(Method::GET, format!("/api/v1/guest/parts/{index}"));
        if *done > 0 {
            let range = HeaderValue::from_str(&format!("bytes={done}-"));
            call.headers.insert(RANGE, range.map_err(|error| ServerError::Setup(error.to_string()))?);
        }
        let mut response = self.server.call(call).await?;
        if *done > 0 && response.status() != StatusCode::PARTIAL_CONTENT {
            return Err(self.server.strange(&"it begins a part anew"));
        }
        while let Some(chunk) = response.chunk().await.map_err(|error| self.server.silent(error))? {
            if *done + chunk.len() as u64 > size {
                return Err(self.server.strange(&"a part is longer than it said"));
            }
            hasher.update(&chunk);
            out.write_all(&chunk)?;
            *done += chunk.len() as u64;
            progress(*done);
        }
        if *done < size {
            return Err(self.server.silent(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)));
        }
        Ok(())
    }

    /// Posts the receipt.
    ///
    /// # Errors
    /// See [`ServerError`].
    pub async fn receipt(&self, receipt: &str) -> Result<(), ServerError> {
        let request = ReceiptRequest { receipt: receipt.to_owned() };
        let call = self.call(Method::POST, "/api/v1/guest/receipt").with(Body::json(&request)?);
        self.server.done(call).await.map(drop)
    }
}
