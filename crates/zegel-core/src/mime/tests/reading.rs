//! What rules get to read of a draft, and what is said not to have been read.

use super::*;
use crate::material::{Material, Origin, UnreadReason, Visibility};

const HEAD: &str =
    "From: Alice <alice@example.org>\nTo: Bob <bob@example.org>\nSubject: Hi\nMIME-Version: 1.0\n";

/// Reads a message that consists of the usual header and `rest`.
fn read(rest: &str) -> Material {
    let both = [format!("{HEAD}{rest}"), format!("{HEAD}{rest}").replace('\n', "\r\n")];
    let [unix, wire] =
        both.map(|eml| Draft::parse(eml.as_bytes(), &DraftOptions::default()).unwrap().material());
    let texts = |material: &Material| -> Vec<String> {
        material.pieces.iter().map(|piece| piece.text.trim().to_owned()).collect()
    };
    assert_eq!(texts(&unix), texts(&wire));
    assert_eq!(unix.unread, wire.unread);
    unix
}

fn has(material: &Material, text: &str, visibility: Visibility) -> bool {
    material.pieces.iter().any(|piece| piece.text.contains(text) && piece.visibility == visibility)
}

fn reasons(material: &Material) -> Vec<UnreadReason> {
    material.unread.iter().map(|unread| unread.reason).collect()
}

#[test]
fn html_bodies_are_read_as_browsers_show_them() {
    for trick in ["", "<!---->", "<!-- x --->", "<head>", "age < 18, ", "<style></style x>"] {
        let page = format!("Content-Type: text/html\n\n<p>Hi</p>{trick}<p>BSN 123456782</p>\n");
        assert!(has(&read(&page), "BSN 123456782", Visibility::Shown), "{trick}");
    }
    let page = read(
        "Content-Type: text/html\n\n<p title='BSN 123456782'>Hi</p><!-- a note --><p hidden>unseen</p>\
         <img src='data:image/gif;base64,R0lGODlh'><a href='data:text/html,<b>in</b>side'>x</a>\n",
    );
    for text in ["BSN 123456782", "a note", "unseen", "inside"] {
        assert!(has(&page, text, Visibility::Hidden), "{text}");
        assert!(!has(&page, text, Visibility::Shown), "{text}");
    }
    assert_eq!(reasons(&page), [UnreadReason::ImageOnly]);
    let strange = read("Content-Type: text/html\n\n<a href='data:application/zip;base64,UEsDBA=='>x</a>\n");
    assert_eq!(reasons(&strange), [UnreadReason::UnknownKind]);
}

#[test]
fn an_encoding_nobody_decodes_is_not_read() {
    for encoding in ["x-uuencode", "x-yenc", "base65", "base64 base64"] {
        let single = read(&format!("Content-Transfer-Encoding: {encoding}\n\nxyz\n"));
        assert_eq!(reasons(&single), [UnreadReason::UnknownKind], "{encoding}");
        let file = read(&format!(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Disposition: attachment; filename=a.txt\n\
             Content-Transfer-Encoding: {encoding}\n\nxyz\n--b--\n"
        ));
        assert_eq!(reasons(&file), [UnreadReason::UnknownKind], "{encoding}");
        assert_eq!(file.unread[0].origin, Origin::Attachment(vec!["a.txt".to_owned()]));
    }
    for encoding in ["base64", "(in) base64", "BASE64 (a (nested) one)", "base64;"] {
        let text = read(&format!("Content-Transfer-Encoding: {encoding}\n\nQlNOIDEyMzQ1Njc4Mg==\n"));
        assert!(has(&text, "BSN 123456782", Visibility::Shown), "{encoding}");
        assert!(text.is_examined());
    }
}

#[test]
fn a_part_that_programs_read_in_two_ways_is_not_read() {
    let part = |header: &str| {
        read(&format!("Content-Type: multipart/mixed; boundary=b\n\n--b\n{header}\n\nhello\n--b--\n"))
    };
    assert!(part("Content-Type: text/plain\nContent-Transfer-Encoding: 8bit").is_examined());
    for header in [
        "Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 8bit",
        "Content-Type: text/plain\nContent-Type: text/html",
        "Content-Disposition: inline\nContent-Disposition: attachment; filename=a.txt",
    ] {
        assert_eq!(reasons(&part(header)), [UnreadReason::Damaged], "{header}");
    }
    let packed = "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\nhello\n--b--\n";
    assert_eq!(reasons(&read(packed)), [UnreadReason::Damaged]);
    let late =
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b--\n--b\n\nBSN 123456782\n--b--\n";
    assert_eq!(reasons(&read(late)), [UnreadReason::Damaged]);
    assert!(has(&read(late), "BSN 123456782", Visibility::Hidden));
}

#[test]
fn files_written_into_the_text_are_not_read() {
    for (text, reason) in [
        ("-----BEGIN PGP MESSAGE-----\n\nabc\n", UnreadReason::Encrypted),
        ("begin 644 notes.zip\n#0V%T\n`\nend\n", UnreadReason::UnknownKind),
        ("> begin-base64 0600 notes.zip\nQ2F0\n====\n", UnreadReason::UnknownKind),
        ("=ybegin line=128 size=3 name=notes.zip\nabc\n=yend\n", UnreadReason::UnknownKind),
    ] {
        let plain = read(&format!("\nDear Bob,\n{text}"));
        assert_eq!(reasons(&plain), [reason], "{text}");
        assert!(has(&plain, "Dear Bob", Visibility::Shown));
        let page = read(&format!("Content-Type: text/html\n\n<p>Dear Bob,</p><pre>{text}</pre>"));
        assert_eq!(reasons(&page), [reason], "{text}");
    }
    for text in
        ["We begin 3 weeks from now.", "begin again", "begin 644", "-----BEGIN PGP SIGNED MESSAGE-----"]
    {
        assert!(read(&format!("\n{text}\n")).is_examined(), "{text}");
    }
}

#[test]
fn names_and_what_no_program_shows_are_content() {
    let mail = read(
        "Cc: \"Patient 111222333\" <carol@example.org> (note 444)\n\
         Content-Type: multipart/mixed; boundary=b\n\npreamble 123\n--b\nContent-Description: described 456\n\nhello\n--b\n\
         Content-Disposition: attachment; filename=\"Patient 123456782.pdf\"\n\nx\n--b--\nepilogue 789\n",
    );
    assert!(mail.is_examined());
    let file = Origin::Attachment(vec!["Patient 123456782.pdf".to_owned()]);
    assert!(mail.pieces.iter().any(|piece| piece.origin == file && piece.text == "Patient 123456782.pdf"));
    let cc = Origin::Header("cc".to_owned());
    for text in ["Patient 111222333", "note 444"] {
        assert!(mail.pieces.iter().any(|piece| piece.origin == cc && piece.text.contains(text)), "{text}");
    }
    for text in ["preamble 123", "described 456", "epilogue 789"] {
        assert!(has(&mail, text, Visibility::Hidden), "{text}");
    }
}

/// What rules have read in a page is what its reader gets to see: no odd comment or tag takes words away.
#[test]
fn a_recipient_sees_what_a_browser_shows() {
    let shown = |html: &str| {
        let head = "HP-Outer: From: a@b.c\nHP-Outer: Subject: x\nHP-Outer: Date: x\nHP-Outer: Message-ID: <a@b>\nFrom: a@b.c\n";
        let eml = format!("{head}Content-Type: text/html; charset=utf-8; hp=cipher\n\n{html}");
        InnerMessage::parse(eml.into_bytes()).unwrap().text().unwrap().trim().to_owned()
    };
    assert_eq!(shown("<p>Take one</p><p>and not two &amp; more</p>"), "Take one\nand not two & more");
    assert_eq!(shown("<p>Take one</p><!----><p>and not two</p>"), "Take one\nand not two");
    assert_eq!(shown("<title>x</title><body>a dose &lt 18 &#49&#50"), "a dose < 18 12");
    assert_eq!(shown("<p>a<script>steal()</script><b>nd</b></p>"), "and");
    assert_eq!(shown("<table><tr><td>1</td><td>2</td></tr></table>"), "1\t2");
}

/// ISO-2022-KR has no decoder in browsers either, and others show the ASCII in it; EBCDIC nobody here knows.
#[test]
fn a_charset_that_nobody_knows_is_shown_raw_and_said_to_be_unread() {
    for charset in ["iso-2022-kr", "csISO2022KR", "hz-gb-2312", "iso-2022-cn", "ibm037", "x-nobody"] {
        let eml = format!(
            "From: a@example.org\nTo: b@example.org\nSubject: x\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset={charset}\n\nBSN 123456782\n"
        );
        let material = Draft::parse(eml.as_bytes(), &DraftOptions::default()).unwrap().material();
        assert!(material.pieces.iter().any(|piece| piece.text.contains("BSN 123456782")), "{charset}");
        assert_eq!(material.unread.len(), 1, "{charset}: {:?}", material.unread);
        assert_eq!(
            (&material.unread[0].origin, material.unread[0].reason),
            (&Origin::Body, UnreadReason::UnknownKind)
        );

        let eml = format!(
            "From: a@example.org\nTo: b@example.org\nSubject: =?{charset}?Q?BSN_123456782?=\n\
             X-Note: =?utf-8?Q?a?= =?{charset}?Q?b?=\n\nHi\n"
        );
        let material = Draft::parse(eml.as_bytes(), &DraftOptions::default()).unwrap().material();
        assert!(material.pieces.iter().any(|piece| piece.text.contains("BSN 123456782")), "{charset}");
        let origins: Vec<&Origin> = material.unread.iter().map(|unread| &unread.origin).collect();
        assert_eq!(origins, [&Origin::Subject, &Origin::Header("x-note".to_owned())], "{charset}");
    }
    for charset in
        ["utf-8", "US-ASCII", "iso-8859-15", "windows-1252", "iso-2022-jp", "utf-7", "utf-16le", "gb18030"]
    {
        let eml = format!(
            "From: a@example.org\nTo: b@example.org\nSubject: =?{charset}?Q?a?=\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset={charset}\n\nHi\n"
        );
        let material = Draft::parse(eml.as_bytes(), &DraftOptions::default()).unwrap().material();
        assert!(material.is_examined(), "{charset}: {:?}", material.unread);
    }
}

#[test]
fn the_name_of_a_group_is_read() {
    let eml = "From: a@example.org\nTo: \"Jansen BSN 123456782\": bob@example.org;\nSubject: x\n\nHi\n";
    let material = Draft::parse(eml.as_bytes(), &DraftOptions::default()).unwrap().material();
    assert!(
        material.pieces.iter().any(|piece| piece.text.contains("BSN 123456782")),
        "{:?}",
        material.pieces
    );
}

#[test]
fn a_page_in_a_page_in_a_page_is_said_to_be_unread() {
    let page = |inner: &str| {
        format!(
            "From: a@example.org\nTo: b@example.org\nSubject: x\nMIME-Version: 1.0\nContent-Type: text/html\n\n\
             <a href='data:text/html,{inner}'>x</a>\n"
        )
    };
    let unread =
        |eml: String| Draft::parse(eml.as_bytes(), &DraftOptions::default()).unwrap().material().unread;
    assert!(unread(page("<p>Hi</p>")).is_empty());
    assert_eq!(unread(page("<a href=\"data:application/zip;base64,UEsDB\">y</a>")).len(), 1);
}
