//! Random soups of the pieces that parsers stumble over: no panic in our code or in what we call of mail-parser.

use super::*;

fn soup(rng: &mut Rng, pieces: &[&[u8]], most: usize) -> Vec<u8> {
    let count = rng.below(most) + 1;
    let mut out = Vec::new();
    for _ in 0..count {
        match rng.below(12) {
            0 => out.push(rng.next() as u8),
            _ => out.extend_from_slice(pieces[rng.below(pieces.len())]),
        }
    }
    out
}

/// Rounds of each soup; raised by hand to some millions after a change.
const ROUNDS: usize = 1_500;

const HTML: &[&[u8]] = &[
    b"<",
    b">",
    b"&",
    b";",
    b"/",
    b"<p>",
    b"</p",
    b"<br/>",
    b"<a href=\"",
    b"'",
    b"\"",
    b"&amp;",
    b"&#x1F600;",
    b"&#",
    b"&#999999999999;",
    b"<style>",
    b"</style>",
    b"<script",
    b"</script>",
    b"<!--",
    b"-->",
    b"<head>",
    b"</head>",
    b" ",
    b"\n",
    "é".as_bytes(),
    "🎉".as_bytes(),
    "\u{a0}".as_bytes(),
    b"x",
    b"&nbsp",
    b"<template>",
    b"<![CDATA[",
    b"]]>",
];
const FIELD: &[&[u8]] = &[
    b"text",
    b"/",
    b"plain",
    b"multipart/mixed",
    b";",
    b"=",
    b"*",
    b"*0",
    b"*1*",
    b"0",
    b"99999999999",
    b"\"",
    b"\\",
    b"(",
    b")",
    b"'",
    b"utf-8''",
    b"%41",
    b"%",
    b"%C3%A9",
    b"=?utf-8?q?",
    b"=?utf-8?B?w6k=?=",
    b"?=",
    b"boundary",
    b"charset",
    b"name",
    b"filename",
    b" ",
    b"\t",
    b"\n ",
    b"\r\n\t",
    b"\r",
    "é".as_bytes(),
    b"hp",
    b"cipher",
    b"attachment",
    b",",
    b"<",
    b">",
    b"@",
    b"a@b.c",
    b":",
    b"Bob",
];
const DATE: &[&[u8]] = &[
    b"Sat",
    b",",
    b" ",
    b"21",
    b"Nov",
    b"2026",
    b"08",
    b":",
    b"00",
    b"+",
    b"-",
    b"0100",
    b"GMT",
    b"EST",
    b"(CET)",
    b"(",
    b")",
    b"9999",
    b"99999999999",
    b"0",
    b"Feb",
    b"31",
    b"\n ",
    b"x",
];
const CHARSETS: &[&str] = &[
    "utf-8",
    "us-ascii",
    "iso-8859-1",
    "iso-8859-15",
    "windows-1251",
    "koi8-r",
    "iso-2022-jp",
    "iso-2022-kr",
    "shift_jis",
    "euc-jp",
    "euc-kr",
    "gb2312",
    "gb18030",
    "big5",
    "hz-gb-2312",
    "utf-7",
    "utf-16",
    "utf-16le",
    "utf-16be",
    "utf-32",
    "cp850",
    "macintosh",
    "tis-620",
    "viscii",
    "x-unknown",
    "",
    "\u{e9}",
    "a-name-that-is-longer-than-any-charset-has-ever-been-called",
];

#[test]
fn html_renders_without_a_panic() {
    let mut rng = Rng(0x41);
    for _ in 0..ROUNDS {
        let html = soup(&mut rng, HTML, 40);
        let eml = [&b"HP-Outer: From: a@b.c\nHP-Outer: Subject: x\nHP-Outer: Date: x\nHP-Outer: Message-ID: <a@b>\nFrom: a@b.c\nContent-Type: text/html; hp=cipher\n\n"[..], &html].concat();
        InnerMessage::parse(eml).unwrap().text().unwrap();
    }
}

#[test]
fn fields_of_any_kind_are_read_without_a_panic() {
    let mut rng = Rng(0x42);
    for _ in 0..ROUNDS {
        let (kind, part, list) =
            (soup(&mut rng, FIELD, 20), soup(&mut rng, FIELD, 20), soup(&mut rng, FIELD, 12));
        let date = soup(&mut rng, DATE, 14);
        let eml = [
            &b"From: a@b.c\nContent-Type: "[..],
            &kind,
            b"\nDate: ",
            &date,
            b"\nSubject: ",
            &list,
            b"\nReferences: ",
            &list,
            b"\nAuto-Submitted: ",
            &list,
            b"\nContent-Disposition: ",
            &part,
            b"\n\n--b\nContent-Disposition: ",
            &part,
            b"\nContent-Type: ",
            &kind,
            b"\nContent-Transfer-Encoding: ",
            &list,
            b"\n\nx\n--b--\n",
        ]
        .concat();
        if let Ok((inner, parts, _)) = through(&eml, 0) {
            let back = restored(&inner, &parts);
            assert!(!parts.is_empty() || back == eml, "{}", String::from_utf8_lossy(&eml));
            let _ = (inner.text(), inner.html(), inner.attachments().count(), inner.sealed_outer());
        }
        let to = [&b"From: a@b.c\nTo: "[..], &list, b"\nBcc: ", &part, b"\n\nx"].concat();
        if let Ok((inner, _, outer)) = through(&to, 0) {
            let mut mail = Vec::new();
            write_mail(&outer, &mut &b"x"[..], &mut mail).unwrap();
            let view = mail_parser::MessageParser::default().parse(&mail).unwrap();
            let count = view.to().map_or(0, |list| list.iter().count());
            assert_eq!(count, inner.to().len(), "{}", String::from_utf8_lossy(&mail));
        }
    }
}

#[test]
fn contents_in_any_charset_are_read_without_a_panic() {
    let mut rng = Rng(0x43);
    for _ in 0..ROUNDS {
        let size = rng.below(60);
        let bytes = rng.bytes(size);
        let charset = rng.pick(CHARSETS);
        let _ = content::charset_text(&bytes, Some(charset));
        let _ = (
            content::decode_base64_lenient(&bytes),
            field::text(&bytes),
            field::date(&bytes),
            field::ids(&bytes),
        );
        let _ = addresses::parse(&bytes);
        assert!(!names::sanitise(&String::from_utf8_lossy(&bytes)).contains(['/', '\\', '\0', '\n']));
    }
}
