//! Bytes that are one text to us and another to somebody else.

use zegel_core::material::UnreadReason;

use super::{NUMBER, found, read, reasons};

#[test]
fn a_declared_charset_hides_nothing() {
    let page = |label: &str| format!("<html><meta charset=\"{label}\"><p>BSN {NUMBER}</p>");
    for label in
        ["utf-16le", "utf-16be", "utf-16", "hz-gb-2312", "iso-2022-kr", "gb18030", "shift_jis", "iso-2022-jp"]
    {
        for end in [&b"\xff"[..], b"\x81", b"\x1b(B\xff", b""] {
            let data = [page(label).as_bytes(), end].concat();
            for name in ["a.html", "a.txt", "a.csv"] {
                assert!(found(&read(&data, name)), "{label} {name}");
            }
        }
    }
    for label in ["utf-7", "hz-gb-2312"] {
        assert_eq!(reasons(&read(page(label).as_bytes(), "a.html")), [UnreadReason::UnknownKind], "{label}");
    }
}

#[test]
fn utf_16_at_the_beginning_is_not_utf_16_to_the_end() {
    for (front, times) in [(&b"x\0"[..], 256), (b"\0x", 256), (b"x\0", 250), (b"x\0", 70_000)] {
        for end in ["<p>BSN 123456782</p>", "<p>BSN 123456782</p> "] {
            let data = [front.repeat(times), end.as_bytes().to_vec()].concat();
            for name in ["a.html", "a.txt", "a.csv", "a.doc"] {
                assert!(found(&read(&data, name)), "{times} {name}");
            }
        }
    }
    let honest: Vec<u8> =
        format!("Dear Bob, BSN {NUMBER}, greetings").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let material = read(&honest, "a.txt");
    assert!(found(&material) && material.pieces.len() == 1 && material.is_examined());
}

#[test]
fn digits_of_iso_2022_jp_are_read() {
    let digits = "\u{ff11}\u{ff12}\u{ff13}\u{ff14}\u{ff15}\u{ff16}\u{ff17}\u{ff18}\u{ff12}";
    for start in ["<html><meta charset=iso-2022-jp>", "<html>", "Dear Bob, "] {
        let data = [start.as_bytes(), b"\x1b$B#1#2#3#4#5#6#7#8#2\x1b(B"].concat();
        for name in ["a.html", "a.txt"] {
            let material = read(&data, name);
            assert!(material.pieces.iter().any(|piece| piece.text.contains(digits)), "{start} {name}");
        }
    }
}

#[test]
fn xml_is_read_in_the_charset_that_it_declares() {
    let around = |label: &str, text: &[u8]| {
        let head = format!(
            "<?xml version='1.0' encoding='{label}'?><w:wordDocument xmlns:w='http://schemas.microsoft.com/office/word'><w:p><w:t>"
        );
        [head.as_bytes(), text, b"</w:t></w:p></w:wordDocument>"].concat()
    };
    let cyrillic = read(&around("windows-1251", b"\xc1\xee\xe1"), "a.xml");
    assert!(cyrillic.is_examined());
    assert!(
        cyrillic.pieces.iter().any(|piece| piece.text.trim() == "\u{411}\u{43e}\u{431}"),
        "{:?}",
        cyrillic.pieces
    );
    assert!(!read(&around("utf-8", b"\x1b$B#1#2"), "a.xml").is_examined());
}
