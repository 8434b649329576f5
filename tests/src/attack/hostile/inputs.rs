//! Containers, envelopes and age files that were made to cost their reader time or memory.

use zegel_core::keys::AgeRecipient;

use super::super::forge::{canonical, encrypt, sign, ssh_key_of, tar, tar_header};
use super::Case;
use super::judges::{self, alice, bob};

pub(super) const MIB: usize = 1 << 20;
const VERSION: &str = "age-encryption.org/v1\n";

pub(super) fn fill(head: &str, again: &str, tail: &str) -> Vec<u8> {
    let mut out = head.as_bytes().to_vec();
    while out.len() + again.len() + tail.len() <= MIB {
        out.extend(again.as_bytes());
    }
    out.extend(tail.as_bytes());
    out
}

pub(super) fn case(name: &'static str, judge: fn(&[u8]) -> String, make: fn() -> Vec<u8>) -> Case {
    Case { name, make, judge }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = headers();
    cases.extend(tars());
    cases.extend(envelopes());
    cases
}

/// A container of these age files, cut so that it stays within 1 MiB.
fn with_envelope(envelope: Vec<u8>) -> Vec<u8> {
    tar(&[encrypt(b"x", &[bob().card().recipient().clone()])], &[envelope])
}

fn bomb() -> Vec<u8> {
    let mut bomb = fill(VERSION, "-> x\n\n", "");
    bomb.truncate(MIB - 16 * 1024);
    bomb
}

fn scrypt(factor: u8) -> String {
    format!("-> scrypt rF0/NwblUHHTpgQgRpe5CQ {factor}\ngUjEymFKMVXQEKdMMHL24oYexjE3TIC0O0zGSqJ2aUY\n")
}

const MAC: &str = "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n0123456789abcdef0123456789abcdef";

fn headers() -> Vec<Case> {
    vec![
        case("header bomb alone", judges::header, bomb),
        case("header bomb as an envelope", judges::container, || with_envelope(bomb())),
        case("header bomb as a part", judges::container, || {
            honest_but(|parts| {
                parts[0] = bomb();
                parts[0].truncate(900 * 1024);
            })
        }),
        case("header bomb as an identity file", judges::sealed_identity, bomb),
        case("header bomb in armour as an identity file", judges::sealed_identity, || {
            let text = data_encoding::BASE64.encode(&bomb()[..700 * 1024]);
            let lines: Vec<&str> =
                text.as_bytes().chunks(64).map(|l| std::str::from_utf8(l).unwrap()).collect();
            let (begin, end) = ("-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----");
            format!("{begin}\n{}\n{end}\n", lines.join("\n")).into_bytes()
        }),
        case("armour of one endless line", judges::sealed_identity, || {
            fill("-----BEGIN AGE ENCRYPTED FILE-----\n", "AAAA", "")
        }),
        case("armour of empty lines", judges::sealed_identity, || {
            fill("-----BEGIN AGE ENCRYPTED FILE-----\n", "\n", "")
        }),
        case("one endless line as a header", judges::sealed_identity, || fill(VERSION, "aaaaaaaa", "")),
        case("one endless argument as a header", judges::sealed_identity, || {
            fill("age-encryption.org/v1\n-> X", " a", "\n")
        }),
        case("a header of 32 KiB of small stanzas", judges::sealed_identity, || {
            format!("{VERSION}{}{MAC}", "-> x\n\n".repeat(5_400)).into_bytes()
        }),
        case("a header of 64 small stanzas", judges::sealed_identity, || {
            format!("{VERSION}{}{MAC}", "-> x\n\n".repeat(64)).into_bytes()
        }),
        case("a header of 64 stanzas in 32 KiB", judges::sealed_identity, || {
            let stanza = format!("-> x{}\n{}\n", " a".repeat(200), "A".repeat(43));
            format!("{VERSION}{}{MAC}", stanza.repeat(64)).into_bytes()
        }),
        case("a header of 32 KiB of hybrid stanzas", judges::sealed_identity, || hybrid_stanzas(18)),
        case("a header of 32 KiB of classic stanzas", judges::sealed_identity, || {
            let stanza = format!("-> X25519 {}\n{}\n", "C".repeat(42) + "A", "A".repeat(43));
            format!("{VERSION}{}{MAC}", stanza.repeat(64)).into_bytes()
        }),
        case("scrypt of factor 23", judges::sealed_identity, || {
            format!("{VERSION}{}{MAC}", scrypt(23)).into_bytes()
        }),
        case("scrypt of factor 63", judges::sealed_identity, || {
            format!("{VERSION}{}{MAC}", scrypt(63)).into_bytes()
        }),
        case("scrypt of factor 255", judges::sealed_identity, || {
            format!("{VERSION}{}{MAC}", scrypt(255)).into_bytes()
        }),
        case("many stanzas of scrypt", judges::sealed_identity, || {
            format!("{VERSION}{}{MAC}", scrypt(18).repeat(60)).into_bytes()
        }),
        case("scrypt beside a key", judges::sealed_identity, || {
            format!("{VERSION}-> X25519 {}\n{}\n{}{MAC}", "C".repeat(42) + "A", "A".repeat(43), scrypt(18))
                .into_bytes()
        }),
        case("scrypt as an envelope", judges::container, || {
            with_envelope(format!("{VERSION}{}{MAC}", scrypt(22)).into_bytes())
        }),
        case("scrypt of a payload of 1 MiB", judges::sealed_identity, || {
            fill(&format!("{VERSION}{}{MAC}", scrypt(30)), "aaaaaaaa", "")
        }),
    ]
}

fn hybrid_stanzas(count: usize) -> Vec<u8> {
    let file = encrypt(b"x", &[alice().card().recipient().clone()]);
    let text = String::from_utf8_lossy(&file);
    let stanza = &text[text.find("-> mlkem").unwrap()..];
    let end = stanza[3..].find("\n->").or_else(|| stanza[3..].find("\n---")).unwrap() + 4;
    format!("{VERSION}{}{MAC}", stanza[..end].repeat(count)).into_bytes()
}

/// An honest message of Alice to Bob with other age files as parts.
fn honest_but(edit: fn(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    use super::super::forge::Spec;
    use super::super::people::seal_letter;
    let sealed = seal_letter(alice(), &[bob()], &[], "x", "hostile");
    let spec = Spec::of(&sealed.into_container().unwrap().into_inner(), bob());
    let mut files = spec.part_files();
    edit(&mut files);
    tar(&files, &[encrypt(&spec.envelope_text(), &spec.to)])
}

fn entries(name: fn(usize) -> String, size: &str, kind: u8) -> Vec<u8> {
    let mut out = Vec::new();
    for number in 0..MIB / 512 - 2 {
        out.extend(tar_header(&name(number), size, kind));
    }
    out.extend([0; 1024]);
    out
}

fn tars() -> Vec<Case> {
    vec![
        case("2,046 empty parts", judges::container, || {
            entries(|n| format!("parts/{n}.age"), "00000000000\0", b'0')
        }),
        case("parts, then 1,500 empty envelopes", judges::container, || {
            tar(&[vec![b'x']], &vec![Vec::new(); 1_500])
        }),
        case("links", judges::container, || entries(|n| format!("parts/{n}.age"), "00000000000\0", b'1')),
        case("symbolic links", judges::container, || {
            entries(|n| format!("parts/{n}.age"), "00000000000\0", b'2')
        }),
        case("sparse files", judges::container, || {
            entries(|n| format!("parts/{n}.age"), "00000000000\0", b'S')
        }),
        case("extended headers", judges::container, || entries(|_| "pax".to_owned(), "00000001000\0", b'x')),
        case("global extended headers", judges::container, || {
            entries(|_| "pax".to_owned(), "00000001000\0", b'g')
        }),
        case("long names", judges::container, || {
            entries(|_| "././@LongLink".to_owned(), "77777777777\0", b'L')
        }),
        case("a size of 8 GiB", judges::container, || {
            entries(|_| "parts/0.age".to_owned(), "77777777777\0", b'0')
        }),
        case("a size in base 256", judges::container, || {
            entries(|_| "parts/0.age".to_owned(), "\u{7f}aaaaaaaaaa", b'0')
        }),
        case("a negative size", judges::container, || {
            entries(|_| "parts/0.age".to_owned(), "-0000000001\0", b'0')
        }),
        case("a size with spaces", judges::container, || {
            entries(|_| "parts/0.age".to_owned(), "          1\0", b'0')
        }),
        case("a size that is no number", judges::container, || {
            entries(|_| "parts/0.age".to_owned(), "99999999999\0", b'0')
        }),
        case("names outside", judges::container, || {
            entries(|n| format!("../../{n}.age"), "00000000000\0", b'0')
        }),
        case("zeros", judges::container, || vec![0; MIB]),
        case("random bytes", judges::container, || {
            let mut bytes = vec![0; MIB];
            rand_core::RngCore::fill_bytes(&mut super::super::people::Seeded::new("junk"), &mut bytes);
            bytes
        }),
    ]
}

/// Somebody who has a card that Bob pinned says this, and signs it, in Bob's envelope.
fn signed(line: &str) -> Vec<u8> {
    let mut text = format!("{line}\n").into_bytes();
    let armour = sign(&ssh_key_of(alice()), "zegel-manifest", ssh_key::HashAlg::Sha512, &text);
    text.extend(armour.as_bytes());
    text.extend(secrecy::ExposeSecret::expose_secret(&bob().current().age().to_secret_text()).as_bytes());
    text.push(b'\n');
    text.resize(text.len().next_multiple_of(4096), b'\n');
    with_envelope(encrypt(&text, &[bob().card().recipient().clone()]))
}

/// An honest manifest with one field of 250 kB; the whole container repeats nothing of it.
fn manifest(edit: fn(&mut serde_json::Value)) -> Vec<u8> {
    use super::super::forge::Spec;
    use super::super::people::seal_letter;
    let sealed = seal_letter(alice(), &[bob()], &[], "x", "hostile");
    let mut spec = Spec::of(&sealed.into_container().unwrap().into_inner(), bob());
    edit(&mut spec.manifest);
    signed(&canonical(&spec.manifest))
}

fn many<T: Into<serde_json::Value>>(item: fn(usize) -> T, bytes: usize) -> serde_json::Value {
    let mut items = Vec::new();
    let mut used = 0;
    while used < bytes {
        let value = item(items.len()).into();
        used += value.to_string().len() + 1;
        items.push(value);
    }
    items.into()
}

fn envelopes() -> Vec<Case> {
    const ROOM: usize = 250_000;
    vec![
        case("156 envelopes for others", judges::container, || {
            let other = encrypt(&[b'\n'; 4096], &[alice().card().recipient().clone()]);
            tar(&[vec![b'x']], &vec![other; 156])
        }),
        case("156 envelopes that decrypt to line feeds", judges::container, || {
            let own = encrypt(&[b'\n'; 4096], &[bob().card().recipient().clone()]);
            tar(&[vec![b'x']], &vec![own; 156])
        }),
        case("an envelope of 1 MB", judges::container, || {
            with_envelope(encrypt(&vec![b'\n'; 245 * 4096], &[bob().card().recipient().clone()]))
        }),
        case("envelopes of 264 KiB of junk", judges::container, || {
            let own = encrypt(&vec![b'{'; 264 * 1024], &[bob().card().recipient().clone()]);
            tar(&[vec![b'x']], &vec![own; 3])
        }),
        case("JSON of open brackets", judges::container, || signed(&"[".repeat(ROOM))),
        case("JSON of open braces", judges::container, || signed(&"{\"to\":".repeat(ROOM / 6))),
        case("JSON depth in a known field", judges::container, || {
            signed(&format!("{{\"cc\":{}{}}}", "[".repeat(ROOM / 2), "]".repeat(ROOM / 2)))
        }),
        case("JSON of one number", judges::container, || signed(&"9".repeat(ROOM))),
        case("JSON of one text", judges::container, || {
            signed(&format!("\"{}\"", "\\u0000".repeat(ROOM / 6)))
        }),
        case("a manifest of many recipients", judges::container, || {
            manifest(|m| m["to"] = many(|n| format!("{n}@a.b"), ROOM))
        }),
        case("a manifest of many international domains", judges::container, || {
            manifest(|m| m["to"] = many(|n| format!("a@{}{n}.b", "\u{fc}\u{4e00}".repeat(15)), ROOM))
        }),
        case("a manifest with one endless international domain", judges::container, || {
            manifest(|m| m["to"] = serde_json::json!([format!("a@{}", distinct(80_000))]))
        }),
        case("a manifest with one endless domain of dots", judges::container, || {
            manifest(|m| m["to"] = serde_json::json!([format!("a@{}", "\u{fc}.".repeat(80_000))]))
        }),
        case("a manifest with one endless local part", judges::container, || {
            manifest(|m| m["to"] = serde_json::json!([format!("{}@a.b", "a.".repeat(120_000))]))
        }),
        case("a manifest of many labels", judges::container, || {
            manifest(|m| m["labels"] = many(|_| "", ROOM))
        }),
        case("a manifest of many parts", judges::container, || {
            manifest(|m| {
                let part = m["parts"][1].clone();
                m["parts"] = vec![part; 1_200].into();
            })
        }),
        case("a manifest with an endless subject", judges::container, || {
            manifest(|m| m["subject"] = "x".repeat(ROOM).into())
        }),
        case("a manifest with an endless recipient key", judges::container, || {
            manifest(|m| m["reply_recipient"] = format!("age1pq1{}", "q".repeat(ROOM)).into())
        }),
        case("a manifest with an endless classic key", judges::container, || {
            manifest(|m| m["reply_recipient"] = format!("age1{}", "q".repeat(ROOM)).into())
        }),
        case("a manifest with an endless hash", judges::container, || {
            manifest(|m| m["parts"][0]["blake3"] = "a".repeat(ROOM).into())
        }),
        case("a part that claims 2^53 bytes", judges::container, || {
            manifest(|m| {
                m["parts"].as_array_mut().unwrap().truncate(1);
                m["parts"][0]["length"] = ((1_u64 << 53) - 1).into();
            })
        }),
        case("an endless signature", judges::container, || {
            let mut text = format!("{{}}\n-----BEGIN SSH SIGNATURE-----\n{}", "A".repeat(ROOM)).into_bytes();
            text.resize(text.len().next_multiple_of(4096), b'\n');
            with_envelope(encrypt(&text, &[bob().card().recipient().clone()]))
        }),
        case("a classic envelope", judges::container, || {
            let classic = AgeRecipient::Classic(age::x25519::Identity::generate().to_public());
            tar(&[vec![b'x']], &vec![encrypt(&[b'\n'; 4096], &[classic]); 160])
        }),
    ]
}

pub(super) fn distinct(count: u32) -> String {
    (0..count).filter_map(|n| char::from_u32(0x4e00 + n % 20_000)).collect()
}
