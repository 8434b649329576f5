//! Who the guests of a sent message are: the server knows them by ids only, and this computer puts the names to them.
//!
//! Neither subject nor link, number or code is kept. What is lost here is lost for showing only: everything that can be done with a message
//! can be done by the ids that the server has.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use zegel_core::{Address, GuestId, MessageId, Timestamp, json};

use crate::paths::Paths;
use crate::private::{self, FileError, Holds};
use crate::staging::{Mode, Overwrite, write_atomically};

/// Longest record in bytes: a thousand guests.
const RECORD_MAX: usize = 512 << 10;

/// A guest of a sent message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutgoingGuest {
    /// Their address.
    pub address: Address,
    /// Their id on the server.
    pub guest: GuestId,
}

/// A message that went to guests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutgoingMessage {
    format: Format,
    /// Who sent it.
    pub from: Address,
    /// The guests.
    pub guests: Vec<OutgoingGuest>,
    /// The message.
    pub id: MessageId,
    /// When it was sent.
    pub sent: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "zegel/outgoing/v1")]
    V1,
}

impl OutgoingMessage {
    /// Describes a message.
    pub fn new(id: MessageId, from: Address, sent: Timestamp, guests: Vec<OutgoingGuest>) -> Self {
        Self { format: Format::V1, from, guests, id, sent }
    }
}

/// The messages that went to guests from this computer.
#[derive(Debug)]
pub struct Outgoing {
    folder: PathBuf,
}

impl Outgoing {
    /// Names the folder.
    pub fn new(paths: &Paths) -> Self {
        Self { folder: paths.outgoing() }
    }

    /// Remembers a message.
    ///
    /// # Errors
    /// When it cannot be written, or was remembered before.
    pub fn remember(&self, message: &OutgoingMessage) -> Result<(), FileError> {
        private::make_folder(&self.folder, Holds::Secrets)?;
        let path = self.file(message.id);
        let line = json::to_line(message).map_err(|error| FileError::damaged(&path, error.to_string()))?;
        write_atomically(&path, &line, Mode::Private, Overwrite::Forbid)
    }

    /// Returns what is remembered of a message.
    ///
    /// # Errors
    /// When there is something that cannot be read.
    pub fn find(&self, id: MessageId) -> Result<Option<OutgoingMessage>, FileError> {
        let path = self.file(id);
        let bytes = match private::read_file(&path, RECORD_MAX, Holds::Secrets) {
            Ok(bytes) => bytes,
            Err(error) if error.is_missing() => return Ok(None),
            Err(error) => return Err(error),
        };
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let message: OutgoingMessage = json::from_slice(line, RECORD_MAX)
            .map_err(|_| FileError::damaged(&path, "it is not a message that was sent"))?;
        if message.id == id {
            Ok(Some(message))
        } else {
            Err(FileError::damaged(&path, "it is another message"))
        }
    }

    fn file(&self, id: MessageId) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_put_to_ids_and_nothing_else_is_kept() {
        let home = tempfile::tempdir().unwrap();
        let outgoing = Outgoing::new(&Paths::below(home.path()));
        let id = MessageId::from_bytes([1; 16]);
        assert_eq!(outgoing.find(id).unwrap(), None);
        let guest = OutgoingGuest {
            address: "carol@example.com".parse().unwrap(),
            guest: GuestId::from_bytes([2; 16]),
        };
        let from = "alice@example.org".parse().unwrap();
        let message = OutgoingMessage::new(id, from, Timestamp::from_unix(10), vec![guest]);
        outgoing.remember(&message).unwrap();
        assert!(matches!(outgoing.remember(&message), Err(FileError::Exists { .. })));
        assert_eq!(outgoing.find(id).unwrap(), Some(message));
        let other = MessageId::from_bytes([3; 16]);
        std::fs::copy(outgoing.file(id), outgoing.file(other)).unwrap();
        assert!(outgoing.find(other).is_err());
    }
}
