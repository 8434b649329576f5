//! Takes sealed messages apart and puts them together otherwise, by the letter of `docs/formats`, not with the core's
//! own writers: what an attacker with a key of their own could do.

use std::io::{Read, Write};

use secrecy::SecretString;
use zegel_core::age_file;
use zegel_core::keys::{AgeIdentity, AgeRecipient, SigningKey};
use zegel_core::sshsig::{Namespace, Signature};

const BLOCK: usize = 512;

/// The age files of a container.
#[derive(Clone)]
pub(super) struct Container {
    pub(super) parts: Vec<Vec<u8>>,
    pub(super) envelopes: Vec<Vec<u8>>,
}

impl Container {
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut container = Self { parts: Vec::new(), envelopes: Vec::new() };
        let mut at = 0;
        while bytes[at] != 0 {
            let size = std::str::from_utf8(&bytes[at + 124..at + 135]).unwrap();
            let size = usize::from_str_radix(size, 8).unwrap();
            let file = bytes[at + BLOCK..at + BLOCK + size].to_vec();
            if bytes[at..].starts_with(b"parts/") { &mut container.parts } else { &mut container.envelopes }
                .push(file);
            at += BLOCK + size.div_ceil(BLOCK) * BLOCK;
        }
        container
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (number, file) in self.parts.iter().enumerate() {
            append(&mut out, &format!("parts/{number}.age"), file);
        }
        for (number, file) in self.envelopes.iter().enumerate() {
            append(&mut out, &format!("envelopes/{number}.age"), file);
        }
        out.extend_from_slice(&[0; 2 * BLOCK]);
        out
    }

    /// Returns the number and the content of the envelope that opens with `key`.
    pub(super) fn open(&self, key: &AgeIdentity) -> (usize, Envelope) {
        let opened =
            self.envelopes.iter().enumerate().find_map(|(number, file)| Some((number, decrypt(file, key)?)));
        let (number, plain) = opened.expect("an envelope for this key");
        let text = String::from_utf8(plain).unwrap();
        let (line, rest) = text.split_once('\n').unwrap();
        let (armour, rest) = rest.split_once("-----END SSH SIGNATURE-----\n").unwrap();
        let identity = rest.trim_end().to_owned();
        let armour = format!("{armour}-----END SSH SIGNATURE-----\n");
        (number, Envelope { line: line.to_owned(), armour, identity })
    }
}

fn append(out: &mut Vec<u8>, name: &str, file: &[u8]) {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, text: &str| block[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{:011o}\0", file.len()));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    put(329, "0000000\0");
    put(337, "0000000\0");
    let sum: u32 = block.iter().copied().map(u32::from).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    out.extend_from_slice(&block);
    out.extend_from_slice(file);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
}

/// The three blocks of an envelope.
#[derive(Clone)]
pub(super) struct Envelope {
    /// The manifest, without its line feed.
    pub(super) line: String,
    pub(super) armour: String,
    /// The message identity, without its line feed.
    pub(super) identity: String,
}

impl Envelope {
    /// Returns the message identity.
    pub(super) fn message(&self) -> AgeIdentity {
        AgeIdentity::parse(&SecretString::from(self.identity.as_str())).unwrap()
    }

    /// Changes the manifest, which must have `from`.
    pub(super) fn change(mut self, from: &str, to: &str) -> Self {
        assert!(self.line.contains(from), "{from} is not in the manifest {}", self.line);
        self.line = self.line.replacen(from, to, 1);
        self
    }

    /// Signs the manifest anew.
    pub(super) fn sign(mut self, key: &SigningKey, namespace: Namespace) -> Self {
        let signature = Signature::sign(namespace, format!("{}\n", self.line).as_bytes(), key).unwrap();
        self.armour = signature.to_armour().unwrap();
        self
    }

    pub(super) fn text(&self) -> Vec<u8> {
        format!("{}\n{}{}\n", self.line, self.armour, self.identity).into_bytes()
    }

    /// Seals to one recipient, padded as the format says.
    pub(super) fn seal(&self, to: &AgeRecipient) -> Vec<u8> {
        let mut text = self.text();
        text.resize(text.len().next_multiple_of(4096), b'\n');
        encrypt(&text, to)
    }
}

pub(super) fn encrypt(plain: &[u8], to: &AgeRecipient) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = age_file::seal(to, &mut file).unwrap();
    writer.write_all(plain).unwrap();
    writer.finish().unwrap();
    file
}

pub(super) fn decrypt(file: &[u8], key: &AgeIdentity) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    age_file::open_any(file, std::slice::from_ref(key), None).ok()?.read_to_end(&mut plain).unwrap();
    Some(plain)
}
