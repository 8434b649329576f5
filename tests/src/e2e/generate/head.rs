//! Top headers.

use super::super::random::Rng;
use super::Wanted;
use super::body::Entity;

/// A header field with its line end.
pub(super) struct Field {
    pub(super) text: Vec<u8>,
    pub(super) is_blind: bool,
}

const NAMES: &[&str] = &[
    "",
    "Bob",
    "\"Jansen, A. (afd. Röntgen)\"",
    "\"quoted \\\"twice\\\" \\\\ \"",
    "=?utf-8?B?8J+YgCBFbW9qaQ==?=",
    "=?iso-8859-1?Q?Andr=E9?= van der Berg",
    "Grüße aus Köln",
    "\"\u{202e}moc.elgoog\"",
    "\"bob@elsewhere.example\"",
];

const SUBJECTS: &[&[u8]] = &[
    b"Hello",
    b"",
    b" ",
    b"=?utf-8?Q?Uitslag_=E2=80=94_geheim?=",
    b"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?= =?iso-2022-jp?B?GyRCOGwbKEI=?=",
    b"=?koi8-r?B?8NLJ18XU?=",
    b"=?x-unknown?Q?what=20is=20this?= =?utf-8?B?broken?",
    "rauw 8-bit: é 😀 \u{202e}txt.exe".as_bytes(),
    b"latin1 raw \xE9\xE8\xFF",
    b"Re: Fwd: AW: [ext] (no subject) ; hp=\"cipher\"",
    b"From alice Bcc: nobody@example.com",
];

const OTHERS: &[&str] = &[
    "Reply-To: Help desk <help@example.org>",
    "Received: from a (a [192.0.2.1])\nby b with ESMTP id 1;\nSat, 21 Nov 2026 07:00:00 +0000",
    "Received: from b by c; Sat, 21 Nov 2026 07:00:01 +0000",
    "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=x;\nh=from:to; bh=AAAA;\nb=BBBB",
    "X-Mailer: Nasty 1.0 (\u{1F4E7})",
    "X-Empty:",
    "X-Dup: one",
    "X-Dup: two",
    "List-Unsubscribe: <https://lists.example.org/?u=%E2%9C%93>,\n<mailto:off@lists.example.org>",
    "In-Reply-To: <earlier@example.org>",
    "References: <first@example.org>\n<second@example.org> <third@example.org>",
    "Importance: high",
    "X-Odd-Chars_!#$%&'*+.^`|~: value with \t tab",
    "Content-Language: nl, en",
    "Auto-Submitted: no",
    "Disposition-Notification-To: alice@example.org",
    "X-Spam-Status: No, score=-2.1 required=5.0\ntests=A,B,C\n\tautolearn=ham",
    "Organization:   Ziekenhuis   ",
    "Thread-Index: AQHVRhBL3b==",
    "Sender: alice@example.org",
];

pub(super) fn make(
    rng: &mut Rng,
    wanted: &Wanted<'_>,
    visible: &[usize],
    blind: &[usize],
    eol: &str,
    body: &Entity,
) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut add = |text: Vec<u8>, is_blind: bool| fields.push(Field { text, is_blind });
    let line = |text: String| format!("{text}{eol}").into_bytes();
    add(line(format!("From: {}", mailbox(rng, wanted.sender))), false);
    let (to, cc) = visible.split_at(visible.len() - rng.below(visible.len()));
    add(line(list(rng, "To", to, wanted.visible, eol)), false);
    if !cc.is_empty() {
        add(line(list(rng, "CC", cc, wanted.visible, eol)), false);
    }
    if !blind.is_empty() {
        let name = *rng.pick(&["Bcc", "BCC", "bCC", "Bcc "]);
        add(line(list(rng, name, blind, wanted.blind, eol)), true);
    } else if rng.once_in(8) {
        add(line("Bcc:".to_owned()), true);
    }
    if !rng.once_in(10) {
        let long = rng.once_in(12);
        let mut subject = b"Subject: ".to_vec();
        subject.extend_from_slice(rng.pick::<&[u8]>(SUBJECTS));
        if long {
            for number in 0..60 {
                subject.extend_from_slice(format!("{eol} word{number} and more").as_bytes());
            }
        }
        subject.extend_from_slice(eol.as_bytes());
        add(subject, false);
    }
    if !rng.once_in(8) {
        let dates = [
            "Sat, 21 Nov 2026 09:00:00 +0100",
            "21 Nov 2026 08:00 GMT",
            "Sat, 21 Nov 2026 08:00:00 +0000 (UTC)",
            "Fri, 13 Feb 2009 23:31:30 -0000",
        ];
        add(line(format!("Date: {}", rng.pick(&dates))), false);
    }
    if !rng.once_in(8) {
        add(line(format!("Message-ID: <{}.{}@example.org>", wanted.seed, rng.next())), false);
    }
    for _ in 0..rng.below(8) {
        let other = *rng.pick(OTHERS);
        // Sender may stand once.
        if other.starts_with("Sender") && !rng.once_in(4) {
            continue;
        }
        let present = fields.iter().any(|field: &Field| field.text.starts_with(b"Sender"));
        if !(present && other.starts_with("Sender")) {
            let text = other.replace('\n', &format!("{eol}\t"));
            fields.push(Field { text: line(text), is_blind: false });
        }
    }
    if rng.once_in(20) {
        fields.push(Field { text: line(format!("X-Long: {}", "x".repeat(1500))), is_blind: false });
    }
    // Any order but for repeated ones, which is nobody's business.
    for at in (1..fields.len()).rev() {
        fields.swap(at, rng.below(at + 1));
    }
    let mut content = Vec::new();
    body.write_header(&mut content, eol);
    fields.push(Field { text: content, is_blind: false });
    fields
}

fn mailbox(rng: &mut Rng, address: &str) -> String {
    match *rng.pick(NAMES) {
        "" if rng.once_in(2) => address.to_owned(),
        "" => format!("<{address}>"),
        name if rng.once_in(6) => format!("{name} (a comment, \\) with care) <{address}>"),
        name => format!("{name} <{address}>"),
    }
}

fn list(rng: &mut Rng, name: &str, indices: &[usize], people: &[String], eol: &str) -> String {
    let mut text = format!("{name}:");
    for (at, index) in indices.iter().enumerate() {
        let comma = if at + 1 < indices.len() { "," } else { "" };
        let fold = if rng.once_in(3) { format!("{eol} ") } else { " ".to_owned() };
        text.push_str(&format!("{fold}{}{comma}", mailbox(rng, &people[*index])));
    }
    text
}
