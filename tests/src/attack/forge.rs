//! The forger's workshop: takes a sealed message apart with a recipient's key, and puts any variant together.
//!
//! None of it uses Zegel's own reading or writing of messages: tar, envelope and manifest are handled as bytes and as
//! plain JSON, so that what Zegel would never write can be written.

use std::io::{Read, Write};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use zegel_core::identity::Identity;
use zegel_core::keys::{AgeIdentity, AgeRecipient};
use zegel_core::padding::padme;

const BLOCK: usize = 512;
const STEP: usize = 4096;

/// How the manifest is signed.
#[derive(Clone)]
pub(crate) enum Signing {
    /// With this text in the place of the signature.
    Armour(String),
    /// Freshly, by a key, in a namespace.
    By { key: Box<PrivateKey>, namespace: &'static str, hash: HashAlg },
}

/// One part before it is encrypted.
#[derive(Clone)]
pub(crate) struct PartSpec {
    pub(crate) plain: Vec<u8>,
    pub(crate) padding: Vec<u8>,
    pub(crate) to: Vec<AgeRecipient>,
}

/// All that makes a container, free to be changed.
#[derive(Clone)]
pub(crate) struct Spec {
    pub(crate) manifest: Value,
    /// These bytes in the place of the manifest's line; with the line feed.
    pub(crate) line: Option<Vec<u8>>,
    pub(crate) signing: Signing,
    /// Text of the message identity, with its line feed.
    pub(crate) identity_line: String,
    /// Line feeds after the three blocks; the least when none.
    pub(crate) envelope_padding: Option<Vec<u8>>,
    /// To whom the forged envelope is sealed.
    pub(crate) to: Vec<AgeRecipient>,
    pub(crate) parts: Vec<PartSpec>,
    /// Envelopes before and after the forged one.
    pub(crate) before: Vec<Vec<u8>>,
    pub(crate) after: Vec<Vec<u8>>,
}

/// The age files of a container.
pub(crate) struct Entries {
    pub(crate) parts: Vec<Vec<u8>>,
    pub(crate) envelopes: Vec<Vec<u8>>,
}

/// Reads the tar: name and size of each entry, nothing checked.
pub(crate) fn untar(container: &[u8]) -> Entries {
    let mut entries = Entries { parts: Vec::new(), envelopes: Vec::new() };
    let mut at = 0;
    while container[at] != 0 {
        let size = std::str::from_utf8(&container[at + 124..at + 135]).unwrap();
        let size = usize::from_str_radix(size, 8).unwrap();
        let file = container[at + BLOCK..at + BLOCK + size].to_vec();
        let list = if container[at] == b'p' { &mut entries.parts } else { &mut entries.envelopes };
        list.push(file);
        at += BLOCK + size.div_ceil(BLOCK) * BLOCK;
    }
    entries
}

/// Writes one ustar header with a right checksum.
pub(crate) fn tar_header(name: &str, size: &str, kind: u8) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0000644\x000000000\x000000000\x00");
    put(124, size.as_bytes());
    put(136, b"00000000000\x00        ");
    put(156, &[kind]);
    put(257, b"ustar\x0000");
    put(329, b"0000000\x000000000\x00");
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// Writes a container of age files.
pub(crate) fn tar(parts: &[Vec<u8>], envelopes: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    for (folder, files) in [("parts", parts), ("envelopes", envelopes)] {
        for (number, file) in files.iter().enumerate() {
            out.extend(tar_header(
                &format!("{folder}/{number}.age"),
                &format!("{:011o}\0", file.len()),
                b'0',
            ));
            out.extend(file);
            out.resize(out.len().next_multiple_of(BLOCK), 0);
        }
    }
    out.extend([0; 2 * BLOCK]);
    out
}

/// Encrypts with the `age` crate itself, to as many recipients as one likes.
pub(crate) fn encrypt(plain: &[u8], to: &[AgeRecipient]) -> Vec<u8> {
    let recipients = to.iter().map(|recipient| -> &dyn age::Recipient {
        match recipient {
            AgeRecipient::Classic(recipient) => recipient,
            AgeRecipient::Hybrid(recipient) => recipient,
            _ => unreachable!(),
        }
    });
    let mut out = Vec::new();
    let mut writer = age::Encryptor::with_recipients(recipients).unwrap().wrap_output(&mut out).unwrap();
    writer.write_all(plain).unwrap();
    writer.finish().unwrap();
    out
}

/// Encrypts to a hybrid and a classic recipient in one file, which the `age` crate refuses to do: a wrapper hides the
/// label that keeps them apart.
pub(crate) fn encrypt_mixed(plain: &[u8], to: &[AgeRecipient]) -> Vec<u8> {
    struct Unlabelled<'a>(&'a AgeRecipient);
    impl age::Recipient for Unlabelled<'_> {
        fn wrap_file_key(
            &self,
            key: &age_core::format::FileKey,
        ) -> Result<(Vec<age_core::format::Stanza>, std::collections::HashSet<String>), age::EncryptError>
        {
            let (stanzas, _) = match self.0 {
                AgeRecipient::Classic(recipient) => recipient.wrap_file_key(key)?,
                AgeRecipient::Hybrid(recipient) => recipient.wrap_file_key(key)?,
                _ => unreachable!(),
            };
            Ok((stanzas, std::collections::HashSet::new()))
        }
    }
    let wrapped: Vec<Unlabelled<'_>> = to.iter().map(Unlabelled).collect();
    let mut out = Vec::new();
    let recipients = wrapped.iter().map(|recipient| recipient as &dyn age::Recipient);
    let mut writer = age::Encryptor::with_recipients(recipients).unwrap().wrap_output(&mut out).unwrap();
    writer.write_all(plain).unwrap();
    writer.finish().unwrap();
    out
}

fn decrypt(file: &[u8], key: &AgeIdentity) -> Option<Vec<u8>> {
    let decryptor = age::Decryptor::new_buffered(file).ok()?;
    let mut reader = decryptor.decrypt(std::iter::once(key as &dyn age::Identity)).ok()?;
    let mut plain = Vec::new();
    reader.read_to_end(&mut plain).ok()?;
    Some(plain)
}

/// Writes JSON with sorted keys, as JCS does for what stands in a manifest.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            let fields: Vec<String> =
                keys.iter().map(|key| format!("{}:{}", json!(key), canonical(&map[key.as_str()]))).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

/// Returns somebody's signing key as the `ssh-key` crate has it.
pub(crate) fn ssh_key_of(who: &Identity) -> PrivateKey {
    PrivateKey::from_openssh(who.current().signing().to_openssh().unwrap().expose_secret()).unwrap()
}

/// Signs as `ssh-keygen -Y sign` does.
pub(crate) fn sign(key: &PrivateKey, namespace: &str, hash: HashAlg, bytes: &[u8]) -> String {
    let mut armour = key.sign(namespace, hash, bytes).unwrap().to_pem(LineEnding::LF).unwrap();
    if !armour.ends_with('\n') {
        armour.push('\n');
    }
    armour
}

impl Spec {
    /// Takes a container apart with the key of one of its recipients.
    pub(crate) fn of(container: &[u8], opener: &Identity) -> Self {
        let entries = untar(container);
        let key = opener.current().age();
        let (number, text) = entries
            .envelopes
            .iter()
            .enumerate()
            .find_map(|(number, file)| decrypt(file, key).map(|text| (number, text)))
            .expect("the container has an envelope for its opener");
        let text = String::from_utf8(text).unwrap();
        let (line, rest) = text.split_once('\n').unwrap();
        let end = rest.find("-----END SSH SIGNATURE-----\n").unwrap() + "-----END SSH SIGNATURE-----\n".len();
        let (armour, rest) = rest.split_at(end);
        let identity_line = format!("{}\n", rest.lines().next().unwrap());
        let message = AgeIdentity::parse(&SecretString::from(identity_line.trim())).unwrap();
        let manifest: Value = serde_json::from_str(line).unwrap();
        assert_eq!(canonical(&manifest), line, "our own writing of JSON agrees");
        let parts = entries.parts.iter().zip(manifest["parts"].as_array().unwrap()).map(|(file, info)| {
            let mut plain = decrypt(file, &message).unwrap();
            let padding = plain.split_off(info["length"].as_u64().unwrap() as usize);
            PartSpec { plain, padding, to: vec![message.recipient()] }
        });
        let parts = parts.collect();
        let (before, rest) = entries.envelopes.split_at(number);
        Self {
            manifest,
            line: None,
            signing: Signing::Armour(armour.to_owned()),
            identity_line,
            envelope_padding: None,
            to: vec![opener.current().age().recipient()],
            parts,
            before: before.to_vec(),
            after: rest[1..].to_vec(),
        }
    }

    /// Signs (again) as somebody.
    pub(crate) fn sign_as(&mut self, who: &Identity) {
        self.signing = Signing::By {
            key: Box::new(ssh_key_of(who)),
            namespace: "zegel-manifest",
            hash: HashAlg::Sha512,
        };
    }

    /// Seals the envelope to somebody, and nobody else.
    pub(crate) fn seal_to(&mut self, who: &Identity) {
        self.to = vec![who.current().age().recipient()];
        self.before.clear();
        self.after.clear();
    }

    /// Names somebody as the opener, in a role.
    pub(crate) fn name_opener(&mut self, who: &Identity, role: &str) {
        self.manifest["opener"] = json!({
            "address": who.address().to_string(),
            "card": who.card().fingerprint().to_string(),
            "role": role,
        });
    }

    /// Names somebody as the sender.
    pub(crate) fn name_sender(&mut self, who: &Identity) {
        self.manifest["sender"] =
            json!({ "address": who.address().to_string(), "card": who.card().fingerprint().to_string() });
    }

    /// Returns the manifest's fields.
    pub(crate) fn fields(&mut self) -> &mut Map<String, Value> {
        self.manifest.as_object_mut().unwrap()
    }

    /// Replaces text of the mail inside and lets the manifest agree with its bytes again.
    pub(crate) fn edit_body(&mut self, from: &str, to: &str) {
        let body = String::from_utf8(self.parts[0].plain.clone()).unwrap();
        assert!(body.contains(from), "{from:?} is not in the mail inside:\n{body}");
        self.parts[0].plain = body.replacen(from, to, 1).into_bytes();
        self.agree();
    }

    /// Gives every part its right padding, and the manifest the right lengths and hashes.
    pub(crate) fn agree(&mut self) {
        for (index, part) in self.parts.iter_mut().enumerate() {
            let length = part.plain.len() as u64;
            let fill = if index == 0 { b'\n' } else { 0 };
            part.padding = vec![fill; (padme(length) - length) as usize];
            let info = &mut self.manifest["parts"][index];
            info["length"] = json!(length);
            info["blake3"] = json!(blake3::hash(&part.plain).to_hex().as_str());
        }
    }

    /// Returns the manifest's line with its line feed.
    pub(crate) fn line(&self) -> Vec<u8> {
        self.line.clone().unwrap_or_else(|| format!("{}\n", canonical(&self.manifest)).into_bytes())
    }

    /// Returns the three blocks with their padding.
    pub(crate) fn envelope_text(&self) -> Vec<u8> {
        let mut text = self.line();
        let armour = match &self.signing {
            Signing::Armour(armour) => armour.clone(),
            Signing::By { key, namespace, hash } => sign(key, namespace, *hash, &text),
        };
        text.extend(armour.as_bytes());
        text.extend(self.identity_line.as_bytes());
        let short = text.len().next_multiple_of(STEP) - text.len();
        text.extend(self.envelope_padding.clone().unwrap_or_else(|| vec![b'\n'; short]));
        text
    }

    /// Returns the age files of the parts.
    pub(crate) fn part_files(&self) -> Vec<Vec<u8>> {
        self.parts
            .iter()
            .map(|part| encrypt(&[part.plain.as_slice(), &part.padding].concat(), &part.to))
            .collect()
    }

    /// Puts the container together.
    pub(crate) fn build(&self) -> Vec<u8> {
        let mut envelopes = self.before.clone();
        envelopes.push(encrypt(&self.envelope_text(), &self.to));
        envelopes.extend(self.after.iter().cloned());
        tar(&self.part_files(), &envelopes)
    }
}
