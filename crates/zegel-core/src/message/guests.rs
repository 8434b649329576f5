//! Guests of a sealed message: their keys, their envelopes, and the mail that brings each of them the link.
//!
//! What goes to the server ([`SealedGuest`]) and what goes by mail ([`Sealed::notice`]) are two halves of a key: only sealing
//! makes them, and neither has a word of the message in it.

use rand_core::CryptoRngCore;
use zeroize::Zeroizing;

use super::envelope::{self, STEP};
use super::manifest::{GuestLink, KeyField, LinkField, Manifest, Opener, OpenerRole};
use super::seal::{SealError, Sealed, SealedMail};
use crate::address::{Address, Mailbox};
use crate::guest::{GuestLinkUrl, LinkSecret, ServerOrigin, derive_code_keys, derive_identity, hash_address};
use crate::id::{GuestId, MessageId};
use crate::identity::KeySet;
use crate::keys::AgeIdentity;
use crate::mime::{self, NoticeHeaders};
use crate::policy::{AccessCode, Cleared, GuestFactor, PhoneNumber};
use crate::receipt::{OpenerId, derive_opener_keys};
use crate::secret::Secret32;
use crate::time::Timestamp;

/// What the server checks before it hands out a guest's share.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealedFactor {
    /// The access code, by the hash of `V`.
    Code([u8; 32]),
    /// A code by mail.
    Mail,
    /// A code by SMS, to this number.
    Sms(PhoneNumber),
}

/// What the server keeps for one guest: half a key, an envelope and what to ask for. Only sealing makes one.
#[derive(Debug, Clone)]
pub struct SealedGuest {
    pub(super) mailbox: Mailbox,
    pub(super) guest: GuestId,
    pub(super) address_hash: [u8; 32],
    pub(super) factor: SealedFactor,
    pub(super) share: Secret32,
    pub(super) link: LinkSecret,
    pub(super) envelope: Vec<u8>,
    pub(super) notice: MessageId,
}

impl SealedGuest {
    /// Returns the guest's address: the link is mailed to it.
    pub fn address(&self) -> &Address {
        &self.mailbox.address
    }

    /// Returns the guest's id.
    pub fn guest(&self) -> GuestId {
        self.guest
    }

    /// Returns the hash of the address that the server compares.
    pub fn address_hash(&self) -> &[u8; 32] {
        &self.address_hash
    }

    /// Returns what the server checks.
    pub fn factor(&self) -> &SealedFactor {
        &self.factor
    }

    /// Returns the share `S`, for the server.
    pub fn share(&self) -> &Secret32 {
        &self.share
    }

    /// Returns the envelope, for the server.
    pub fn envelope(&self) -> &[u8] {
        &self.envelope
    }
}

/// The keys of a guest, before the envelope is made.
pub(super) struct GuestKeys {
    mailbox: Mailbox,
    guest: GuestId,
    factor: SealedFactor,
    share: Secret32,
    link: LinkSecret,
    identity: AgeIdentity,
}

/// Makes the keys of every guest in the plan.
pub(super) fn make_keys(
    cleared: &Cleared,
    message: MessageId,
    rng: &mut impl CryptoRngCore,
) -> Result<Vec<GuestKeys>, SealError> {
    let guests = cleared.plan().guests().map(|(planned, factor)| {
        let (guest, link, share) = (GuestId::make(rng), LinkSecret::make(rng), Secret32::make(rng));
        let (identity, factor) = derive(&link, &share, factor, message, guest)?;
        let mailbox = planned.mailbox.clone();
        Ok(GuestKeys { mailbox, guest, factor, share, link, identity })
    });
    guests.collect()
}

fn derive(
    link: &LinkSecret,
    share: &Secret32,
    factor: &GuestFactor,
    message: MessageId,
    guest: GuestId,
) -> Result<(AgeIdentity, SealedFactor), SealError> {
    let code = match factor {
        GuestFactor::Code(code) => Some(code_keys(code, message, guest)?),
        GuestFactor::Mail | GuestFactor::Sms(_) => None,
    };
    let identity = derive_identity(link, share, code.as_ref().map(|keys| &keys.seal), message, guest);
    let sealed = match (factor, &code) {
        (GuestFactor::Sms(number), _) => SealedFactor::Sms(number.clone()),
        // EXPOSE: the server gets a hash of `V`, never `V` itself before the guest shows it.
        (_, Some(keys)) => SealedFactor::Code(*blake3::hash(keys.verify.expose()).as_bytes()),
        _ => SealedFactor::Mail,
    };
    Ok((identity, sealed))
}

fn code_keys(
    code: &AccessCode,
    message: MessageId,
    guest: GuestId,
) -> Result<crate::guest::CodeKeys, SealError> {
    // EXPOSE: the code is hashed here and goes nowhere.
    derive_code_keys(code.expose(), message, guest).map_err(SealError::Code)
}

/// Returns the list for the sender's own manifest: with it a link can be sent again.
pub(super) fn links(guests: &[GuestKeys]) -> Option<Vec<GuestLink>> {
    let link = |keys: &GuestKeys| GuestLink {
        address: keys.mailbox.address.clone(),
        guest: keys.guest,
        link: LinkField::new(&keys.link),
    };
    Some(guests.iter().map(link).collect::<Vec<_>>()).filter(|links| !links.is_empty())
}

/// Seals an envelope for every guest. `base` is the sender's own manifest, of which a guest gets less.
pub(super) fn seal_guests(
    guests: Vec<GuestKeys>,
    by: &KeySet,
    base: &Manifest,
    message: &AgeIdentity,
    rng: &mut impl CryptoRngCore,
) -> Result<Vec<SealedGuest>, SealError> {
    let seal = |keys: GuestKeys| {
        let envelope = seal_one(&keys.mailbox.address, keys.guest, &keys.identity, by, base, message)?;
        Ok(SealedGuest {
            address_hash: hash_address(base.id, &keys.mailbox.address),
            mailbox: keys.mailbox,
            guest: keys.guest,
            factor: keys.factor,
            share: keys.share,
            link: keys.link,
            envelope,
            notice: MessageId::make(rng),
        })
    };
    guests.into_iter().map(seal).collect()
}

fn seal_one(
    address: &Address,
    guest: GuestId,
    identity: &AgeIdentity,
    by: &KeySet,
    base: &Manifest,
    message: &AgeIdentity,
) -> Result<Vec<u8>, SealError> {
    let keys = derive_opener_keys(by, base.id, OpenerId::Guest(guest))?;
    let manifest = Manifest {
        bcc: None,
        guests: None,
        opener: Opener { address: address.clone(), card: None, guest: Some(guest), role: OpenerRole::Guest },
        receipt_key: KeyField(keys.receipt),
        reply_key: KeyField(keys.reply),
        ..base.clone()
    };
    let failed = |source| SealError::Envelope { address: address.clone(), source };
    let text: Zeroizing<Vec<u8>> = envelope::blocks(&manifest, by.signing(), message).map_err(failed)?;
    envelope::seal(&text, text.len().next_multiple_of(STEP), &identity.recipient()).map_err(failed)
}

impl<W> Sealed<W> {
    /// Returns the guests, for the server.
    pub fn guests(&self) -> &[SealedGuest] {
        &self.guests
    }

    /// Returns when the message ends for guests.
    pub fn guests_expire(&self) -> Timestamp {
        self.sealed_at.plus_seconds(u64::from(self.guest_days) * 86_400)
    }

    /// Makes the mail that brings a guest the link.
    ///
    /// It is the sender's own mail, from their address through their server, with the subject of every sealed mail: plain, short,
    /// nothing of the message, nothing that tells who opened it.
    pub fn notice(&self, guest: &SealedGuest, server: &ServerOrigin) -> SealedMail {
        let link = GuestLinkUrl { origin: server.clone(), message: self.id, secret: guest.link.clone() };
        let message_id = format!("<{}@{}>", guest.notice, self.sender.domain());
        let headers = NoticeHeaders { outer: &self.outer, to: &guest.mailbox, message_id: &message_id };
        let needs_smtputf8 = self.sender.needs_smtputf8() || guest.address().needs_smtputf8();
        SealedMail {
            sender: self.sender.clone(),
            recipients: vec![guest.address().clone()],
            needs_smtputf8,
            bytes: mime::write_notice(&headers, &self.notice_text(guest, &link)).into_bytes(),
            message_id,
        }
    }

    /// Writes the text: ASCII, so that nothing on the way has a reason to write it anew and break the link.
    fn notice_text(&self, guest: &SealedGuest, link: &GuestLinkUrl) -> Zeroizing<String> {
        let from = if self.sender.needs_smtputf8() { String::new() } else { format!(" {}", self.sender) };
        let (van, of) = match from.as_str() {
            "" => (String::new(), String::new()),
            from => (format!(" van{from}"), format!(" from{from}")),
        };
        let (bewijs, proof) = match &guest.factor {
            SealedFactor::Code(_) => (
                "de toegangscode die u met de afzender hebt afgesproken",
                "the access code that you agreed on with the sender",
            ),
            SealedFactor::Mail => ("een code die u per e-mail krijgt", "a code that you get by e-mail"),
            SealedFactor::Sms(_) => ("een code die u per sms krijgt", "a code that you get by text message"),
        };
        let (url, page, id) = (link.to_secret_text(), link.page(), self.id);
        // EXPOSE: the link is what this mail is made to carry.
        let (url, key) = (url.as_str(), link.secret.to_secret_text());
        let (key, ends) = (key.as_str(), self.guests_expire().to_string());
        let ends = ends.split('T').next().unwrap_or_default();
        Zeroizing::new(format!(
            "(English below)\r\n\r\n\
             Er ligt een versleuteld bericht{van} voor u klaar:\r\n\r\n\
             {url}\r\n\r\n\
             U typt daar het adres waarop u deze e-mail kreeg, en\r\n\
             {bewijs}.\r\n\
             Het bericht is te lezen tot {ends}. Kent u de afzender niet, of verwacht\r\n\
             u niets? Vraag het eerst na, op een manier die u al kende.\r\n\r\n\
             Klikt u liever niet op een link? Typ dan dit in uw browser, en daarna de\r\n\
             sleutel:\r\n\r\n\
             {page}\r\n\
             Berichtnummer: {id}\r\n\
             Sleutel: {key}\r\n\r\n\
             Antwoorden kan beveiligd bij het bericht zelf. Een gewoon antwoord op deze\r\n\
             e-mail is niet beveiligd.\r\n\r\n\
             --------\r\n\r\n\
             An encrypted message{of} is waiting for you:\r\n\r\n\
             {url}\r\n\r\n\
             There you type the address that received this e-mail, and\r\n\
             {proof}.\r\n\
             The message can be read until {ends}. If you do not know the sender, or\r\n\
             expect nothing: ask first, in a way that you knew before.\r\n\r\n\
             If you would rather not click on a link, type this into your browser, and\r\n\
             then the key:\r\n\r\n\
             {page}\r\n\
             Message number: {id}\r\n\
             Key: {key}\r\n\r\n\
             You can answer securely where the message is. A plain reply to this e-mail\r\n\
             is not protected.\r\n"
        ))
    }
}

#[cfg(test)]
mod tests;
