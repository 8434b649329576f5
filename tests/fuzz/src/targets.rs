// Also included into the integration tests, so this comment is no doc comment.
// What the fuzzers run: nothing may panic, and what was read must hold what the formats promise.

use std::collections::BTreeMap;
use std::io::{BufReader, Cursor, Read};
use std::sync::LazyLock;

use secrecy::SecretString;
use zegel_core::age_file::{self, Header};
use zegel_core::card::{CARD_MAX, Card};
use zegel_core::contacts::{Contact, Contacts, ContactsError, Origin};
use zegel_core::identity::Identity;
use zegel_core::keys::{AgeIdentity, AgeRecipient, VerifyingKey};
use zegel_core::message::container::Index;
use zegel_core::message::{FirstUse, Manifest, MemoryStage, open};
use zegel_core::mime::{
    Draft, DraftOptions, InnerMessage, OuterHeaders, OuterOptions, compare_outer, find_container, protect,
};
use zegel_core::people::Everybody;
use zegel_core::policy::{
    Acceptances, Attached, Authority, Circumstances, Classic, Examiner, LocalTime, Policy, Verdict,
};
use zegel_core::sshsig::split_armour;
use zegel_core::{Address, Timestamp};

/// A target takes arbitrary bytes.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: [(&str, Target); 8] = [
    ("card", card),
    ("envelope", envelope),
    ("header", header),
    ("inspect", inspect),
    ("manifest", manifest),
    ("mime", mime),
    ("policy", policy),
    ("tar", tar),
];

/// The identity whose envelopes stand in the corpus.
const BOB: &str = include_str!("bob.identity");

static KEYS: LazyLock<Identity> =
    LazyLock::new(|| Identity::parse(&SecretString::from(BOB)).expect("the stored identity is read"));

/// Headers of age files: capped, measured, and read as far as there is a key.
pub fn header(data: &[u8]) {
    for cap in [age_file::MESSAGE_HEADER_MAX, age_file::HEADER_MAX] {
        let mut input = BufReader::new(data);
        if let Ok(header) = Header::read(&mut input, cap) {
            assert!(header.length() <= cap as u64 && data.len() as u64 >= header.length());
            let _ = header.one_recipient();
            let total = data.len() as u64;
            let plain = age_file::plain_length(header.length(), total);
            assert!(plain.is_none_or(|plain| plain < total));
        }
    }
    // A passphrase is not tried: a work factor below the ceiling is meant to cost a second.
    let keys = [KEYS.current().age().clone()];
    if let Ok(mut payload) = age_file::open_any(data, &keys, None) {
        let _ = payload.read_to_end(&mut Vec::new());
    }
}

/// The plaintext of an envelope, sealed to Bob, and a part beside it: what a hostile sender can put there.
pub fn envelope(data: &[u8]) {
    let mut envelope = data.to_vec();
    envelope.resize(data.len().next_multiple_of(4096).max(4096), b'\n');
    let file = |plain: &[u8]| {
        let mut out = Vec::new();
        let mut writer = age_file::seal(KEYS.card().recipient(), &mut out).expect("Bob's key is good");
        std::io::Write::write_all(&mut writer, plain).expect("memory takes all");
        writer.finish().expect("memory takes all");
        out
    };
    let mut container = Vec::new();
    for (name, bytes) in [("parts/0.age", file(b"x")), ("envelopes/0.age", file(&envelope))] {
        entry(&mut container, name, &bytes);
    }
    container.extend([0; 1024]);
    for first_use in [FirstUse::Accept, FirstUse::Refuse] {
        judge(&container, first_use);
    }
}

/// Manifests: one text for each value.
pub fn manifest(data: &[u8]) {
    if let Ok(manifest) = Manifest::parse(data) {
        let line = manifest.to_line().expect("what was read can be written");
        assert_eq!(line.strip_suffix(b"\n"), Some(data), "a second text for the same manifest");
    }
}

/// Containers: indexed without a gap, and opened all or nothing.
pub fn tar(data: &[u8]) {
    if let Ok(index) = Index::read(&mut Cursor::new(data)) {
        let mut end = 0;
        for entry in index.parts.iter().chain(&index.envelopes) {
            assert_eq!(entry.offset, end + 512, "bytes between entries");
            end = entry.offset + entry.length.next_multiple_of(512);
        }
        assert_eq!(end + 1024, data.len() as u64, "bytes at the end");
    }
    judge(data, FirstUse::Accept);
}

/// Mail, from draft to restored draft, and as a mail that may hold a container.
pub fn mime(data: &[u8]) {
    if let Ok(found) = find_container(data) {
        assert!(zegel_core::mime::is_container(&found.container));
    }
    if let Ok(inner) = InnerMessage::parse(data.to_vec()) {
        look(&inner);
    }
    for threshold in [64, zegel_core::mime::PART_THRESHOLD] {
        let from = Some(zegel_core::Mailbox::from(KEYS.address().clone()));
        let options = DraftOptions { part_threshold: threshold, from, ..DraftOptions::default() };
        let Ok(draft) = Draft::parse(data, &options) else { continue };
        let outer = OuterOptions {
            subject: "Sealed".to_owned(),
            message_id: "<1@example.org>".to_owned(),
            date: Timestamp::from_unix(1_795_244_400),
        };
        let outer = OuterHeaders::make(&draft, &outer).expect("the given id is one");
        // A draft may be refused here, with a reason; what is made must be read again, and say the same.
        let Ok(body) = protect(&draft, &outer) else { continue };
        let inner = InnerMessage::parse(body).expect("what was protected is read");
        look(&inner);
        assert_eq!(inner.from().address, draft.from().address);
        assert_eq!((inner.to(), inner.cc()), (draft.to(), draft.cc()));
        assert_eq!(inner.subject(), draft.subject());
        let stubs = inner.external_parts();
        assert_eq!(stubs.len(), draft.parts().len());
        for (stub, part) in stubs.iter().zip(draft.parts()) {
            assert_eq!((&stub.name, &stub.media_type), (&part.name, &part.media_type));
        }
        let mut sealed = Vec::new();
        zegel_core::mime::write_mail(&outer, &mut &b"x"[..], &mut sealed).expect("memory takes all");
        let mut restored = Vec::new();
        let mut open = |number: u32| {
            let part = draft.parts().get(number as usize - 1).expect("only parts of the draft are asked for");
            part.source.open()
        };
        inner.restore(&mut open, &mut restored).expect("memory takes all");
        let data = data.strip_prefix("\u{feff}".as_bytes()).unwrap_or(data);
        let edited = mentions_bcc(data) || data.starts_with(b"From ");
        if draft.parts().is_empty() && draft.bcc().is_empty() && !edited {
            assert!(restored == data, "a draft does not come back byte for byte");
        }
    }
}

fn mentions_bcc(data: &[u8]) -> bool {
    data.windows(3).any(|window| window.eq_ignore_ascii_case(b"bcc"))
}

fn look(inner: &InnerMessage) {
    let _ = (inner.text(), inner.html(), inner.date(), inner.references());
    for attachment in inner.attachments() {
        assert!(is_safe(&attachment.name), "{:?}", attachment.name);
    }
    for part in inner.external_parts() {
        assert!(is_safe(&part.name), "{:?}", part.name);
    }
    let outer = inner.sealed_outer();
    let _ = compare_outer(inner, &outer);
}

/// Says whether a file may be made with this name: in no other folder, and looking like what it is.
fn is_safe(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && !name.starts_with(['.', '-'])
        && !name.contains(['/', '\\', ':'])
        && !name.chars().any(|c| c.is_control() || zegel_core::address::is_invisible(c))
}

/// Cards, introductions, identities and single keys.
pub fn card(data: &[u8]) {
    if let Ok(card) = Card::parse(data) {
        assert!(data.len() <= CARD_MAX && card.text().as_bytes() == data);
        let fingerprint = zegel_core::card::fingerprint(card.address(), card.recipient(), card.signing_key());
        assert_eq!(card.fingerprint(), fingerprint);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let introducer = Contact::from_card(KEYS.card(), Origin::Imported, Timestamp::from_unix(0));
    let _ = zegel_core::introduction::Introduction::parse(data, &introducer);
    let _ = (Identity::parse(&SecretString::from(text)), AgeIdentity::parse(&SecretString::from(text)));
    let _ = split_armour(text);
    if let Ok(recipient) = text.parse::<AgeRecipient>() {
        assert_eq!(recipient.to_string(), text);
    }
    if let Ok(key) = text.parse::<VerifyingKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(address) = text.parse::<Address>() {
        assert_eq!(address.to_string().parse(), Ok(address));
    }
}

struct Nobody;

impl Contacts for Nobody {
    fn contact(&self, address: &Address) -> Result<Option<Contact>, ContactsError> {
        // Everybody but Bob is unknown, so that both ways of finding a sender are taken.
        let card = KEYS.card();
        let own = card.address() == address;
        Ok(own.then(|| Contact::from_card(card, Origin::Imported, Timestamp::from_unix(0))))
    }
}

fn judge(container: &[u8], first_use: FirstUse) {
    let now = Timestamp::from_unix(1_795_244_400);
    let opened = open(Cursor::new(container), &KEYS, &Nobody, first_use, now, MemoryStage, &mut |_| {});
    if let Ok(opened) = opened {
        assert_eq!(opened.manifest.sender.address, opened.inner.from().address);
        look(&opened.inner);
    }
}

fn entry(out: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    let start = out.len();
    out.resize(start + 512, 0);
    let mut put =
        |at: usize, text: &str| out[start + at..start + at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644\x000000000\x000000000\x00");
    put(124, &format!("{:011o}\0", bytes.len()));
    put(136, "00000000000\x00        ");
    put(156, "0");
    put(257, "ustar\x0000");
    put(329, "0000000\x000000000\x00");
    let sum: u32 = out[start..].iter().map(|b| u32::from(*b)).sum();
    out[start + 148..start + 156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    out.extend(bytes);
    out.resize(out.len().next_multiple_of(512), 0);
}

/// Attachments of every kind: read within the limits, and never called examined without a word about the file itself.
pub fn inspect(data: &[u8]) {
    let mut limits = zegel_inspect::Limits::default();
    limits.file_bytes = 4 * 1024 * 1024;
    limits.unpacked_bytes = 16 * 1024 * 1024;
    limits.text_bytes = 1024 * 1024;
    let material = zegel_inspect::inspect(data, "attachment", "application/octet-stream", &limits);
    let text: usize = material.pieces.iter().map(|piece| piece.text.len()).sum();
    assert!(text as u64 <= limits.text_bytes, "more text than the limit: {text}");
    assert!(!material.files.is_empty(), "the attachment itself is not among the files");
}

/// What stands between an organisation's policy and a user's own, in an input of `policy`.
const OWN: &str = "\n# own\n";

/// Policies: what is read can be explained and judged by, a signature allows only more, and one's own never weakens a verdict.
pub fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (text, own) = text.split_once(OWN).unwrap_or((text, ""));
    let unsigned = Policy::parse(text, Authority::Unsigned);
    let Ok(policy) = Policy::parse(text, Authority::Signed) else {
        assert!(unsigned.is_err(), "a signature takes away");
        return;
    };
    for rule in policy.rules() {
        assert!(!rule.describe().is_empty());
    }
    let verdict = verdict(&policy);
    if let Ok(tightened) = policy.clone().tighten(own) {
        assert!(tightened.rules().len() >= policy.rules().len());
        assert!(self::verdict(&tightened).strictness() >= verdict.strictness(), "one's own policy loosens");
    }
}

/// Judges a mail with a bit of everything.
fn verdict(policy: &Policy) -> Verdict {
    const MAIL: &[u8] = b"From: alice@example.org\r\nTo: bob@example.com, eve@example.net\r\nSubject: IBAN NL91ABNA0417164300\r\n\r\n\
        Beste Karel,\r\nzie de bijlage: BSN 123456782, diabetes, wachtwoord: Zomer!2026xQ9, order 12345.\r\n";
    let draft = Draft::parse(MAIL, &DraftOptions::default()).expect("the mail is one");
    let moment = Timestamp::from_unix(1_795_244_400);
    let (contacts, accepted) = (BTreeMap::new(), Acceptances::new());
    let around = Circumstances {
        classic: Classic::Refuse,
        contacts: &contacts,
        now: moment,
        history: &Everybody,
        local_time: LocalTime::at(moment, 60),
        accepted: &accepted,
    };
    let examined = Examiner::new(policy).examine(&draft, &Attached::default(), &around);
    examined.judgement().verdict
}
