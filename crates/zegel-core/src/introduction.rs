//! Introductions: a member vouches for the card of somebody they verified (`docs/formats/introduction.md`).

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::address::Address;
use crate::contacts::Contact;
use crate::id::Fingerprint;
use crate::identity::Identity;
use crate::json;
use crate::sshsig::{Namespace, Signature, split_armour};
use crate::time::Timestamp;

/// Longest introduction in bytes.
const INTRODUCTION_MAX: usize = 4096;

/// Tells that an introduction cannot be made or believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IntroductionError {
    /// Not the expected form.
    #[error("not an introduction")]
    Form,
    /// Signed by another key than the introducer's.
    #[error("the introduction is not signed by the one who introduces")]
    Signature,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    address: Address,
    card: Fingerprint,
    format: Format,
    introducer: Introducer,
    time: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Introducer {
    address: Address,
    card: Fingerprint,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "zegel/introduction/v1")]
    V1,
}

/// An introduction whose signature held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introduction {
    /// Who is introduced.
    pub address: Address,
    /// The fingerprint of their card.
    pub card: Fingerprint,
    /// Who introduces them.
    pub introducer: Address,
    /// When.
    pub time: Timestamp,
}

impl Introduction {
    /// Makes an introduction of `contact`, signed by `introducer`; returns its text.
    ///
    /// # Errors
    /// Only bugs.
    pub fn make(
        contact: &Contact,
        introducer: &Identity,
        time: Timestamp,
    ) -> Result<String, IntroductionError> {
        let fields = Fields {
            address: contact.address.clone(),
            card: contact.fingerprint,
            format: Format::V1,
            introducer: Introducer {
                address: introducer.address().clone(),
                card: introducer.card().fingerprint(),
            },
            time,
        };
        let line = json::to_line(&fields).map_err(|_| IntroductionError::Form)?;
        let signature = Signature::sign(Namespace::Introduction, &line, introducer.current().signing())
            .map_err(|_| IntroductionError::Signature)?;
        let armour = signature.to_armour().map_err(|_| IntroductionError::Signature)?;
        Ok(format!("{}{armour}", String::from_utf8(line).map_err(|_| IntroductionError::Form)?))
    }

    /// Reads an introduction and checks that the pinned `introducer` signed it.
    ///
    /// # Errors
    /// See [`IntroductionError`].
    pub fn parse(bytes: &[u8], introducer: &Contact) -> Result<Self, IntroductionError> {
        if bytes.len() > INTRODUCTION_MAX {
            return Err(IntroductionError::Form);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| IntroductionError::Form)?;
        let (line, armour) = text.split_once('\n').ok_or(IntroductionError::Form)?;
        let fields: Fields =
            json::from_slice(line.as_bytes(), INTRODUCTION_MAX).map_err(|_| IntroductionError::Form)?;
        let (signature, rest) = split_armour(armour).map_err(|_| IntroductionError::Form)?;
        if !rest.is_empty() {
            return Err(IntroductionError::Form);
        }
        let by_introducer = fields.introducer.address == introducer.address
            && fields.introducer.card == introducer.fingerprint;
        let line = format!("{line}\n");
        let holds =
            signature.verify(Namespace::Introduction, line.as_bytes(), &introducer.signing_key).is_ok();
        if !by_introducer || !holds {
            return Err(IntroductionError::Signature);
        }
        Ok(Self {
            address: fields.address,
            card: fields.card,
            introducer: introducer.address.clone(),
            time: fields.time,
        })
    }
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;
    use crate::contacts::Origin;

    #[test]
    fn believed_only_from_the_pinned_introducer() {
        let now = Timestamp::from_unix(5);
        let make =
            |address: &str| Identity::make(address.parse().unwrap(), "", now, 100, &mut OsRng).unwrap();
        let contact = |identity: &Identity| Contact::from_card(identity.card(), Origin::Imported, now);
        let (alice, carol, eve) =
            (make("alice@example.org"), make("carol@example.net"), make("alice@example.org"));
        let text = Introduction::make(&contact(&carol), &alice, now).unwrap();
        let read = Introduction::parse(text.as_bytes(), &contact(&alice)).unwrap();
        assert_eq!((read.address, read.card), (carol.address().clone(), carol.card().fingerprint()));
        assert_eq!(Introduction::parse(text.as_bytes(), &contact(&eve)), Err(IntroductionError::Signature));
        let changed = text.replace("carol@", "dave@");
        assert_eq!(
            Introduction::parse(changed.as_bytes(), &contact(&alice)),
            Err(IntroductionError::Signature)
        );
        let longer = format!("{text}\n");
        assert_eq!(Introduction::parse(longer.as_bytes(), &contact(&alice)), Err(IntroductionError::Form));
    }
}
