//! Hostile input of 1 MiB: judged quickly, in bounded memory, without a crash. Times are printed, not asserted.

use super::*;

const SIZE: usize = 1 << 20;
const HEAD: &str = "From: a@example.org\nTo: b@example.org\n";

/// Fills up to 1 MiB.
fn filled(head: &str, piece: &str, tail: &str) -> Vec<u8> {
    let times = (SIZE - head.len() - tail.len()) / piece.len();
    format!("{head}{}{tail}", piece.repeat(times)).into_bytes()
}

/// Nested multiparts or messages.
fn nested(level: impl Fn(usize) -> String) -> Vec<u8> {
    let mut text = String::from(HEAD);
    for depth in 0.. {
        let more = level(depth);
        if text.len() + more.len() > SIZE {
            break;
        }
        text.push_str(&more);
    }
    text.into_bytes()
}

fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let multi = "Content-Type: multipart/mixed; boundary=b\n\n";
    vec![
        ("fields", filled(HEAD, "X: y\n", "\nbody")),
        ("one field", filled(&format!("{HEAD}X: "), "y", "\n\nbody")),
        ("folded field", filled(&format!("{HEAD}X: "), "y\n ", "\n\nbody")),
        (
            "no header end",
            filled(
                HEAD,
                "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n",
                "",
            ),
        ),
        ("addresses", filled(&format!("{HEAD}Cc: "), "a@b.c,", "\n\nbody")),
        ("unicode domains", filled(&format!("{HEAD}Cc: "), "a@ü.例え.jp,", "\n\nbody")),
        ("long domain", filled(&format!("{HEAD}Cc: a@"), "ü", "\n\nbody")),
        ("nested comments", filled(&format!("{HEAD}Cc: "), "(", "\n\nbody")),
        ("quotes", filled(&format!("{HEAD}Cc: "), "\"", "\n\nbody")),
        ("groups", filled(&format!("{HEAD}Cc: "), "g:;", "\n\nbody")),
        ("encoded words", filled(&format!("{HEAD}Subject: "), "=?utf-8?q?a?= ", "\n\nbody")),
        ("broken encoded words", filled(&format!("{HEAD}Subject: "), "=?utf-8?q?", "\n\nbody")),
        ("unfinished encoded words", filled(&format!("{HEAD}Subject: "), "=?aa?q?x", "\n\nbody")),
        ("encoded words with stray marks", filled(&format!("{HEAD}Subject: "), "=?aa?q?x?x", "\n\nbody")),
        ("half encoded words", filled(&format!("{HEAD}Subject: "), "=?", "\n\nbody")),
        ("parameters", filled(&format!("{HEAD}Content-Type: text/plain"), ";a*0=b", "\n\nbody")),
        ("continuations", {
            let list: String = (0..80_000).map(|i| format!("; a*{i}=b")).collect();
            format!("{HEAD}Content-Type: text/plain{list}\n\nbody").into_bytes()
        }),
        ("references", filled(&format!("{HEAD}References: "), "<a@b>", "\n\nbody")),
        ("bare CR", filled(&format!("{HEAD}X: "), "a\r", "\n\nbody")),
        ("junk lines", filled(HEAD, "junk\n", "")),
        ("parts", filled(&format!("{HEAD}{multi}"), "--b\n\n", "--b--\n")),
        ("parts without header", filled(&format!("{HEAD}{multi}"), "--b\n", "--b--\n")),
        (
            "parts with base64",
            filled(
                &format!("{HEAD}{multi}"),
                "--b\nContent-Transfer-Encoding: base64\nContent-Type: image/png\n\nAA==\n",
                "--b--\n",
            ),
        ),
        (
            "part names",
            filled(
                &format!("{HEAD}{multi}"),
                "--b\nContent-Disposition: attachment; filename=a.b\n\n",
                "--b--\n",
            ),
        ),
        ("dashes", filled(&format!("{HEAD}{multi}"), "--\n", "")),
        ("almost boundaries", filled(&format!("{HEAD}{multi}"), "--bx\n", "")),
        ("same boundary", nested(|_| "Content-Type: multipart/mixed; boundary=b\n\n--b\n".into())),
        (
            "nested multiparts",
            nested(|i| format!("Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n")),
        ),
        ("hundred levels, many dashes", {
            let mut text = String::from(HEAD);
            for i in 0..90 {
                text.push_str(&format!("Content-Type: multipart/mixed; boundary=\"bbbbbbbbbbbbbbbb{i}\"\n\n--bbbbbbbbbbbbbbbb{i}\n"));
            }
            filled(&text, "--bbbbbbbbbbbbbbbb\n", "")
        }),
        ("nested messages", nested(|_| "Content-Type: message/rfc822\n\n".into())),
        (
            "unfinished multiparts",
            filled(&format!("{HEAD}{multi}"), "--b\nContent-Type: multipart/mixed; boundary=c\n\n", ""),
        ),
        ("html", filled(&format!("{HEAD}Content-Type: text/html\n\n"), "<p><a href='x'>&amp;", "")),
        ("open tags", filled(&format!("{HEAD}Content-Type: text/html\n\n"), "<", "")),
        ("comments in html", filled(&format!("{HEAD}Content-Type: text/html\n\n"), "<!--", "")),
        ("entities", filled(&format!("{HEAD}Content-Type: text/html\n\n"), "&", "")),
        ("equals signs", filled(&format!("{HEAD}Content-Transfer-Encoding: quoted-printable\n\n"), "=", "")),
        ("spaces", filled(&format!("{HEAD}Content-Transfer-Encoding: quoted-printable\n\n"), " ", "")),
        ("zeros", vec![0; SIZE]),
        ("newlines", vec![b'\n'; SIZE]),
        ("returns", vec![b'\r'; SIZE]),
        ("utf-7", filled(&format!("{HEAD}Content-Type: text/plain; charset=utf-7\n\n"), "+", "")),
    ]
}

#[test]
#[expect(clippy::disallowed_methods, reason = "times are printed for a person to look at")]
fn bombs_are_judged_without_a_crash() {
    // A small stack, so that hidden recursion shows.
    let run = || {
        for (name, eml) in bombs() {
            let start = std::time::Instant::now();
            let draft = through(&eml, 10);
            let middle = start.elapsed();
            let verdict = match &draft {
                Ok((inner, _, _)) => {
                    let read = (
                        inner.text(),
                        inner.html(),
                        inner.attachments().map(|a| a.content.len()).sum::<usize>(),
                    );
                    format!("taken, {} bytes of attachments", read.2)
                }
                Err(error) => format!("refused: {error:.60}"),
            };
            let end = start.elapsed();
            // As an attacker would hand it to a reader: past the sender's checks, with a top block of his own.
            let block = "HP-Outer: From: a@example.org\nHP-Outer: Subject: x\nHP-Outer: Date: x\nHP-Outer: Message-ID: x\n";
            let text = String::from_utf8_lossy(&eml).replacen(
                "Content-Type: ",
                "Content-Type: text/plain; hp=\"cipher\"; ",
                1,
            );
            let _ = InnerMessage::parse(format!("{block}{text}").into_bytes());
            let _ = find_container(&eml);
            println!("{name:>30}: {middle:>9.1?} {end:>9.1?} {:>9.1?}  {verdict}", start.elapsed());
        }
    };
    std::thread::Builder::new().stack_size(512 << 10).spawn(run).unwrap().join().unwrap();
}

#[test]
fn limits_are_exact() {
    let multi = "Content-Type: multipart/mixed; boundary=b\n\n";
    let limit = |eml: &[u8]| match Draft::parse(eml, &options(PART_THRESHOLD)) {
        Err(DraftError::Limit(limit)) => Some(limit),
        Err(DraftError::Header(HeaderError::Addresses {
            source: AddressListError::Limit(limit), ..
        })) => Some(limit),
        other => {
            other.unwrap();
            None
        }
    };
    let fields = |n: usize| format!("{HEAD}{}\n", "X: y\n".repeat(n - 2)).into_bytes();
    assert_eq!((limit(&fields(10_000)), limit(&fields(10_001))), (None, Some(Limit::Fields)));
    let header = |n: usize| format!("{HEAD}X: {}\n\nx", "y".repeat(n - HEAD.len() - 4)).into_bytes();
    assert_eq!((limit(&header(SIZE - 1)), limit(&header(SIZE + 100))), (None, Some(Limit::Header)));
    let parts = |n: usize| format!("{HEAD}{multi}{}--b--", "--b\n\n".repeat(n)).into_bytes();
    assert_eq!((limit(&parts(9_998)), limit(&parts(10_001))), (None, Some(Limit::Parts)));
    let addresses = |n: usize| format!("{HEAD}Cc: {}\n\nx", "a@b.c,".repeat(n)).into_bytes();
    assert_eq!((limit(&addresses(10_000)), limit(&addresses(10_001))), (None, Some(Limit::Addresses)));
    let levels = |n: usize| {
        let open: String =
            (0..n).map(|i| format!("Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n")).collect();
        format!("{HEAD}{open}\nx").into_bytes()
    };
    assert_eq!((limit(&levels(100)), limit(&levels(101))), (None, Some(Limit::Depth)));
}
