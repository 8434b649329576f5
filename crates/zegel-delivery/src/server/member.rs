//! What a member's program asks of the server.

use reqwest::Method;
use secrecy::SecretString;
use zegel_core::{GuestId, MessageId, Timestamp};
use zegel_wire::server::{
    ChangeFactorRequest, ExtendRequest, GuestView, InvitationView, MemberView, MessagePage, MessageView,
};

use super::error::ServerError;
use super::http::{Again, Body, Call, Server};

/// A member at their server: the device's token and the calls it allows.
#[derive(Debug, Clone)]
pub struct Member {
    pub(super) server: Server,
    pub(super) token: SecretString,
}

impl Server {
    /// Speaks for a member.
    pub fn member(&self, token: SecretString) -> Member {
        Member { server: self.clone(), token }
    }
}

impl Member {
    /// Returns the server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    pub(super) fn call(&self, method: Method, path: impl Into<String>) -> Call<'_> {
        Call::new(method, path, Some(&self.token))
    }

    /// Returns the member as the server knows them, with all devices.
    ///
    /// # Errors
    /// See [`ServerError`].
    pub async fn me(&self) -> Result<MemberView, ServerError> {
        self.server.json(self.call(Method::GET, "/api/v1/me")).await
    }

    /// Makes an invitation for the member's next device.
    ///
    /// # Errors
    /// See [`ServerError`].
    pub async fn invite_device(&self) -> Result<InvitationView, ServerError> {
        self.server.json(self.call(Method::POST, "/api/v1/devices/invitations")).await
    }

    /// Ends a device's token.
    ///
    /// # Errors
    /// See [`ServerError`].
    pub async fn revoke_device(&self, device: &str) -> Result<(), ServerError> {
        let device: zegel_core::GuestId = device.parse().map_err(|_| self.server.strange(&"no device id"))?;
        let path = format!("/api/v1/devices/{device}");
        self.server.done(self.call(Method::DELETE, path)).await.map(drop)
    }

    /// Returns a page of the communication log, oldest first.
    ///
    /// # Errors
    /// See [`ServerError`].
    pub async fn messages(&self, after: Option<&str>) -> Result<MessagePage, ServerError> {
        let path = match after {
            Some(after) => format!("/api/v1/messages?after={}", query(after)),
            None => "/api/v1/messages".to_owned(),
        };
        self.server.json(self.call(Method::GET, path)).await
    }

    /// Returns one message.
    ///
    /// # Errors
    /// See [`ServerError`].
    pub async fn message(&self, message: MessageId) -> Result<MessageView, ServerError> {
        self.server.json(self.call(Method::GET, format!("/api/v1/messages/{message}"))).await
    }

    /// Gives a message another end.
    ///
    /// # Errors
    /// See [`ServerError`].
    pub async fn extend(&self, message: MessageId, end: Timestamp) -> Result<MessageView, ServerError> {
        let body = Body::json(&ExtendRequest { expires_at: end.to_string() })?;
        self.server.json(self.call(Method::PATCH, format!("/api/v1/messages/{message}")).with(body)).await
    }

    /// Recalls a message: when this has returned, the server releases nothing of it any more.
    ///
    /// # Errors
    /// See [`ServerError`].
    pub async fn recall(&self, message: MessageId) -> Result<(), ServerError> {
        self.server.done(self.call(Method::DELETE, format!("/api/v1/messages/{message}"))).await.map(drop)
    }

    /// Recalls a message for one guest.
    ///
    /// # Errors
    /// See [`ServerError`].
    pub async fn recall_guest(&self, message: MessageId, guest: GuestId) -> Result<(), ServerError> {
        let path = format!("/api/v1/messages/{message}/guests/{guest}");
        self.server.done(self.call(Method::DELETE, path)).await.map(drop)
    }

    /// Changes what a guest must prove.
    ///
    /// # Errors
    /// See [`ServerError`]; a conflict when the guest has opened the message already.
    pub async fn change_factor(
        &self,
        message: MessageId,
        guest: GuestId,
        request: &ChangeFactorRequest,
    ) -> Result<GuestView, ServerError> {
        let path = format!("/api/v1/messages/{message}/guests/{guest}/factor");
        self.server.json(self.call(Method::PUT, path).with(Body::json(request)?)).await
    }

    /// Gives a guest ten new tries.
    ///
    /// # Errors
    /// See [`ServerError`].
    pub async fn unlock(&self, message: MessageId, guest: GuestId) -> Result<GuestView, ServerError> {
        let mut call = self.call(Method::POST, format!("/api/v1/messages/{message}/guests/{guest}/unlock"));
        // Ten new tries twice are ten new tries.
        call.again = Again::Harmless;
        self.server.json(call).await
    }
}

/// Writes a cursor into a query (RFC 3986 section 2.1).
fn query(text: &str) -> String {
    let byte = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(b).to_string(),
        _ => format!("%{b:02X}"),
    };
    text.bytes().map(byte).collect()
}
