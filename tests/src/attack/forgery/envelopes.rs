//! Envelopes sealed again, signatures that are none, keys that were swapped.

use secrecy::ExposeSecret;
use ssh_key::HashAlg;
use zegel_core::keys::{AgeIdentity, AgeRecipient};

use super::super::forge::{Signing, Spec, canonical, encrypt, encrypt_mixed, sign, ssh_key_of, tar};
use super::super::people::{Seeded, World, pin};
use super::Start::{Alice, Bob, Eve};
use super::{Attack, Case, DAMAGED, Expect, FORGED, case};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = resealed();
    cases.extend(signatures());
    cases.extend(forms());
    cases.extend(strength());
    cases
}

/// Lets Dave, whom Alice never wrote to, open.
fn for_dave(world: &World, attack: &mut Attack) {
    attack.who = world.dave.clone();
    attack.spec.seal_to(&world.dave);
}

fn for_bob(world: &World, attack: &mut Attack) {
    attack.who = world.bob.clone();
    attack.spec.seal_to(&world.bob);
}

fn resealed() -> Vec<Case> {
    vec![
        case("sealed again to a third person, manifest as it was", Eve, FORGED, for_dave),
        case("sealed again to a third person, made a blind copy", Eve, FORGED, |w, a| {
            for_dave(w, a);
            a.spec.name_opener(&w.dave, "bcc");
        }),
        case("sealed again to a third person, added to To", Eve, FORGED, |w, a| {
            for_dave(w, a);
            a.spec.name_opener(&w.dave, "to");
            a.spec.manifest["to"].as_array_mut().unwrap().push("dave@example.net".into());
        }),
        case("sealed again to a third person with one's own address kept", Eve, FORGED, |w, a| {
            for_dave(w, a);
            a.spec.manifest["opener"]["card"] = w.dave.card().fingerprint().to_string().into();
        }),
        case("sealed again to another recipient, manifest as it was", Eve, FORGED, for_bob),
        case("sealed again to another recipient, who is named", Eve, FORGED, |w, a| {
            for_bob(w, a);
            a.spec.name_opener(&w.bob, "to");
        }),
        case("changed and signed by another recipient", Eve, FORGED, |w, a| {
            for_bob(w, a);
            a.spec.name_opener(&w.bob, "to");
            a.spec.sign_as(&w.eve);
        }),
        case("changed, signed by another, with the signer's key put in place", Eve, FORGED, |w, a| {
            for_bob(w, a);
            a.spec.name_opener(&w.bob, "to");
            let forged = sign(&ssh_key_of(&w.eve), "zegel-manifest", HashAlg::Sha512, &a.spec.line());
            a.spec.signing = Signing::Armour(with_key_of(&forged, w));
        }),
        case("two envelopes for one key, the forged one first", Eve, FORGED, |w, a| {
            let genuine = Spec::of(&w.container, &w.bob);
            let genuine = encrypt(&genuine.envelope_text(), &genuine.to);
            for_bob(w, a);
            a.spec.name_opener(&w.bob, "to");
            a.spec.sign_as(&w.eve);
            a.spec.after = vec![genuine];
        }),
        case("two envelopes for one key, the genuine one first", Eve, Expect::Shows(is_genuine), |w, a| {
            let genuine = Spec::of(&w.container, &w.bob);
            let genuine = encrypt(&genuine.envelope_text(), &genuine.to);
            for_bob(w, a);
            a.spec.manifest["subject"] = "Forged".into();
            a.spec.name_opener(&w.bob, "to");
            a.spec.sign_as(&w.eve);
            a.spec.before = vec![genuine];
        }),
        case("the sender's own copy, sealed to a recipient", Alice, FORGED, |w, a| {
            a.spec = Spec::of(&w.container, &w.alice);
            a.spec.seal_to(&w.bob);
        }),
        case("an envelope of another message", Bob, DAMAGED, |w, a| {
            let other = Spec::of(&w.other, &w.bob);
            a.spec.after = vec![];
            a.spec.before = vec![encrypt(&other.envelope_text(), &other.to)];
            a.spec.to = vec![w.dave.card().recipient().clone()];
        }),
        case("manifest of another message with this message's identity", Bob, DAMAGED, |w, a| {
            let other = Spec::of(&w.other, &w.bob);
            a.spec.manifest = other.manifest;
            a.spec.signing = other.signing;
        }),
        case("identity of another message with this message's manifest", Bob, DAMAGED, |w, a| {
            a.spec.identity_line = Spec::of(&w.other, &w.bob).identity_line;
        }),
        case("identity and parts of another message", Bob, DAMAGED, |w, a| {
            let other = Spec::of(&w.other, &w.bob);
            a.spec.identity_line = other.identity_line;
            a.spec.parts = other.parts;
        }),
    ]
}

fn is_genuine(opened: &zegel_core::message::Opened<super::DiskFile>) -> bool {
    opened.manifest.subject == "Plans for spring"
}

/// Puts Alice's public key into an armour in the place of Eve's.
fn with_key_of(armour: &str, world: &World) -> String {
    let key = |who| ssh_key_of(who).public_key().key_data().ed25519().unwrap().0;
    let body: String = armour.lines().filter(|line| !line.starts_with("---")).collect();
    let mut bytes = data_encoding::BASE64.decode(body.as_bytes()).unwrap();
    let eve = key(&world.eve);
    let at = bytes.windows(32).position(|window| window == eve).unwrap();
    bytes[at..at + 32].copy_from_slice(&key(&world.alice));
    let text = data_encoding::BASE64.encode(&bytes);
    let lines: Vec<&str> = text.as_bytes().chunks(70).map(|l| std::str::from_utf8(l).unwrap()).collect();
    format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"))
}

/// Signs as Alice would, for another purpose.
fn sign_for(world: &World, attack: &mut Attack, namespace: &'static str, hash: HashAlg) {
    attack.spec.signing = Signing::By { key: Box::new(ssh_key_of(&world.alice)), namespace, hash };
}

fn edit_armour(world: &World, attack: &mut Attack, edit: fn(&str) -> String) {
    let armour = sign(&ssh_key_of(&world.alice), "zegel-manifest", HashAlg::Sha512, &attack.spec.line());
    attack.spec.signing = Signing::Armour(edit(&armour));
}

fn signatures() -> Vec<Case> {
    vec![
        case("signed as a card", Alice, FORGED, |w, a| sign_for(w, a, "zegel-card", HashAlg::Sha512)),
        case("signed as a policy", Alice, FORGED, |w, a| sign_for(w, a, "zegel-policy", HashAlg::Sha512)),
        case("signed as an introduction", Alice, FORGED, |w, a| {
            sign_for(w, a, "zegel-introduction", HashAlg::Sha512);
        }),
        case("signed as a file", Alice, FORGED, |w, a| sign_for(w, a, "file", HashAlg::Sha512)),
        case("signed in a namespace that begins the same", Alice, FORGED, |w, a| {
            sign_for(w, a, "zegel-manifest2", HashAlg::Sha512);
        }),
        case("signed over SHA-256", Alice, DAMAGED, |w, a| sign_for(w, a, "zegel-manifest", HashAlg::Sha256)),
        case("signed without the line feed", Alice, FORGED, |w, a| {
            let line = a.spec.line();
            let bare = &line[..line.len() - 1];
            a.spec.signing =
                Signing::Armour(sign(&ssh_key_of(&w.alice), "zegel-manifest", HashAlg::Sha512, bare));
        }),
        case("signature of another message", Bob, FORGED, |w, a| {
            a.spec.signing = Spec::of(&w.other, &w.bob).signing;
        }),
        case("signature of another recipient's manifest", Bob, FORGED, |w, a| {
            a.spec.signing = Spec::of(&w.container, &w.carol).signing;
        }),
        case("the signature of the sender's card", Bob, FORGED, |w, a| {
            let (_, armour) = w.alice.card().text().split_once('\n').unwrap();
            a.spec.signing = Signing::Armour(armour.to_owned());
        }),
        case("no signature", Bob, DAMAGED, |_, a| a.spec.signing = Signing::Armour(String::new())),
        case("a signature with CRLF", Alice, DAMAGED, |w, a| edit_armour(w, a, |s| s.replace('\n', "\r\n"))),
        case("two signatures", Alice, DAMAGED, |w, a| edit_armour(w, a, |s| format!("{s}{s}"))),
        case("text between signature and identity", Alice, DAMAGED, |w, a| {
            edit_armour(w, a, |s| format!("{s}note\n"));
        }),
        case("a signature of another format", Alice, DAMAGED, |w, a| {
            edit_armour(w, a, |s| s.replace("SSH", "PGP"));
        }),
        case("a signature cut short", Alice, DAMAGED, |w, a| {
            edit_armour(w, a, |s| s.replacen(&s[100..104], "", 1));
        }),
    ]
}

fn forms() -> Vec<Case> {
    vec![
        case("an envelope with other bytes than line feeds as padding", Bob, DAMAGED, |_, a| {
            let text = a.spec.envelope_text();
            let used = text.trim_ascii_end().len() + 1;
            let mut padding = vec![b'\n'; text.len() - used];
            padding[7] = b' ';
            a.spec.envelope_padding = Some(padding);
        }),
        case("an envelope with a second message in its padding", Bob, DAMAGED, |_, a| {
            let text = a.spec.envelope_text();
            let used = text.trim_ascii_end().len() + 1;
            a.spec.envelope_padding = Some(vec![]);
            let mut more = b"the first bytes of something else".to_vec();
            more.resize(used.next_multiple_of(4096) - used, b'\n');
            a.spec.envelope_padding = Some(more);
        }),
        case("an envelope padded by three steps too many", Bob, DAMAGED, |_, a| {
            let text = a.spec.envelope_text();
            let used = text.trim_ascii_end().len() + 1;
            a.spec.envelope_padding = Some(vec![b'\n'; text.len() - used + 3 * 4096]);
        }),
        case("an envelope not padded to a step", Bob, DAMAGED, |_, a| {
            let text = a.spec.envelope_text();
            let used = text.trim_ascii_end().len() + 1;
            a.spec.envelope_padding = Some(vec![b'\n'; text.len() - used - 1]);
        }),
        case("an envelope with two identities", Bob, DAMAGED, |w, a| {
            a.spec.identity_line.push_str(&Spec::of(&w.other, &w.bob).identity_line);
        }),
        case("an envelope with a classic message identity", Alice, DAMAGED, |_, a| {
            let classic = age::x25519::Identity::generate();
            a.spec.identity_line = format!("{}\n", classic.to_string().expose_secret());
            for part in &mut a.spec.parts {
                part.to = vec![AgeRecipient::Classic(classic.to_public())];
            }
        }),
        case("an envelope that holds the sender's own key", Bob, DAMAGED, |w, a| {
            let own = w.bob.current().age().to_secret_text();
            a.spec.identity_line = format!("{}\n", own.expose_secret());
        }),
        case("an envelope to two people", Bob, DAMAGED, |w, a| {
            a.spec.to.push(w.dave.card().recipient().clone());
        }),
        case("an envelope in another's place", Bob, Expect::Refused(&["NoKey"]), |w, a| {
            a.spec.to = vec![w.dave.card().recipient().clone()];
        }),
        case("an empty envelope", Bob, DAMAGED, |_, a| {
            a.container = Some(tar(&a.spec.part_files(), &[encrypt(b"", &a.spec.to)]));
        }),
        case("an envelope of line feeds", Bob, DAMAGED, |_, a| {
            a.container = Some(tar(&a.spec.part_files(), &[encrypt(&[b'\n'; 4096], &a.spec.to)]));
        }),
        case("no envelope", Bob, Expect::Refused(&["NoKey"]), |_, a| {
            a.container = Some(tar(&a.spec.part_files(), &[]));
        }),
        case("no parts", Bob, Expect::Refused(&["Container"]), |_, a| {
            a.container = Some(tar(&[], &[encrypt(&a.spec.envelope_text(), &a.spec.to)]));
        }),
        case("a part in the place of the envelope", Bob, DAMAGED, |_, a| {
            let files = a.spec.part_files();
            a.container = Some(tar(&files, &files));
        }),
    ]
}

fn classic_recipient() -> AgeRecipient {
    AgeRecipient::Classic(age::x25519::Identity::generate().to_public())
}

fn strength() -> Vec<Case> {
    vec![
        case("pq said, but another's envelope is classic", Alice, FORGED, |_, a| {
            a.spec.after.push(encrypt(&[b'\n'; 4096], &[classic_recipient()]));
        }),
        case("pq said, but another's envelope is classic as well", Alice, FORGED, |w, a| {
            let to = [w.dave.card().recipient().clone(), classic_recipient()];
            a.spec.after.push(encrypt_mixed(&[b'\n'; 4096], &to));
        }),
        case("pq said, but a part is classic as well", Alice, DAMAGED, |_, a| {
            let part = &a.spec.parts[0];
            let to = [part.to[0].clone(), classic_recipient()];
            let mut files = a.spec.part_files();
            files[0] = encrypt_mixed(&[part.plain.as_slice(), &part.padding].concat(), &to);
            let envelope = encrypt(&a.spec.envelope_text(), &a.spec.to);
            a.container = Some(tar(&files, &[envelope]));
        }),
        case("a part to two hybrid keys", Alice, DAMAGED, |w, a| {
            a.spec.parts[0].to.push(w.dave.card().recipient().clone());
        }),
        case("pq said in an envelope that is classic", Alice, FORGED, |_, a| {
            to_classic_bob(a);
        }),
        case("pq taken back without a new signature", Bob, FORGED, |_, a| {
            a.spec.manifest["pq"] = false.into()
        }),
    ]
}

/// Gives Bob a classic key, and seals to it; the manifest says what it said, signed again.
fn to_classic_bob(attack: &mut Attack) {
    let bob = classic_person("bob@example.net");
    attack.spec.seal_to(&bob);
    attack.spec.name_opener(&bob, "to");
    attack.who = bob;
}

/// Makes an identity that came with a classic key.
fn classic_person(address: &str) -> zegel_core::identity::Identity {
    use zegel_core::card::{Card, CardRequest};
    use zegel_core::keys::SigningKey;
    use zegel_core::secret::Secret32;
    let age = age::x25519::Identity::generate();
    let seed = Secret32::make(&mut Seeded::new("classic"));
    let request = CardRequest {
        address: &address.parse().unwrap(),
        name: "",
        recipient: &AgeRecipient::Classic(age.to_public()),
        created: super::Timestamp::from_unix(0),
        expires: super::now().plus_seconds(1_000),
        serial: 1,
    };
    let card = Card::make(&request, &SigningKey::from_seed(&seed), None).unwrap();
    let text = canonical(&serde_json::json!({
        "address": address,
        "format": "zegel/identity/v1",
        "keys": [{
            "age": age.to_string().expose_secret(),
            "card": card.text(),
            "signing": zegel_core::id::to_base32(seed.expose()),
        }],
        "name": "",
    }));
    zegel_core::identity::Identity::parse(&text.into()).unwrap()
}

/// The control of the classic case: the same without the lie opens.
#[test]
fn a_classic_envelope_opens_when_the_manifest_says_so() {
    let world = World::get();
    let mut attack = Attack::begin(world, Alice);
    to_classic_bob(&mut attack);
    attack.spec.manifest["pq"] = false.into();
    attack.book.extend([pin(&world.alice)]);
    let opened = attack.open().0.unwrap();
    assert_eq!(opened.assurance, zegel_core::message::Assurance::Verified);
    assert!(!opened.manifest.pq);
    let AgeIdentity::Classic(_) = attack.who.current().age() else { panic!("the key is not classic") };
}
