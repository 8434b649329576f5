//! Looks for secrets in bytes, also where something has encoded them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use data_encoding::{BASE32_NOPAD, HEXLOWER};

/// A secret and every form in which it may have leaked.
pub(super) struct Secret {
    name: &'static str,
    /// Form by name and bytes; letters are compared without case.
    forms: Vec<(String, Vec<u8>)>,
}

impl Secret {
    /// Takes a secret of at least eight bytes; shorter ones would be found everywhere.
    pub(super) fn new(name: &'static str, secret: &[u8]) -> Self {
        assert!(secret.len() >= 8, "{name} is too short to be looked for");
        let mut forms = vec![("plain".to_owned(), secret.to_vec())];
        let mut backwards = secret.to_vec();
        backwards.reverse();
        forms.push(("reversed".to_owned(), backwards));
        forms.push(("hex".to_owned(), HEXLOWER.encode(secret).into_bytes()));
        for (alphabet, engine) in [("base64", &STANDARD), ("base64url", &URL_SAFE)] {
            for shift in 0..3 {
                // What stands before moves the letters: three alignments; the ends mix with neighbours and are cut off.
                let mut padded = vec![0; shift];
                padded.extend_from_slice(secret);
                let text = engine.encode(&padded).trim_end_matches('=').to_owned();
                let start = (shift * 8).div_ceil(6);
                let end = (padded.len() * 8) / 6;
                forms.push((format!("{alphabet}+{shift}"), text.as_bytes()[start..end].to_vec()));
            }
        }
        forms.push(("base32".to_owned(), BASE32_NOPAD.encode(secret).into_bytes()));
        if let Ok(text) = std::str::from_utf8(secret) {
            forms.push(("utf-16le".to_owned(), text.encode_utf16().flat_map(u16::to_le_bytes).collect()));
            forms.push(("utf-16be".to_owned(), text.encode_utf16().flat_map(u16::to_be_bytes).collect()));
            let percent: String =
                secret
                    .iter()
                    .map(|b| {
                        if b.is_ascii_alphanumeric() {
                            char::from(*b).to_string()
                        } else {
                            format!("%{b:02x}")
                        }
                    })
                    .collect();
            if percent.as_bytes() != secret {
                forms.push(("percent".to_owned(), percent.into_bytes()));
            }
        }
        for (_, form) in &mut forms {
            form.make_ascii_lowercase();
        }
        Self { name, forms }
    }

    /// Returns the forms, to plant them.
    pub(super) fn forms(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.forms.iter().map(|(form, bytes)| (form.as_str(), bytes.as_slice()))
    }
}

/// Returns what of the secrets stands in `bytes`, each as `name as form`.
pub(super) fn find(bytes: &[u8], secrets: &[Secret]) -> Vec<String> {
    let lower = bytes.to_ascii_lowercase();
    let hay = text(&lower);
    // Lines of base64 and folded headers are broken anywhere.
    let joined = text(&without_space(&lower));
    let mut found = Vec::new();
    for secret in secrets {
        for (form, needle) in secret.forms() {
            if hay.contains(&text(needle)) || joined.contains(&text(&without_space(needle))) {
                found.push(format!("{} as {form}", secret.name));
            }
        }
    }
    found
}

/// Makes bytes text, one character each: what was equal stays equal, and the search of `str` is quick.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.is_ascii() => text.to_owned(),
        _ => bytes.iter().map(|b| char::from(*b)).collect(),
    }
}

fn without_space(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n' | b' ' | b'\t')).collect()
}

#[test]
fn finds_a_secret_in_every_form_at_every_place() {
    let secrets = [Secret::new("word", b"Xylophone-7h3-Quartz")];
    assert!(find(b"nothing of the kind: xylophone quartz", &secrets).is_empty());
    for (form, bytes) in secrets[0].forms() {
        for before in 0..4 {
            let mut hay = vec![b'#'; before];
            hay.extend_from_slice(bytes);
            hay.extend_from_slice(b"...");
            assert!(!find(&hay, &secrets).is_empty(), "{form} after {before} bytes");
        }
    }
    // Broken over two lines, and inside a longer base64 text at each alignment.
    for before in ["", "a", "ab"] {
        let text = STANDARD.encode(format!("{before}Xylophone-7h3-Quartz and more"));
        let lines: Vec<String> =
            text.as_bytes().chunks(12).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        assert!(!find(lines.join("\r\n").as_bytes(), &secrets).is_empty(), "{before:?}");
    }
    assert!(
        !find(&HEXLOWER.encode(b"xXylophone-7h3-Quartzx").to_uppercase().into_bytes(), &secrets).is_empty()
    );
}
