//! Messages taken apart and put together otherwise.

use secrecy::ExposeSecret;
use serde_json::json;
use zegel_core::keys::AgeIdentity;
use zegel_core::sshsig::{Namespace, Signature};

use super::super::forge::{Container, Envelope, decrypt, encrypt};
use super::super::people::{CLASSIC, identity};
use super::{LETTER, Maker, Scene, bob, replace, sample_hash, sealed, with_part};

pub(super) fn make(maker: &mut Maker<'_>) {
    archives(maker);
    envelopes(maker);
    parts(maker);
    inner(maker);
}

/// The archive has another form than the one there is.
fn archives(maker: &mut Maker<'_>) {
    let letter = &sealed(LETTER, "archive")[0];
    let bytes = letter.write();
    let mut add = |name: &str, bytes: &[u8]| maker.add(name, bytes, &Scene::bob(), "container");
    add("archive-cut-by-a-block", &bytes[..bytes.len() - 512]);
    add("archive-cut-in-an-envelope", &bytes[..bytes.len() - 3000]);
    add("archive-empty", b"");
    add("archive-of-zeros", &[0; 1024]);
    add("archive-with-a-byte-more", &[bytes.as_slice(), b"x"].concat());
    add("archive-with-a-block-more", &[bytes.as_slice(), &[0; 512]].concat());
    let set = |at: usize, value: &[u8], sum: bool| {
        let mut bytes = bytes.clone();
        bytes[at..at + value.len()].copy_from_slice(value);
        if sum {
            bytes[148..156].copy_from_slice(b"        ");
            let total: u32 = bytes[..512].iter().copied().map(u32::from).sum();
            bytes[148..156].copy_from_slice(format!("{total:06o}\0 ").as_bytes());
        }
        bytes
    };
    add("archive-with-an-owner", &set(265, b"root", true));
    add("archive-with-another-mode", &set(100, b"0000755", true));
    add("archive-with-a-time", &set(136, b"00000000001", true));
    add("archive-with-a-link", &set(156, b"2", true));
    add("archive-with-another-name", &set(0, b"parts/1", true));
    add("archive-with-a-path", &set(0, b"../rts/0", true));
    add("archive-of-gnu-tar", &set(257, b"ustar  \0", true));
    add("archive-with-a-wrong-checksum", &set(148, b"000000", false));
    add("archive-with-a-huge-size", &set(124, b"77777777777", true));
    let part = letter.parts[0].len();
    assert!(!part.is_multiple_of(512), "there is fill behind the first part");
    add("archive-with-bytes-in-the-fill", &set(512 + part, b"x", false));
    let turned = Container { parts: letter.envelopes.clone(), envelopes: letter.parts.clone() };
    maker.bob("archive-with-parts-and-envelopes-exchanged", &turned, "damaged");
    let none = Container { envelopes: Vec::new(), ..letter.clone() };
    maker.bob("archive-without-envelopes", &none, "no key");
    let none = Container { parts: Vec::new(), ..letter.clone() };
    maker.bob("archive-without-parts", &none, "container");
}

/// Envelopes changed by a recipient, or by somebody with a key of their own.
fn envelopes(maker: &mut Maker<'_>) {
    let letter = &sealed(LETTER, "envelopes")[0];
    let (alice, carol, eve) = (identity("alice"), identity("carol"), identity("eve"));
    let (number, opened) = letter.open(bob().current().age());
    let pins = json!([{ "person": "alice", "origin": "imported" }]);

    let passed_on = replace(letter, number, &opened, &eve).write();
    maker.add("resealed-for-somebody-else", &passed_on, &Scene::of("eve", pins.clone()), "forged");
    let bob_print = bob().card().fingerprint().to_string();
    let eve_print = eve.card().fingerprint().to_string();
    let renamed = opened
        .clone()
        .change(&bob_print, &eve_print)
        .change("\"opener\":{\"address\":\"bob@example.net\"", "\"opener\":{\"address\":\"eve@example.com\"")
        .change("\"to\":[\"bob@example.net\"]", "\"to\":[\"eve@example.com\"]");
    let renamed = replace(letter, number, &renamed, &eve).write();
    maker.add("resealed-and-renamed", &renamed, &Scene::of("eve", pins), "forged");
    let carols = letter.open(carol.current().age()).1;
    maker.bob("envelope-of-another-recipient", &replace(letter, number, &carols, &bob()), "forged");

    let key = alice.current().signing();
    let signed = |envelope: Envelope| envelope.sign(key, Namespace::Manifest);
    let subject = || opened.clone().change("\"subject\":\"Uitslag\"", "\"subject\":\"Uitslaf\"");
    let mut add = |name: &str, envelope: &Envelope, outcome: &str| {
        maker.bob(name, &replace(letter, number, envelope, &bob()), outcome);
    };
    add("resealed-unchanged", &opened, "good");
    add("manifest-changed-unsigned", &subject(), "forged");
    add(
        "manifest-signed-by-a-recipient",
        &subject().sign(bob().current().signing(), Namespace::Manifest),
        "forged",
    );
    add(
        "manifest-signed-by-somebody-else",
        &opened.clone().sign(eve.current().signing(), Namespace::Manifest),
        "forged",
    );
    add("manifest-signed-as-a-card", &opened.clone().sign(key, Namespace::Card), "forged");
    let mut bare = opened.clone();
    let without = Signature::sign(Namespace::Manifest, bare.line.as_bytes(), key).unwrap();
    bare.armour = without.to_armour().unwrap();
    add("manifest-signed-without-its-line-feed", &bare, "forged");
    add(
        "manifest-signed-after-the-card-ended",
        &signed(opened.clone().change("\"sent\":\"2026", "\"sent\":\"2036")),
        "expired",
    );
    add(
        "manifest-with-a-store",
        &signed(opened.clone().change(
            ",\"subject\"",
            &format!(
                ",\"store\":{{\"origin\":\"https://zegel.example.org\",\"token\":\"{}\"}},\"subject\"",
                zegel_core::id::to_base32(&[5; 32])
            ),
        )),
        "on server",
    );
    add("manifest-not-canonical", &signed(opened.clone().change(",\"subject\"", ", \"subject\"")), "damaged");
    add(
        "manifest-with-an-unknown-field",
        &signed(opened.clone().change("\"pq\"", "\"px\":1,\"pq\"")),
        "damaged",
    );
    add(
        "manifest-with-bcc-for-a-recipient",
        &signed(opened.clone().change("{\"cc\"", "{\"bcc\":[],\"cc\"")),
        "damaged",
    );
    let from_bob = opened.clone().change(
        "\"sender\":{\"address\":\"alice@example.org\"",
        "\"sender\":{\"address\":\"bob@example.net\"",
    );
    add("manifest-claims-to-be-from-the-reader", &signed(from_bob), "forged");
    let mut classic = opened.clone();
    CLASSIC.clone_into(&mut classic.identity);
    add("message-identity-classic", &classic, "damaged");
    let mut other = opened.clone();
    other.identity = secret(eve.current().age());
    add("message-identity-of-somebody", &other, "damaged");
    let mut none = opened.clone();
    none.identity.clear();
    add("message-identity-missing", &none, "damaged");
    let mut two = opened.clone();
    two.identity = format!("{}\n{}", two.identity, two.identity);
    add("message-identity-twice", &two, "damaged");
    let mut unsigned = opened.clone();
    unsigned.armour.clear();
    add("signature-missing", &unsigned, "damaged");
    let mut twice = opened.clone();
    twice.armour = twice.armour.repeat(2);
    add("signature-twice", &twice, "damaged");

    let mut padded = |name: &str, text: Vec<u8>| {
        let mut container = letter.clone();
        container.envelopes[number] = encrypt(&text, bob().card().recipient());
        maker.bob(name, &container, "damaged");
    };
    let text = opened.text();
    let full = text.len().next_multiple_of(4096);
    let fill = |length: usize, byte: u8| {
        let mut text = text.clone();
        text.resize(length, byte);
        text
    };
    padded("envelope-unpadded", text.clone());
    padded("envelope-padded-with-zeros", fill(full, 0));
    padded("envelope-padded-too-much", fill(full + 12288, b'\n'));
    padded("envelope-padded-by-one", fill(full + 1, b'\n'));
    padded("envelope-with-text-in-the-padding", [fill(full - 2, b'\n'), b"x\n".to_vec()].concat());
    let mut flipped = letter.clone();
    *flipped.envelopes[number].last_mut().unwrap() ^= 1;
    maker.bob("envelope-with-a-bit-flipped", &flipped, "damaged");
    let mut weak = letter.clone();
    weak.envelopes.push(carols.seal(identity("dave-classic").card().recipient()));
    maker.bob("classic-envelope-beside-a-post-quantum-message", &weak, "forged");
    let mut two = letter.clone();
    let copy = two.envelopes[number].clone();
    two.envelopes.push(copy);
    maker.bob("envelope-twice", &two, "good");
}

fn secret(key: &AgeIdentity) -> String {
    key.to_secret_text().expose_secret().to_owned()
}

/// Parts swapped, dropped, added or padded otherwise.
fn parts(maker: &mut Maker<'_>) {
    let letter = &sealed(LETTER, "parts")[0];
    let two = &sealed(&with_part(), "two parts")[0];
    let message = letter.open(bob().current().age()).1.message();
    let mut other = letter.clone();
    other.parts[0].clone_from(&sealed(LETTER, "other letter")[0].parts[0]);
    maker.bob("part-of-another-message", &other, "damaged");
    let mut dropped = two.clone();
    dropped.parts.pop();
    maker.bob("part-dropped", &dropped, "forged");
    let mut added = letter.clone();
    added.parts.push(letter.parts[0].clone());
    maker.bob("part-added", &added, "forged");
    let mut swapped = two.clone();
    swapped.parts.swap(0, 1);
    maker.bob("parts-swapped", &swapped, "damaged");
    let mut add = |name: &str, body: &[u8]| {
        let mut container = letter.clone();
        container.parts[0] = encrypt(body, &message.recipient());
        maker.bob(name, &container, "damaged");
    };
    let body = decrypt(&letter.parts[0], &message).unwrap();
    let mut changed = body.clone();
    let at = changed.windows(7).position(|word| word == b"Hierbij").unwrap();
    changed[at] = b'h';
    add("body-changed-by-a-recipient", &changed);
    let mut spaced = body.clone();
    *spaced.last_mut().unwrap() = b' ';
    add("body-padded-with-a-space", &spaced);
    add("body-without-its-padding", body.trim_ascii_end());
    add("body-padded-more", &[body.as_slice(), b"\n"].concat());
    add("body-empty", b"");
    let mut cut = letter.clone();
    cut.parts[0].pop();
    maker.bob("body-cut-by-a-byte", &cut, "damaged");
    let mut flipped = letter.clone();
    *flipped.parts[0].last_mut().unwrap() ^= 1;
    maker.bob("body-with-a-bit-flipped", &flipped, "damaged");
    let mut weak = letter.clone();
    weak.parts[0] = encrypt(&body, identity("dave-classic").card().recipient());
    maker.bob("body-sealed-to-a-classic-key", &weak, "damaged");
}

/// The signer signs one thing and shows another.
fn inner(maker: &mut Maker<'_>) {
    let letter = &sealed(LETTER, "inner")[0];
    let (number, opened) = letter.open(bob().current().age());
    let message = opened.message();
    let padded = decrypt(&letter.parts[0], &message).unwrap();
    let length: usize =
        opened.line.split("\"length\":").nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    let body = String::from_utf8(padded[..length].to_vec()).unwrap();
    let mut add = |name: &str, from: &str, to: &str, outcome: &str| {
        assert!(body.contains(from), "{from} is not in the mail {body}");
        let changed = body.replacen(from, to, 1).into_bytes();
        let envelope = opened
            .clone()
            .change(&sample_hash(&opened.line), &blake3::hash(&changed).to_string())
            .change(&format!("\"length\":{length}"), &format!("\"length\":{}", changed.len()))
            .sign(identity("alice").current().signing(), Namespace::Manifest);
        let mut container = replace(letter, number, &envelope, &bob());
        let mut filled = changed.clone();
        filled.resize(usize::try_from(zegel_core::padding::padme(changed.len() as u64)).unwrap(), b'\n');
        container.parts[0] = encrypt(&filled, &message.recipient());
        maker.bob(name, &container, outcome);
    };
    add("inner-resigned-unchanged", "Hierbij", "Hierbij", "good");
    add("inner-text-changed-by-the-sender", "Hierbij", "Bijgaand", "good");
    add(
        "inner-from-somebody-else",
        "\nFrom: Alice Jansen <alice@example.org>",
        "\nFrom: Bob <bob@example.net>",
        "forged",
    );
    add(
        "inner-display-name-of-somebody-else",
        "\nFrom: Alice Jansen <alice@example.org>",
        "\nFrom: \"bob@example.net\" <alice@example.org>",
        "good",
    );
    add(
        "inner-from-two",
        "\nFrom: Alice Jansen <alice@example.org>",
        "\nFrom: alice@example.org, bob@example.net",
        "inner",
    );
    add("inner-from-twice", "\nFrom: Alice", "\nFrom: bob@example.net\nFrom: Alice", "inner");
    add("inner-subject-differs", "\nSubject: Uitslag", "\nSubject: Uitslaf", "forged");
    add("inner-to-differs", "\nTo: bob@example.net", "\nTo: bob@example.net, eve@example.com", "forged");
    add("inner-cc-missing", "\nCc: carol@example.com", "", "forged");
    add(
        "inner-date-differs",
        "\nDate: Sat, 21 Nov 2026 00:00:00 +0000",
        "\nDate: Sat, 21 Nov 2026 00:00:01 +0000",
        "forged",
    );
    add(
        "inner-answers-another",
        "\nSubject: Uitslag",
        "\nSubject: Uitslag\nIn-Reply-To: <1@example.net>",
        "forged",
    );
    add("inner-without-header-protection", "; hp=\"cipher\"", "", "inner");
    add("inner-with-hp-clear", "hp=\"cipher\"", "hp=\"clear\"", "inner");
    add(
        "inner-with-a-stub-of-no-part",
        "Content-Type: text/plain; hp=\"cipher\"; charset=utf-8\n\n",
        "Content-Type: multipart/mixed; hp=\"cipher\"; boundary=b\n\n--b\nContent-Type: message/external-body; access-type=x-zegel-part; index=1\n\nContent-Type: text/plain; name=a.txt\nContent-Disposition: attachment; filename=a.txt\n\n--b--\n",
        "forged",
    );
}
