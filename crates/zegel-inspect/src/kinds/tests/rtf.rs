//! RTF that Word shows otherwise than a reader of mails.

use zegel_core::material::UnreadReason;

use super::{found, read, reasons};

#[test]
fn what_word_shows_is_read_whatever_html_it_is_said_to_be() {
    for text in [
        r"{\rtf1 Hi \htmlrtf BSN 123456782}",
        r"{\rtf1 {\htmltag BSN 123456782}}",
        r"{\rtf1 {\mhtmltag BSN 123456782}}",
        r"{\rtf1 {\*\htmltag BSN 123456782}}",
        r"{\rtf1 {\*\mhtmltag BSN 123456782}}",
        r"{\rtf1 BSN 123456782\par\fromhtml1{\*\htmltag x}}",
        r"{\rtf1\fromhtml1 {\*\htmltag x}BSN 1234\htmlrtf 5678\htmlrtf0 2}",
        r"{\rtf1\fromhtml1 {\*\htmltag x}BSN 1234\htmlrtf x\htmlrtf0 56782}",
        r"{\rtf1\fromhtml1 {\*\htmltag x}{\htmltag BSN 123456782}}",
        r"{\rtf1{\*\listtable{\list{\listlevel{\leveltext\'10BSN 123456782.;}}}}x}",
        r"{\rtf1{\fonttbl \htmlrtf0 x}BSN 123456782}",
    ] {
        let material = read(text.as_bytes(), "a.rtf");
        assert!(found(&material) && material.is_examined(), "{text} {:?}", material.pieces);
    }
}

#[test]
fn usual_labels_of_lists_are_no_words() {
    let text = r"{\rtf1{\*\listtable{\list{\listlevel{\leveltext\'02\'00.;}{\levelnumbers\'01;}}{\listlevel{\leveltext\'01\u-3913 ?;}}}}x}";
    assert_eq!(read(text.as_bytes(), "a.rtf").pieces.len(), 1);
}

#[test]
fn html_that_outlook_wrapped_is_read_once() {
    let text = r"{\rtf1\ansi\fromhtml1{\fonttbl{\f0 Arial;}}{\*\htmltag64 <p>}Dear Bob\htmlrtf\par\htmlrtf0 {\*\htmltag72 </p>}}";
    let material = read(text.as_bytes(), "a.rtf");
    assert_eq!(material.pieces.len(), 1, "{:?}", material.pieces);
    assert!(material.is_examined());
}

#[test]
fn a_control_word_may_be_a_substitute_or_not() {
    let skipped = r"{\rtf1 BSN \uc1 \u49\b0 2\u51\b0 4\u53\b0 6\u55\b0 8\u50\b0 }";
    let obeyed = r"{\rtf1 BSN \uc1 \u49\b0 x2\u51\b0 x4\u53\b0 x6\u55\b0 x8\u50\b0 }";
    for text in [skipped, obeyed] {
        let material = read(text.as_bytes(), "a.rtf");
        assert!(found(&material) && material.is_examined(), "{text} {:?}", material.pieces);
    }
    assert_eq!(read(br"{\rtf1 \u8364?\'80 \uc0\u8364\b x}", "a.rtf").pieces.len(), 1);
}

#[test]
fn what_follows_the_last_group_is_read_or_said() {
    assert_eq!(reasons(&read(b"{\\rtf1}}<p>BSN 123456782</p>", "a.rtf")), [UnreadReason::Damaged]);
    assert!(found(&read(b"{\\rtf1}}<p>BSN 1234<b></b>56782</p>", "a.html")));
    assert!(read(b"{\\rtf1 x}}\r\n\0", "a.rtf").is_examined());
}
