//! Mail, cards and other texts that were made to cost their reader time or memory.

use super::super::people::Seeded;
use super::inputs::{MIB, case, distinct, fill};
use super::{Case, judges};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = trees();
    cases.extend(fields());
    cases.extend(contents());
    cases.extend(others());
    cases
}

const FROM: &str = "From: alice@example.org\r\nTo: bob@example.net\r\n";

fn draft(name: &'static str, make: fn() -> Vec<u8>) -> Case {
    case(name, judges::draft, make)
}

/// Multiparts in multiparts, `depth` of them, each with a boundary of its own.
fn nested(depth: usize) -> String {
    let mut out = FROM.to_owned();
    for level in 0..depth {
        out.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"));
    }
    out
}

fn junk(seed: &str) -> Vec<u8> {
    let mut bytes = vec![0; MIB];
    rand_core::RngCore::fill_bytes(&mut Seeded::new(seed), &mut bytes);
    bytes
}

fn trees() -> Vec<Case> {
    vec![
        draft("multiparts 20,000 deep", || {
            let mut mail = nested(30_000).into_bytes();
            mail.truncate(MIB);
            mail
        }),
        draft("multiparts 99 deep, then lines of dashes", || fill(&nested(99), "--\r\n", "")),
        draft("multiparts 99 deep, then boundaries of the outermost", || fill(&nested(99), "--b0\r\n", "")),
        draft("multiparts 99 deep, then boundaries of the innermost", || fill(&nested(99), "--b98\r\n", "")),
        draft("alternatives 99 deep with many leaves", || {
            fill(&nested(99).replace("mixed", "alternative"), "--b98\r\n\r\nx\r\n", "")
        }),
        draft("a multipart of 100,000 boundaries", || fill(&nested(1), "--b0\r\n", "")),
        draft("a multipart of 9,000 parts", || {
            (nested(1) + &"--b0\r\nContent-Type: text/plain\r\n\r\nx\r\n".repeat(9_000)).into_bytes()
        }),
        draft("a multipart of 9,000 attachments of one name", || {
            (nested(1)
                + &"--b0\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nx\r\n".repeat(9_000))
                .into_bytes()
        }),
        draft("a multipart of 9,000 attachments that number themselves", || {
            let part =
                |n| format!("--b0\r\nContent-Disposition: attachment; filename=\"a ({n}).txt\"\r\n\r\nx\r\n");
            (nested(1) + &(0..9_000).map(|n| part(n % 4_500)).collect::<String>()).into_bytes()
        }),
        draft("the same boundary on every level", || {
            let level = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n";
            (FROM.to_owned() + &level.repeat(15_000)).into_bytes()
        }),
        draft("a boundary that begins every other", || {
            let mut mail = FROM.to_owned();
            for level in 0..90 {
                let name = "b".repeat(level + 1);
                mail.push_str(&format!("Content-Type: multipart/mixed; boundary={name}\r\n\r\n--{name}\r\n"));
            }
            fill(&mail, &format!("--{}\r\n", "b".repeat(91)), "")
        }),
        case("a mail in a mail in a mail", judges::mail, || {
            fill("", "Content-Type: message/rfc822\r\n\r\n", "x")
        }),
        case("9,000 attached mails", judges::mail, || {
            (nested(1) + &"--b0\r\nContent-Type: message/rfc822\r\n\r\nA: b\r\n\r\nx\r\n".repeat(9_000))
                .into_bytes()
        }),
        case("an attached mail of multiparts", judges::mail, || {
            let inner = String::from_utf8(fill(&nested(90), "--b50\r\n", "")).unwrap();
            let head = "Content-Type: message/rfc822\r\n\r\n";
            let mut mail = format!("{head}{inner}").into_bytes();
            mail.truncate(MIB);
            mail
        }),
        case("many leaves that begin like a container", judges::mail, || {
            let block = data_encoding::BASE64.encode(&super::super::forge::tar(&[vec![]], &[]));
            let leaf = format!("--b0\r\nContent-Transfer-Encoding: base64\r\n\r\n{block}\r\n");
            fill(&nested(1), &leaf, "--b0--\r\n")
        }),
        case("a digest of mails", judges::mail, || {
            fill(&nested(1).replace("mixed", "digest"), "--b0\r\n\r\n\r\n", "")
        }),
    ]
}

fn fields() -> Vec<Case> {
    vec![
        draft("a header of 250,000 fields", || fill(FROM, "a:\n", "\n")),
        draft("a header of 9,900 fields", || {
            (FROM.to_owned() + &"a: b\r\n".repeat(9_900) + "\r\nx").into_bytes()
        }),
        draft("9,000 parts with 20 fields each", || {
            (nested(1) + &format!("--b0\r\n{}\r\n", "a:b\n".repeat(20)).repeat(9_000))
                .into_bytes()
                .into_iter()
                .take(MIB)
                .collect()
        }),
        draft("a field of 1 MiB", || fill(&format!("{FROM}Subject: "), "a", "\r\n\r\n")),
        draft("a field of 340,000 folds", || fill(&format!("{FROM}Subject: a"), "\r\n ", "x\r\n\r\n")),
        draft("a field of bare CR", || fill(&format!("{FROM}Subject: a"), "\r", "x\r\n\r\n")),
        draft("a field of bare CR and colons", || fill(&format!("{FROM}Subject: a"), "\r:", "x\r\n\r\n")),
        draft("a header that never ends", || fill(FROM, "a: b\r\n", "a: b")),
        draft("encoded words", || fill(&format!("{FROM}Subject: "), "=?utf-8?q?a?= ", "\r\n\r\n")),
        draft("encoded words without end", || fill(&format!("{FROM}Subject: "), "=?utf-8?q?", "\r\n\r\n")),
        draft("one long encoded word", || fill(&format!("{FROM}Subject: =?utf-8?b?"), "QUJD", "?=\r\n\r\n")),
        draft("encoded words of a large charset", || {
            fill(&format!("{FROM}Subject: "), "=?gb18030?b?gTCBMA==?= ", "\r\n\r\n")
        }),
        draft("encoded words in folds", || {
            fill(&format!("{FROM}Subject: a"), "\r\n =?iso-2022-jp?b?GyRC?=", "\r\n\r\n")
        }),
        draft("question marks", || fill(&format!("{FROM}Subject: "), "=?", "\r\n\r\n")),
        draft("encoded words as names of people", || {
            fill("From: alice@example.org\r\nTo: ", "=?utf-8?q?a?= <a@b>,", "c@d\r\n\r\n")
        }),
        draft("addresses in To", || fill("From: alice@example.org\r\nTo: ", "a@b,", "c@d\r\n\r\n")),
        draft("addresses in Bcc", || fill("From: alice@example.org\r\nBcc: ", "a@b,", "c@d\r\n\r\n")),
        draft("addresses in 9,000 fields of Bcc", || {
            (FROM.to_owned() + &format!("Bcc: {}c@d\r\n", "a@b,".repeat(24)).repeat(9_000) + "\r\n")
                .into_bytes()
        }),
        draft("9,900 addresses that differ", || {
            let list: Vec<String> =
                (0..9_900).map(|n| format!("somebody.else.{n}@department{n}.example.org")).collect();
            format!("From: alice@example.org\r\nTo: {}\r\n\r\n", list.join(",")).into_bytes()
        }),
        draft("9,900 addresses in a group", || {
            format!("From: alice@example.org\r\nTo: all:{};\r\n\r\n", "a@b,".repeat(9_900)).into_bytes()
        }),
        draft("empty addresses", || fill("From: alice@example.org\r\nTo: ", ",", "c@d\r\n\r\n")),
        draft("comments in addresses", || fill("From: alice@example.org\r\nTo: ", "(", "c@d\r\n\r\n")),
        draft("closed comments in addresses", || {
            fill("From: alice@example.org\r\nTo: ", "(a)", "c@d\r\n\r\n")
        }),
        draft("quotes in addresses", || fill("From: alice@example.org\r\nTo: ", "\"a\"", "<c@d>\r\n\r\n")),
        draft("backslashes in addresses", || {
            fill("From: alice@example.org\r\nTo: \"", "\\\\", "\" <c@d>\r\n\r\n")
        }),
        draft("groups in addresses", || fill("From: alice@example.org\r\nTo: ", "a:;", "\r\n\r\n")),
        draft("international domains in addresses", || {
            let domain = distinct(240);
            fill("From: alice@example.org\r\nTo: ", &format!("a@{domain}.b,"), "c@d\r\n\r\n")
        }),
        draft("international domains that are short", || {
            fill("From: alice@example.org\r\nTo: ", "a@\u{fc}\u{4e00}.b,", "c@d\r\n\r\n")
        }),
        draft("domains in encoded form", || {
            fill(
                "From: alice@example.org\r\nTo: ",
                "a@xn--bcher-kva.xn--bcher-kva.xn--bcher-kva.b,",
                "c@d\r\n\r\n",
            )
        }),
        draft("message ids", || fill(&format!("{FROM}References: "), "<a@b> ", "\r\n\r\n")),
        draft("angle brackets in References", || fill(&format!("{FROM}References: "), "<", "\r\n\r\n")),
        draft("spaces in Date", || fill(&format!("{FROM}Date: "), " ", "\r\n\r\n")),
        draft("digits in Date", || fill(&format!("{FROM}Date: "), "9", "\r\n\r\n")),
        draft("comments in Date", || fill(&format!("{FROM}Date: "), "(", "\r\n\r\n")),
        draft("parameters of Content-Type", || {
            fill(&format!("{FROM}Content-Type: text/plain"), ";a=b", "\r\n\r\n")
        }),
        draft("continued parameters of Content-Type", || {
            let pieces: String = (0..60_000).map(|n| format!(";a*{n}*=b")).collect();
            format!("{FROM}Content-Type: text/plain{pieces}\r\n\r\n").into_bytes()
        }),
        draft("comments in Content-Type", || fill(&format!("{FROM}Content-Type: "), "(", "\r\n\r\n")),
        draft("60 parts with 16 KiB of continued parameters", || {
            let pieces: String = (0..1_400).map(|n| format!(";a*{n}*=b")).collect();
            (nested(1) + &format!("--b0\r\nContent-Type: text/plain{pieces}\r\n\r\nx\r\n").repeat(60))
                .into_bytes()
        }),
        draft("60 parts with 16 KiB of file name", || {
            let pieces: String = (0..1_000).map(|n| format!(";filename*{n}*=b")).collect();
            (nested(1) + &format!("--b0\r\nContent-Disposition: attachment{pieces}\r\n\r\nx\r\n").repeat(60))
                .into_bytes()
        }),
        draft("file names of encoded words", || {
            let words = "=?utf-8?q?a?= ".repeat(1_000);
            (nested(1)
                + &format!("--b0\r\nContent-Disposition: attachment; filename=\"{words}\"\r\n\r\nx\r\n")
                    .repeat(70))
                .into_bytes()
        }),
    ]
}

/// A mail inside, as a hostile sender would seal it.
fn inside(head: &str, again: &str) -> Vec<u8> {
    let top =
        "HP-Outer: From: a@b\r\nHP-Outer: Subject: x\r\nHP-Outer: Date: x\r\nHP-Outer: Message-ID: x\r\n";
    fill(&format!("{top}From: alice@example.org\r\n{head}"), again, "")
}

fn contents() -> Vec<Case> {
    const TYPED: &str = "Content-Type: text/plain; hp=\"cipher\"; charset=";
    const HTML: &str = "Content-Type: text/html; hp=\"cipher\"\r\n\r\n";
    vec![
        case("base64 of a mail inside", judges::inner, || {
            inside(
                "Content-Transfer-Encoding: base64\r\nContent-Type: text/plain; hp=\"cipher\"\r\n\r\n",
                "QUJD",
            )
        }),
        case("base64 of equals signs", judges::inner, || {
            inside(
                "Content-Transfer-Encoding: base64\r\nContent-Type: text/plain; hp=\"cipher\"\r\n\r\n",
                "=",
            )
        }),
        case("quoted-printable of equals signs", judges::inner, || {
            inside(
                "Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; hp=\"cipher\"\r\n\r\n",
                "=",
            )
        }),
        case("quoted-printable of spaces", judges::inner, || {
            inside(
                "Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; hp=\"cipher\"\r\n\r\n",
                " ",
            )
        }),
        case("text in UTF-7", judges::inner, || inside(&format!("{TYPED}utf-7\r\n\r\n"), "+AGE-")),
        case("text in GB 18030", judges::inner, || inside(&format!("{TYPED}gb18030\r\n\r\n"), "\u{7f}0")),
        case("text in ISO-2022-JP", judges::inner, || {
            inside(&format!("{TYPED}iso-2022-jp\r\n\r\n"), "\u{1b}$B")
        }),
        case("text in UTF-16", judges::inner, || inside(&format!("{TYPED}utf-16\r\n\r\n"), "a")),
        case("HTML of open tags", judges::inner, || inside(HTML, "<a ")),
        case("HTML of nested tables", judges::inner, || inside(HTML, "<table><tr><td>")),
        case("HTML of less-than signs", judges::inner, || inside(HTML, "<")),
        case("HTML of entities", judges::inner, || inside(HTML, "&lt;")),
        case("HTML of ampersands", judges::inner, || inside(HTML, "&")),
        case("HTML of comments", judges::inner, || inside(HTML, "<!--")),
        case("HTML of line breaks", judges::inner, || inside(HTML, "<br>")),
        case("HTML of quotes", judges::inner, || inside(HTML, "<a b='")),
        case("HTML of brackets in a style", judges::inner, || inside(&format!("{HTML}<p style=\""), "(")),
        case("HTML of brackets in a style sheet", judges::inner, || inside(&format!("{HTML}<style>"), "(")),
        case("HTML of end tags of nothing", judges::inner, || {
            inside(&format!("{HTML}{}", "<a>".repeat(1000)), "</b>")
        }),
        case("HTML of CDATA", judges::inner, || inside(HTML, "<![CDATA[")),
        case("a mail inside of 9,000 attachments", judges::inner, || {
            let head = "Content-Type: multipart/mixed; hp=\"cipher\"; boundary=b\r\n\r\n";
            inside(
                head,
                "--b\r\nContent-Disposition: attachment; filename=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.txt\r\n\r\nxxxxxxxx\r\n",
            )
        }),
        case("a mail inside of 9,000 stubs", judges::inner, || {
            let head = "Content-Type: multipart/mixed; hp=\"cipher\"; boundary=b\r\n\r\n";
            inside(
                head,
                "--b\r\nContent-Type: message/external-body; access-type=x-zegel-part; index=1\r\n\r\nA: b\r\n\r\n",
            )
        }),
        case("a mail inside with 9,000 copies of outer fields", judges::inner, || {
            let top = "HP-Outer: To: a@b\r\n".repeat(9_000);
            format!("{top}From: alice@example.org\r\nContent-Type: text/plain; hp=\"cipher\"\r\n\r\nx")
                .into_bytes()
        }),
    ]
}

fn others() -> Vec<Case> {
    vec![
        case("a card of brackets", judges::card, || fill("", "[", "")),
        case("a card of 16 KiB of brackets", judges::card, || "[".repeat(16 * 1024).into_bytes()),
        case("a card of signatures", judges::card, || {
            let text = judges::alice().card().text();
            let (_, armour) = text.split_once('\n').unwrap();
            format!("{text}{}", armour.repeat(50)).into_bytes()
        }),
        case("a card with an endless name", judges::card, || {
            let line = judges::alice()
                .card()
                .text()
                .replace("\"name\":\"\"", &format!("\"name\":\"{}\"", "a".repeat(12_000)));
            line.into_bytes()
        }),
        case("a card of random bytes", judges::card, || junk("card")),
        case("an introduction of braces", judges::introduction, || fill("", "{\"a\":", "")),
        case("an introduction of random bytes", judges::introduction, || junk("introduction")),
        case("a receipt of brackets", judges::receipt, || fill("", "[", "")),
        case("a receipt of random bytes", judges::receipt, || junk("receipt")),
        case("an identity of brackets", judges::identity, || fill("", "[", "")),
        case("an identity of empty keys", judges::identity, || {
            let head = "{\"address\":\"a@b\",\"format\":\"zegel/identity/v1\",\"keys\":[";
            fill(
                head,
                "{\"age\":\"\",\"card\":\"\",\"signing\":\"\"},",
                "{\"age\":\"\",\"card\":\"\",\"signing\":\"\"}],\"name\":\"\"}",
            )
        }),
        case("an identity with an endless name", judges::identity, || {
            fill(
                "{\"address\":\"a@b\",\"format\":\"zegel/identity/v1\",\"keys\":[],\"name\":\"",
                "\\u0001",
                "\"}",
            )
        }),
        case("words of an endless hybrid key", judges::words, || fill("age1pq1", "q", "")),
        case("words of an endless classic key", judges::words, || fill("age1", "q", "")),
        case("words of an endless secret key", judges::words, || fill("AGE-SECRET-KEY-PQ-1", "Q", "")),
        case("words of an endless ssh key", judges::words, || fill("ssh-ed25519 ", "AAAA", "")),
        case("words of an endless signature", judges::words, || {
            fill("-----BEGIN SSH SIGNATURE-----\n", "AAAA\n", "")
        }),
        case("words of an endless address", judges::words, || fill("a@", "b.", "c")),
        case("words of an endless international address", judges::words, || fill("a@", &distinct(300), "")),
        case("words of an endless international address of labels", judges::words, || {
            fill("a@", "\u{fc}.", "c")
        }),
        case("words of an endless encoded address", judges::words, || fill("a@xn--", "a", "")),
        case("configuration of brackets", judges::config, || fill("a = ", "[", "")),
        case("configuration of braces", judges::config, || fill("a = ", "{a=", "")),
        case("configuration of tables", judges::config, || fill("", "[a]\n", "")),
        case("configuration of dotted keys", judges::config, || fill("a", ".a", " = 1\n")),
        case("configuration of one table name", judges::config, || fill("[a", ".a", "]\n")),
        case("configuration of arrays of tables", judges::config, || fill("", "[[a]]\n", "")),
        case("configuration of keys", judges::config, || {
            let mut text: String = (0..60_000).map(|n| format!("a{n} = 1\n")).collect();
            text.truncate(MIB);
            text.into_bytes()
        }),
        case("configuration of quotes", judges::config, || fill("a = ", "\"\"\"", "")),
        case("configuration of comments", judges::config, || fill("", "#\n", "")),
        case("configuration of random bytes", judges::config, || junk("config")),
    ]
}
