//! The one thing this crate sends.

use zegel_core::Address;

/// A finished mail: ciphertext with an envelope around it.
#[derive(Debug, Clone)]
pub struct SealedMail {
    sender: Address,
    recipients: Vec<Address>,
    internet_message_id: String,
    bytes: Vec<u8>,
}

impl SealedMail {
    /// Makes one by hand.
    #[doc(hidden)]
    pub fn stand_in(
        sender: Address,
        recipients: Vec<Address>,
        internet_message_id: String,
        bytes: Vec<u8>,
    ) -> Self {
        Self { sender, recipients, internet_message_id, bytes }
    }

    /// Returns the envelope sender.
    pub fn sender(&self) -> &Address {
        &self.sender
    }

    /// Returns the envelope recipients.
    pub fn recipients(&self) -> &[Address] {
        &self.recipients
    }

    /// Returns the Message-ID.
    pub fn internet_message_id(&self) -> &str {
        &self.internet_message_id
    }

    /// Returns the mail: RFC 5322, CRLF.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Says whether the server must speak SMTPUTF8.
    pub fn needs_smtputf8(&self) -> bool {
        self.sender.needs_smtputf8() || self.recipients.iter().any(Address::needs_smtputf8)
    }
}
