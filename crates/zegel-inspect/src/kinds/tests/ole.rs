//! Compound files with more than one owner, and what old Office files hold besides text.

use std::io::Write;

use zegel_core::material::{Mark, UnreadReason};

use super::{NUMBER, compound, found, read, reasons};

/// A Word file of 1997 with this text, and its table.
fn letter(text: &str) -> (Vec<u8>, Vec<u8>) {
    let mut main = vec![0_u8; 0x400];
    main[..2].copy_from_slice(&0xa5ec_u16.to_le_bytes());
    let length = u32::try_from(text.len()).unwrap();
    main[0x4c..0x50].copy_from_slice(&length.to_le_bytes());
    main.extend_from_slice(text.as_bytes());
    // One piece, in eight bits.
    let mut table = vec![2];
    table.extend(16_u32.to_le_bytes());
    table.extend(0_u32.to_le_bytes());
    table.extend(length.to_le_bytes());
    table.extend([0, 0]);
    table.extend((0x4000_0000_u32 | (0x400 * 2)).to_le_bytes());
    table.extend([0, 0]);
    let size = u32::try_from(table.len()).unwrap();
    main[0x1a6..0x1aa].copy_from_slice(&size.to_le_bytes());
    (main, table)
}

fn record(version: u16, kind: u16, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    [&version.to_le_bytes()[..], &kind.to_le_bytes(), &length, content].concat()
}

#[test]
fn a_second_main_stream_hides_nothing() {
    let (main, table) = letter(&format!("BSN {NUMBER}\r"));
    let alone = [("WordDocument", main.as_slice()), ("0Table", &table)];
    let material = read(&compound(&alone), "a.doc");
    assert!(found(&material) && material.is_examined(), "{material:?}");
    for other in ["__properties_version1.0", "Workbook", "VisioDocument", "PowerPoint Document"] {
        let both = [&alone[..], &[(other, b"".as_slice())]].concat();
        let material = read(&compound(&both), "a.doc");
        assert!(found(&material), "{other}");
        assert!(reasons(&material).contains(&UnreadReason::UnknownKind) || other == "Workbook", "{other}");
        assert!(!material.is_examined(), "{other}");
    }
}

#[test]
fn every_text_of_a_mail_of_outlook_is_read() {
    let wide: Vec<u8> = format!("BSN {NUMBER}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let narrow = format!("BSN {NUMBER}").into_bytes();
    let page: Vec<u8> = "<p>BSN 1234<b></b>56782".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, content) in [
        ("__substg1.0_1013001F", page.as_slice()),
        ("__substg1.0_1013001E", b"<p>BSN 1234<b></b>56782"),
        ("__substg1.0_8005001F", &wide),
        ("__substg1.0_8005001E", &narrow),
        ("__substg1.0_8006101F-00000000", &wide),
        ("__substg1.0_3A1C001F", &wide),
        ("__recip_version1.0_#00000000/__substg1.0_3A1C001F", &wide),
        ("__substg1.0_0037001E", &narrow),
        ("__substg1.0_1000001E", &narrow),
    ] {
        let plain: Vec<u8> = "x".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mail = compound(&[
            ("__properties_version1.0", b"".as_slice()),
            ("__substg1.0_0037001F", &plain),
            ("__substg1.0_1000001F", &plain),
            (name, content),
        ]);
        let material = read(&mail, "a.msg");
        assert!(found(&material) && material.is_examined(), "{name} {material:?}");
    }
}

#[test]
fn scans_in_old_letters_and_slides_are_said() {
    for (text, data) in [("\u{1}\r", &b""[..]), ("\u{8}\r", b""), ("\r", b"\x44\0picture")] {
        let (main, table) = letter(text);
        let streams = [("WordDocument", main.as_slice()), ("0Table", &table), ("Data", data)];
        assert_eq!(reasons(&read(&compound(&streams), "a.doc")), [UnreadReason::ImageOnly]);
    }
    let (main, table) = letter("\r");
    assert!(read(&compound(&[("WordDocument", &main), ("0Table", &table)]), "a.doc").is_examined());
    let click = record(0, 0x0fa8, b"Click to edit the title");
    let master = record(0xf, 0x03f8, &click);
    let slide = record(0xf, 0x03ee, &record(0, 0x0fa8, b"Dear Bob"));
    let talk = |records: &[&[u8]]| {
        compound(&[("PowerPoint Document", records.concat().as_slice()), ("Pictures", b"picture")])
    };
    assert_eq!(reasons(&read(&talk(&[&master]), "a.ppt")), [UnreadReason::ImageOnly]);
    assert!(read(&talk(&[&master, &slide]), "a.ppt").is_examined());
}

#[test]
fn objects_in_old_slides_are_read() {
    let (main, table) = letter(&format!("BSN {NUMBER}\r"));
    let inner = compound(&[("WordDocument", main.as_slice()), ("0Table", &table)]);
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&inner).unwrap();
    let packed = [&u32::try_from(inner.len()).unwrap().to_le_bytes()[..], &packer.finish().unwrap()].concat();
    for object in [record(0, 0x1011, &inner), record(0x10, 0x1011, &packed)] {
        let material = read(&compound(&[("PowerPoint Document", object.as_slice())]), "a.ppt");
        assert!(found(&material) && material.is_examined(), "{material:?}");
        assert!(material.files.iter().any(|facts| facts.marks == [Mark::EmbeddedFiles]));
    }
    let strange = compound(&[("Equation Native", b"x".as_slice())]);
    let material =
        read(&compound(&[("PowerPoint Document", record(0, 0x1011, &strange).as_slice())]), "a.ppt");
    assert_eq!(reasons(&material), [UnreadReason::UnknownKind]);
    let code = compound(&[("VBA/_VBA_PROJECT", b"x".as_slice()), ("PROJECT", b"x")]);
    let material = read(&compound(&[("PowerPoint Document", record(0, 0x1011, &code).as_slice())]), "a.ppt");
    assert!(material.is_examined());
    assert_eq!(material.files[0].marks, [Mark::Macros]);
}
