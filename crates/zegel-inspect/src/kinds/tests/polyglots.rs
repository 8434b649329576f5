//! Files that are two things at once.

use zegel_core::material::UnreadReason;

use super::{compound, found, read, reasons};

/// A PDF with an empty page, between two texts. Its table counts from the mark.
fn pdf(before: &str, behind: &str) -> Vec<u8> {
    let mut out = "%PDF-1.4\n".to_owned();
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    ];
    let mut table = String::from("xref\n0 4\n0000000000 65535 f \n");
    for (number, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", out.len()));
        out.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    }
    let start = out.len();
    out.push_str(&format!("{table}trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n{start}\n%%EOF"));
    [before, &out, behind].concat().into_bytes()
}

#[test]
fn what_stands_around_a_pdf_is_read_and_said() {
    let page = "<html><p>BSN 1234<b></b>56782</p><!--";
    for (before, behind) in [(page, "-->"), ("BSN 123456782 ", ""), ("", "\n<p>BSN 1234<b></b>56782</p>")] {
        for name in ["a.html", "a.pdf", "a"] {
            let material = read(&pdf(before, behind), name);
            assert!(found(&material), "{before} {name} {material:?}");
            assert!(reasons(&material).contains(&UnreadReason::Damaged), "{name}");
        }
    }
    for (before, behind) in [("", "\n"), ("\u{feff}", "\r\n\0\0"), ("\n\n", "\n\n")] {
        assert!(read(&pdf(before, behind), "a.pdf").is_examined(), "{before:?} {behind:?}");
    }
}

#[test]
fn a_zip_behind_a_file_is_said() {
    let end = [b"PK\x05\x06".as_slice(), &[0; 18]].concat();
    let seven = include_bytes!("../../../../../tests/corpus/documents/plain.7z");
    let mail = compound(&[("__properties_version1.0", b"")]);
    let tar = tar(&[]);
    for (data, name) in [(seven.as_slice(), "a.7z"), (&mail, "a.msg"), (&tar, "a.tar")] {
        assert!(read(data, name).is_examined(), "{name}");
        for name in [name, "a.zip"] {
            assert!(!read(&[data, &end].concat(), name).is_examined(), "{name}");
        }
    }
    // A zip in another file ends near the end as well.
    let inside = compound(&[("__properties_version1.0", end.as_slice())]);
    assert!(read(&inside, "a.msg").is_examined());
    assert!(!read(&inside, "a.zip").is_examined());
    let behind = [seven.as_slice(), b"BSN 123456782"].concat();
    assert_eq!(reasons(&read(&behind, "a.7z")), [UnreadReason::Damaged]);
}

/// A tar of one empty file, with these words at these places of its header.
fn tar(words: &[(usize, &str)]) -> Vec<u8> {
    let mut header = vec![0_u8; 512];
    header[0] = b'a';
    header[124..135].copy_from_slice(b"00000000000");
    header[156] = b'0';
    header[257..265].copy_from_slice(b"ustar  \0");
    for (place, word) in words {
        header[*place..place + word.len()].copy_from_slice(word.as_bytes());
    }
    header.resize(512 * 3, 0);
    header
}

#[test]
fn words_in_a_header_of_a_tar_are_read() {
    for place in [265, 297, 345, 400, 480] {
        let data = tar(&[(place, "BSN 123456782")]);
        assert!(found(&read(&data, "a.tar")), "{place}");
        assert!(!read(&data, "a.html").is_examined(), "{place}");
    }
    let text = format!("{:257}ustar  BSN 123456782", "Dear Bob");
    let material = read(text.as_bytes(), "a.txt");
    assert!(found(&material) && material.is_examined());
}
