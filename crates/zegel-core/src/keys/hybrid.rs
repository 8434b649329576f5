//! age's hybrid recipient type `mlkem768x25519` on the public traits of the `age` crate, which has none of its own.
//!
//! C2SP `age.md`, "The native hybrid recipient type": HPKE (RFC 9180) base mode with the KEM MLKEM768-X25519
//! (X-Wing, draft-connolly-cfrg-xwing-kem; HPKE id 0x647a), HKDF-SHA256 and ChaCha20-Poly1305.

use std::collections::HashSet;
use std::fmt;
use std::sync::OnceLock;

use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::secrecy::ExposeSecret as _;
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use bech32::{Checksum as _, Fe32, Hrp};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use ml_kem::kem::Decapsulate;
use ml_kem::{EncapsulateDeterministic, EncodedSizeUser, KemCore, MlKem768};
use rand_core::{CryptoRngCore, OsRng, RngCore};
use secrecy::SecretString;
use sha2::Sha256;
use sha3::digest::{ExtendableOutput, Update, XofReader};
use sha3::{Digest, Sha3_256, Shake256};
use x25519_dalek::{PublicKey, StaticSecret, x25519};
use zeroize::{Zeroize, Zeroizing};

use super::{HYBRID_TAG, KeyError};
use crate::secret::Secret32;

pub(super) const IDENTITY_START: &str = "AGE-SECRET-KEY-PQ-1";
pub(super) const RECIPIENT_START: &str = "age1pq1";
const IDENTITY_HRP: Hrp = Hrp::parse_unchecked("age-secret-key-pq-");
const RECIPIENT_HRP: Hrp = Hrp::parse_unchecked("age1pq");

const PQ_PUBLIC: usize = 1184;
const PQ_CIPHERTEXT: usize = 1088;
const CURVE: usize = 32;
const PUBLIC: usize = PQ_PUBLIC + CURVE;
/// 1216 bytes fill 1945 characters of five bits and three bits of the next; these two are left.
const FILLING: u8 = 0b11;
const ENCAPSULATED: usize = PQ_CIPHERTEXT + CURVE;
/// Ciphertext of a 16-byte file key with its 16-byte tag.
const WRAPPED: usize = FILE_KEY_BYTES + 16;

const KEM_ID: u16 = 0x647a;
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
/// The X-Wing label: a picture of an X-wing.
const XWING_LABEL: &[u8] = b"\\.//^\\";
/// Label that keeps an age file from mixing these stanzas with weaker ones (C2SP age, "labels").
const POST_QUANTUM: &str = "postquantum";

type Shared = Zeroizing<[u8; 32]>;
type PqPrivate = <MlKem768 as KemCore>::DecapsulationKey;
type PqPublic = <MlKem768 as KemCore>::EncapsulationKey;

/// A hybrid private key: a 32-byte seed and the two keys grown from it.
#[derive(Clone)]
pub struct HybridIdentity {
    seed: Secret32,
    /// Boxed, so that moving an identity leaves no copy of the key on the stack.
    pq: Box<PqPrivate>,
    curve: StaticSecret,
    public: Box<[u8; PUBLIC]>,
}

impl HybridIdentity {
    /// Makes a new identity from 32 random bytes.
    pub fn make(rng: &mut impl CryptoRngCore) -> Self {
        Self::from_seed(Secret32::make(rng))
    }

    /// Grows the key pair from its seed (X-Wing `expandDecapsulationKey`).
    pub fn from_seed(seed: Secret32) -> Self {
        let mut expanded = Zeroizing::new([0; 96]);
        let mut shake = Shake256::default();
        // EXPOSE: the seed is expanded into the two private keys.
        shake.update(seed.expose());
        shake.finalize_xof().read(expanded.as_mut());
        let (d, rest) = expanded.split_at(32);
        let (z, scalar) = rest.split_at(32);
        let (pq, pq_public) = MlKem768::generate_deterministic(&to_array(d).into(), &to_array(z).into());
        let curve = StaticSecret::from(to_array(scalar));
        let mut public = Box::new([0; PUBLIC]);
        let (left, right) = public.split_at_mut(PQ_PUBLIC);
        left.copy_from_slice(&pq_public.as_bytes());
        right.copy_from_slice(PublicKey::from(&curve).as_bytes());
        Self { seed, pq: Box::new(pq), curve, public }
    }

    pub(super) fn parse(text: &str) -> Result<Self, KeyError> {
        let (hrp, bytes) = bech32::decode(text).map_err(|_| KeyError::Identity)?;
        let bytes = Zeroizing::new(bytes);
        if hrp != IDENTITY_HRP || bytes.len() != 32 || text.bytes().any(|b| b.is_ascii_lowercase()) {
            return Err(KeyError::Identity);
        }
        Ok(Self::from_seed(Secret32::from_bytes(Zeroizing::new(to_array(&bytes)))))
    }

    /// Returns the public half.
    pub fn recipient(&self) -> HybridRecipient {
        HybridRecipient { bytes: self.public.clone(), text: OnceLock::new() }
    }

    pub(super) fn to_secret_text(&self) -> SecretString {
        // EXPOSE: this is the function that writes the secret down.
        let text = bech32::encode_upper::<bech32::Bech32>(IDENTITY_HRP, self.seed.expose());
        SecretString::from(text.expect("32 bytes are within the length limit of bech32"))
    }

    pub(super) fn seed(&self) -> &Secret32 {
        &self.seed
    }

    /// Undoes [`HybridRecipient::encapsulate`]; `None` for an all-zero X25519 result (RFC 7748 section 6.1).
    fn decapsulate(&self, encapsulated: &[u8; ENCAPSULATED]) -> Option<Shared> {
        let (pq_ciphertext, curve_public) = encapsulated.split_at(PQ_CIPHERTEXT);
        let pq_shared = self.pq.decapsulate(&to_array::<PQ_CIPHERTEXT>(pq_ciphertext).into()).ok()?;
        let curve_public = to_array(curve_public);
        let curve_shared = self.curve.diffie_hellman(&PublicKey::from(curve_public));
        if !curve_shared.was_contributory() {
            return None;
        }
        let (_, own) = self.public.split_at(PQ_PUBLIC);
        Some(combine(&pq_shared, curve_shared.as_bytes(), &curve_public, own))
    }
}

impl fmt::Debug for HybridIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HybridIdentity(…)")
    }
}

impl age::Identity for HybridIdentity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        if stanza.tag != HYBRID_TAG {
            return None;
        }
        let malformed = Some(Err(age::DecryptError::InvalidHeader));
        let [argument] = stanza.args.as_slice() else { return malformed };
        let Ok(encapsulated) = BASE64_STANDARD_NO_PAD.decode(argument) else { return malformed };
        let Ok(encapsulated) = <[u8; ENCAPSULATED]>::try_from(encapsulated) else { return malformed };
        // The length is checked before decrypting: a longer body could carry several keys (partitioning oracle).
        if stanza.body.len() != WRAPPED {
            return malformed;
        }
        let Some(shared) = self.decapsulate(&encapsulated) else { return malformed };
        let (key, nonce) = hpke_base_keys(&shared);
        let plain = ChaCha20Poly1305::new(Key::from_slice(key.as_ref()))
            .decrypt(Nonce::from_slice(&nonce), stanza.body.as_slice())
            .ok()?;
        let plain = Zeroizing::new(plain);
        Some(Ok(FileKey::init_with_mut(|file_key| file_key.copy_from_slice(&plain))))
    }
}

/// A hybrid public key: 1184 bytes ML-KEM-768, 32 bytes X25519.
#[derive(Clone)]
pub struct HybridRecipient {
    bytes: Box<[u8; PUBLIC]>,
    /// Its only text: written once, for it goes into fingerprints, cards and manifests.
    text: OnceLock<Box<str>>,
}

impl PartialEq for HybridRecipient {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for HybridRecipient {}

impl HybridRecipient {
    pub(super) fn parse(text: &str) -> Result<Self, KeyError> {
        let (hrp, bytes) = decode_long(text).ok_or(KeyError::Recipient)?;
        let bytes: Box<[u8; PUBLIC]> =
            bytes.into_boxed_slice().try_into().map_err(|_| KeyError::Recipient)?;
        if hrp != RECIPIENT_HRP || text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(KeyError::Recipient);
        }
        // BIP 173: the bits that fill up the last character are zero, so each key has one text.
        let last = text.len().checked_sub(bech32::Bech32::CHECKSUM_LENGTH + 1);
        let last = last.and_then(|at| text.get(at..)?.chars().next());
        let filling = last.and_then(|c| Fe32::from_char(c).ok()).ok_or(KeyError::Recipient)?;
        if filling.to_u8() & FILLING != 0 {
            return Err(KeyError::Recipient);
        }
        let recipient = Self { bytes, text: OnceLock::from(Box::from(text)) };
        // FIPS 203 section 7.2, modulus check: the key must be the encoding of what it decodes to.
        let (pq, _) = recipient.halves();
        if PqPublic::from_bytes(&pq.into()).as_bytes().as_slice() != pq.as_slice() {
            return Err(KeyError::Recipient);
        }
        Ok(recipient)
    }

    fn halves(&self) -> ([u8; PQ_PUBLIC], [u8; CURVE]) {
        let (pq, curve) = self.bytes.split_at(PQ_PUBLIC);
        (to_array(pq), to_array(curve))
    }

    /// Makes a shared secret and its encapsulation (X-Wing `Encapsulate`).
    fn encapsulate(&self) -> Option<(Shared, Box<[u8; ENCAPSULATED]>)> {
        let (pq, curve) = self.halves();
        let mut random = Zeroizing::new([0; 64]);
        // The `age` traits pass no randomness in; see docs/adr/0002-randomness-inside-age.md.
        OsRng.fill_bytes(random.as_mut());
        let (m, scalar) = random.split_at(32);
        let pq_public = PqPublic::from_bytes(&pq.into());
        let (pq_ciphertext, pq_shared) = pq_public.encapsulate_deterministic(&to_array(m).into()).ok()?;
        let mut scalar = to_array(scalar);
        let ephemeral = PublicKey::from(&StaticSecret::from(scalar));
        let curve_shared = Zeroizing::new(x25519(scalar, curve));
        scalar.zeroize();
        // RFC 7748 section 6.1: a low-order public key gives all zeros; nothing may be sealed to it.
        if curve_shared.iter().all(|b| *b == 0) {
            return None;
        }
        let mut encapsulated = Box::new([0; ENCAPSULATED]);
        let (left, right) = encapsulated.split_at_mut(PQ_CIPHERTEXT);
        left.copy_from_slice(&pq_ciphertext);
        right.copy_from_slice(ephemeral.as_bytes());
        Some((combine(&pq_shared, curve_shared.as_ref(), ephemeral.as_bytes(), &curve), encapsulated))
    }
}

impl fmt::Display for HybridRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let write = || {
            let mut text = String::with_capacity(2000);
            bech32::encode_lower_to_fmt::<Bech32Long, _>(&mut text, RECIPIENT_HRP, self.bytes.as_ref())
                .expect("the length has no limit, and a string takes what is written");
            text.into_boxed_str()
        };
        f.pad(self.text.get_or_init(write))
    }
}

impl fmt::Debug for HybridRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl age::Recipient for HybridRecipient {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), age::EncryptError> {
        let refused = || age::EncryptError::Io(std::io::Error::other("the recipient's key is not usable"));
        let (shared, encapsulated) = self.encapsulate().ok_or_else(refused)?;
        let (key, nonce) = hpke_base_keys(&shared);
        let body = ChaCha20Poly1305::new(Key::from_slice(key.as_ref()))
            // EXPOSE: the file key is what is being wrapped.
            .encrypt(Nonce::from_slice(&nonce), file_key.expose_secret().as_slice())
            .map_err(|_| refused())?;
        let stanza = Stanza {
            tag: HYBRID_TAG.to_owned(),
            args: vec![BASE64_STANDARD_NO_PAD.encode(encapsulated.as_ref())],
            body,
        };
        Ok((vec![stanza], HashSet::from([POST_QUANTUM.to_owned()])))
    }
}

/// Bech32 without its length limit, as age encodes keys (C2SP age, "Bech32").
enum Bech32Long {}

impl bech32::Checksum for Bech32Long {
    type MidstateRepr = u32;
    const CODE_LENGTH: usize = usize::MAX;
    const CHECKSUM_LENGTH: usize = bech32::Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = bech32::Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = bech32::Bech32::TARGET_RESIDUE;
}

fn decode_long(text: &str) -> Option<(Hrp, Vec<u8>)> {
    // 1216 bytes are 1946 characters; longer texts are not looked at.
    if text.len() > 2200 {
        return None;
    }
    let parsed = bech32::primitives::decode::CheckedHrpstring::new::<Bech32Long>(text).ok()?;
    Some((parsed.hrp(), parsed.byte_iter().collect()))
}

/// Combines both shared secrets (X-Wing `Combiner`).
fn combine(pq: &[u8], curve: &[u8], ciphertext: &[u8], public: &[u8]) -> Shared {
    let mut hash = Sha3_256::new();
    for piece in [pq, curve, ciphertext, public, XWING_LABEL] {
        Digest::update(&mut hash, piece);
    }
    Zeroizing::new(hash.finalize().into())
}

/// Runs the HPKE key schedule in base mode without a PSK (RFC 9180 section 5.1); returns key and base nonce.
fn hpke_base_keys(shared: &[u8; 32]) -> (Zeroizing<[u8; 32]>, [u8; 12]) {
    // Suite: KEM, KDF HKDF-SHA256 (0x0001), AEAD ChaCha20Poly1305 (0x0003).
    let suite = [b"HPKE".as_slice(), &KEM_ID.to_be_bytes(), &[0, 1], &[0, 3]].concat();
    let (psk_id_hash, _) = labeled_extract(&suite, &[], b"psk_id_hash", &[]);
    let (info_hash, _) = labeled_extract(&suite, &[], b"info_hash", INFO);
    let context = [[0].as_slice(), psk_id_hash.as_ref(), info_hash.as_ref()].concat();
    let (_, secret) = labeled_extract(&suite, shared, b"secret", &[]);
    let mut key = Zeroizing::new([0; 32]);
    let mut nonce = [0; 12];
    labeled_expand(&suite, &secret, b"key", &context, key.as_mut());
    labeled_expand(&suite, &secret, b"base_nonce", &context, &mut nonce);
    (key, nonce)
}

fn labeled_extract(
    suite: &[u8],
    salt: &[u8],
    label: &[u8],
    ikm: &[u8],
) -> (Zeroizing<[u8; 32]>, Hkdf<Sha256>) {
    let ikm = Zeroizing::new([b"HPKE-v1", suite, label, ikm].concat());
    let (prk, hkdf) = Hkdf::<Sha256>::extract(Some(salt), &ikm);
    (Zeroizing::new(prk.into()), hkdf)
}

fn labeled_expand(suite: &[u8], secret: &Hkdf<Sha256>, label: &[u8], info: &[u8], out: &mut [u8]) {
    let length = u16::try_from(out.len()).expect("at most 32 bytes are asked for").to_be_bytes();
    let info = [length.as_slice(), b"HPKE-v1", suite, label, info].concat();
    secret.expand(&info, out).expect("32 bytes are less than the limit of 255 hashes");
}

fn to_array<const N: usize>(slice: &[u8]) -> [u8; N] {
    slice.try_into().expect("the caller split at this length")
}
