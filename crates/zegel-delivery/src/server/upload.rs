//! Putting a sealed message on the server: one call for an ordinary mail, and pieces for what is large.

use std::io::{Read, Seek, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use zegel_core::id::to_base32;
use zegel_core::message::{Sealed, SealedFactor, SealedGuest};
use zegel_wire::server::{
    CreateMessageRequest, FactorRequest, GuestRequest, MessageState, MessageView, PartRequest, ProblemKind,
    SecretText,
};
use zeroize::Zeroizing;

use super::error::ServerError;
use super::http::{Again, Body, Call};
use super::member::Member;

/// Largest part that travels inside the creation.
const INLINE_MAX: u64 = 256 << 10;
/// Largest body of a creation (`docs/portal-api.md`), less what surrounds the big texts in it.
const CREATION_MAX: usize = (2 << 20) - (16 << 10);
/// Bytes of a part that are sent, and held in memory, at a time.
const PIECE: u64 = 4 << 20;
/// How often one piece is sent before it is given up.
const TRIES: u32 = 4;

const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");

/// Writes a hash as it stands in the API.
pub fn hash_text(hash: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*hash).to_hex().to_string()
}

impl Member {
    /// Puts the message with its guests on the server and waits until guests can open it. Memory is bounded by one piece.
    ///
    /// `progress` is told how many bytes of parts are on the server.
    ///
    /// # Errors
    /// See [`ServerError`]. What was created may be there in part: recall it.
    pub async fn create<W: Read + Write + Seek>(
        &self,
        sealed: &mut Sealed<W>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<MessageView, ServerError> {
        let request = creation(sealed)?;
        let path = format!("/api/v1/messages/{}", sealed.id());
        let body = Body::json(&request)?;
        let mut view: MessageView = self.server.json(self.call(Method::PUT, path).with(body)).await?;
        if view.parts.len() != request.parts.len() || view.message != sealed.id().to_string() {
            return Err(self.server.strange(&"another message than was created"));
        }
        let mut done = 0;
        for (index, (part, state)) in request.parts.iter().zip(&view.parts).enumerate() {
            if state.received < part.size {
                self.upload(sealed, index, part.size, &mut |bytes| progress(done + bytes)).await?;
            }
            done += part.size;
            progress(done);
        }
        if view.state != MessageState::Ready {
            view = self.message(sealed.id()).await?;
        }
        match view.state {
            MessageState::Ready => Ok(view),
            state => Err(self.server.strange(&format!("the message is not ready ({state:?})"))),
        }
    }

    /// Sends a part from where the server has it, piece by piece.
    async fn upload<W: Read + Write + Seek>(
        &self,
        sealed: &mut Sealed<W>,
        index: usize,
        size: u64,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), ServerError> {
        let path = format!("/api/v1/messages/{}/parts/{index}", sealed.id());
        let mut offset = self.offset(&path).await?;
        let mut failed = 0;
        while offset < size {
            let length = PIECE.min(size - offset);
            let mut piece = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
            sealed.part(index, offset)?.take(length).read_to_end(&mut piece)?;
            if piece.len() as u64 != length {
                return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
            }
            match self.server.done(self.piece(&path, offset, piece)).await {
                Ok(_) => {
                    offset += length;
                    failed = 0;
                }
                // Nobody knows how much of the piece arrived: the server is asked.
                Err(error)
                    if failed < TRIES
                        && (error.is_passing() || error.problem() == Some(ProblemKind::Conflict)) =>
                {
                    failed += 1;
                    offset = self.offset(&path).await?;
                }
                Err(error) => return Err(error),
            }
            if offset > size {
                return Err(self.server.strange(&"it has more of a part than there is"));
            }
            progress(offset);
        }
        Ok(())
    }

    fn piece(&self, path: &str, offset: u64, bytes: Vec<u8>) -> Call<'_> {
        let mut call = self.call(Method::PATCH, path).with(Body::Bytes(bytes));
        call.headers = HeaderMap::from_iter([(UPLOAD_OFFSET, HeaderValue::from(offset))]);
        call.again = Again::Never;
        call
    }

    async fn offset(&self, path: &str) -> Result<u64, ServerError> {
        let headers = self.server.done(self.call(Method::HEAD, path)).await?;
        let offset = headers.get(UPLOAD_OFFSET).and_then(|value| value.to_str().ok()?.parse().ok());
        offset.ok_or_else(|| self.server.strange(&"no Upload-Offset"))
    }
}

/// Describes the message for the server. Small parts are in it as long as there is room.
fn creation<W: Read + Write + Seek>(sealed: &mut Sealed<W>) -> Result<CreateMessageRequest, ServerError> {
    let guests: Vec<GuestRequest> = sealed.guests().iter().map(guest_request).collect();
    // Beside the envelope: ids, hashes, a number or an address.
    let mut room = guests.iter().try_fold(CREATION_MAX, |room, guest| {
        let address = match &guest.factor {
            FactorRequest::Mail { address } => address.expose().len(),
            _ => 0,
        };
        room.checked_sub(guest.envelope.len() + address + 512)
    });
    let mut parts = Vec::new();
    let sizes: Vec<u64> = sealed.part_lengths().collect();
    room = room.and_then(|room| room.checked_sub(sizes.len() * 128));
    let mut room = room.ok_or(ServerError::TooLarge)?;
    for (index, size) in sizes.into_iter().enumerate() {
        let mut hasher = blake3::Hasher::new();
        let wanted = usize::try_from(size).unwrap_or(usize::MAX).div_ceil(3).saturating_mul(4);
        let inline = if size <= INLINE_MAX && wanted <= room {
            let mut bytes = Vec::new();
            sealed.part(index, 0)?.read_to_end(&mut bytes)?;
            hasher.update(&bytes);
            room -= wanted;
            Some(BASE64_STANDARD.encode(&bytes))
        } else {
            hasher.update_reader(sealed.part(index, 0)?)?;
            None
        };
        parts.push(PartRequest { size, hash: hasher.finalize().to_hex().to_string(), inline });
    }
    Ok(CreateMessageRequest {
        expires_at: sealed.guests_expire().to_string(),
        parts,
        guests,
        fetch_token: None,
        openers: 0,
    })
}

fn guest_request(guest: &SealedGuest) -> GuestRequest {
    GuestRequest {
        guest: guest.guest().to_string(),
        address: hash_text(guest.address_hash()),
        factor: factor_request(guest),
        share: share_text(guest),
        envelope: BASE64_STANDARD.encode(guest.envelope()),
    }
}

/// Describes for the server what a guest must prove.
pub(crate) fn factor_request(guest: &SealedGuest) -> FactorRequest {
    match guest.factor() {
        SealedFactor::Code(verifier) => FactorRequest::Code { verifier: hash_text(verifier) },
        // EXPOSE: the server has to send to the number.
        SealedFactor::Sms(number) => FactorRequest::Sms { number: SecretText::new(number.expose()) },
        _ => FactorRequest::Mail { address: SecretText::new(guest.address().to_string()) },
    }
}

/// Writes the share for the server.
pub(crate) fn share_text(guest: &SealedGuest) -> SecretText {
    // EXPOSE: the share is the server's half of the key.
    SecretText::new(Zeroizing::new(to_base32(guest.share().expose())).as_str())
}
