//! Identities and cards.

use serde::{Deserialize, Serialize};

/// How far a card may be used right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CardState {
    /// Its time is over.
    Expired,
    /// It is not pinned here, so nothing is sealed to it.
    Unpinned,
    /// It is pinned and in time.
    Valid,
}

/// One card: somebody's public keys and how far they are trusted here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardView {
    /// The address it is for.
    pub address: String,
    /// The name its owner chose; decoration.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// The whole fingerprint.
    pub fingerprint: String,
    /// The form people compare.
    pub readable_fingerprint: String,
    /// The age recipient.
    pub recipient: String,
    /// The `ssh-ed25519` key that signs.
    pub signing_key: String,
    /// Whether the age recipient is post-quantum.
    pub post_quantum: bool,
    /// Whether it can be used.
    pub state: CardState,
    /// Where trust in it comes from: `directory`, `first-use`, `imported`, `own`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub origin: Option<String>,
    /// When it was pinned.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pinned: Option<String>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created: Option<String>,
    /// When it expires.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires: Option<String>,
    /// The text of the card, ready to be handed to somebody.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub card: Option<String>,
    /// The file it was written to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
}

/// `card list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardListView {
    /// The cards, ordered by address.
    pub cards: Vec<CardView>,
}

/// `card forget`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardRemovedView {
    /// The address that is now unknown.
    pub address: String,
    /// The fingerprint that was pinned.
    pub fingerprint: String,
}

/// `identity new`, `show`, `import` and `rotate`: the public half and where the private half is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityView {
    /// The address it is for.
    pub address: String,
    /// The name of its owner.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// The whole fingerprint of its card.
    pub fingerprint: String,
    /// The form people compare.
    pub readable_fingerprint: String,
    /// The age recipient.
    pub recipient: String,
    /// The `ssh-ed25519` key that signs.
    pub signing_key: String,
    /// When the card was made.
    pub created: String,
    /// When the card expires.
    pub expires: String,
    /// How many times the keys were changed, starting at 0 or 1 as the card counts.
    pub serial: u64,
    /// How the private keys are kept: `keyring`, `file` or `plain`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub store: Option<String>,
    /// The file the private keys are in, for `file` and `plain`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// Fingerprints of earlier cards whose keys are kept to open old mail.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub earlier: Vec<String>,
}

/// `identity export`: where the private keys were written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityExportView {
    /// The address it is for.
    pub address: String,
    /// The format: `zegel`, `age` or `ssh`.
    pub format: String,
    /// The file it was written to.
    pub path: String,
}
