//! What holds for every text: the same finds every time, on characters, in order, whatever is left out or stands around.

use super::scan;
use crate::detect::{Builtin, Confidence, DetectorId, Match, Scanner};

/// A mail with most things in it.
const MAIL: &str = "Geachte mevrouw De Vries,

Burgerservicenummer: 1112.22.333, geboren op 12-03-1980, wonende Dorpsstraat 12, 1234 AB Utrecht, telefoon 06-12345678.

Rekening NL91 ABNA 0417 1643 00. Diagnose: astma (J45.9), behandeld met salbutamol (R03AC02).

Naam\tBSN\tPatiëntnummer
Jan\t123456782\tP123456
An\t111222333\tP123457

Wachtwoord: Zomer2024!
DB_PASSWORD=s3cr3t-value
ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8
Paspoort NXR1C2D34, zaaknummer Z/24/123456.
";

#[test]
fn the_same_text_gives_the_same_finds() {
    assert_eq!(scan(MAIL), scan(MAIL));
    assert!(scan(MAIL).len() > 15);
}

#[test]
fn finds_stand_on_characters_and_in_order() {
    let text = MAIL.replace('e', "é").replace(' ', "\u{a0}");
    for text in [MAIL, &text] {
        let found = scan(text);
        assert!(found.iter().all(|m| text.get(m.range.clone()).is_some_and(|value| !value.is_empty())));
        assert!(found.is_sorted_by_key(|m| m.range.start));
    }
}

#[test]
fn lines_may_end_with_cr_lf() {
    let values = |text: &str| -> Vec<(String, String)> {
        let words = |m: Match| (m.detector.to_string(), text[m.range].replace('\r', ""));
        scan(text).into_iter().filter(|m| m.confidence >= Confidence::Medium).map(words).collect()
    };
    assert_eq!(values(MAIL), values(&MAIL.replace('\n', "\r\n")));
}

#[test]
fn leaving_detectors_out_changes_nothing_for_the_others() {
    let all = scan(MAIL);
    for builtin in Builtin::ALL {
        let id = DetectorId::from_builtin(*builtin);
        let mut found = Vec::new();
        Scanner::new(&[]).unwrap().only([&id]).scan(MAIL, &mut |m| found.push(m));
        let wanted: Vec<Match> = all.iter().filter(|m| m.detector == id).cloned().collect();
        assert_eq!(found, wanted, "{id}");
    }
}

#[test]
fn a_find_is_the_same_wherever_a_block_of_the_pass_ends() {
    let alone: Vec<(DetectorId, String)> =
        scan(MAIL).into_iter().map(|m| (m.detector, MAIL[m.range].to_owned())).collect();
    for padding in [0, 63_000, 64_000, 64_500, 65_000, 65_300, 65_536, 66_000, 66_500, 130_000] {
        let text = format!("{}\n\n{MAIL}", "lorem ipsum ".repeat(padding / 12));
        let found: Vec<(DetectorId, String)> =
            scan(&text).into_iter().map(|m| (m.detector, text[m.range].to_owned())).collect();
        assert_eq!(found, alone, "{padding}");
    }
}

#[test]
fn more_text_behind_empty_lines_takes_nothing_away() {
    let alone = scan(MAIL);
    for more in ["order 12", "BSN", "Niets.", "1 2 3 4", "-----BEGIN X-----", "\"", "Utrecht"] {
        let found = scan(&format!("{MAIL}\n\n\n{more}\n"));
        assert!(alone.iter().all(|m| found.contains(m)), "{more:?}");
    }
}

#[test]
fn any_text_is_read_to_its_end() {
    let mut state = 1_u64;
    let pieces = [
        "BSN ",
        "1",
        "23",
        "é",
        "\u{a0}",
        "\u{ad}",
        "-",
        ".",
        "\n",
        "\t",
        "|",
        "password is ",
        "NL91",
        "ABNA",
        "Straat ",
        "x",
        "+31",
        "(0)",
        "0",
        "６",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "=",
        "\"",
        "’",
        "A_KEY=",
        "ß",
        "geb. ",
        "\u{200b}",
        "🦀",
        "zaak ",
        "AB",
        " / ",
        "'t ",
        "nr. ",
        "Flat ",
        "b. ",
        ",",
        "  ",
        "*",
    ];
    for _ in 0..3000 {
        let mut text = String::new();
        for _ in 0..40 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
        }
        for m in scan(&text) {
            assert!(text.get(m.range.clone()).is_some(), "{text:?} {m:?}");
            assert!(!m.masked(&text).is_empty());
        }
    }
}
