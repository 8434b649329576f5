//! The documents of `corpus/documents`, made with the libraries that people make documents with.

use std::fs;

use zegel_core::material::{FileKind, Mark, Origin, UnreadReason};
use zegel_inspect::inspect;

use super::{folder, inspector, outermost, patient, places, reasons};

/// What a document must give.
struct Expected {
    file: &'static str,
    kind: FileKind,
    /// Texts and where they must be found.
    texts: &'static [(&'static str, &'static str)],
    marks: &'static [Mark],
    unread: &'static [UnreadReason],
}

use FileKind::{Archive, Document, Mail, Pdf, Presentation, Spreadsheet};
use Mark::{EmbeddedFiles, Encrypted, HiddenContent, Macros};

const EXPECTED: &[Expected] = &[
    Expected {
        file: "clients.ods",
        kind: Spreadsheet,
        texts: &[
            ("Bob Example\t\t\t\t\t123456782", "table Clients shown"),
            ("in a hidden column", "table Clients hidden"),
            ("row that is hidden", "table Clients hidden"),
            ("far down", "table Clients shown"),
            ("in a hidden sheet", "table Hidden hidden"),
        ],
        marks: &[HiddenContent],
        unread: &[],
    },
    Expected {
        file: "clients.xlsx",
        kind: Spreadsheet,
        texts: &[
            ("Bob Example\t012345672\t1984-03-12\t\t1250.5", "table Clients shown"),
            ("in a hidden column", "table Clients hidden"),
            ("row that is hidden", "table Clients hidden"),
            ("far down", "table Clients shown"),
            ("in a hidden sheet", "table Hidden hidden"),
            ("in a very hidden sheet", "table Very hidden hidden"),
            ("comment on a cell", "comments hidden"),
            ("shown in the page header", "text shown"),
            ("defined name value", "metadata hidden"),
            ("Meta Author", "metadata hidden"),
        ],
        marks: &[HiddenContent],
        unread: &[],
    },
    Expected {
        file: "font.pdf",
        kind: Pdf,
        texts: &[(
            "shown with a font of its own: Ünal Žižek, αβγ, 123456782\ncell A1 cell B1\n",
            "page 1 shown",
        )],
        marks: &[],
        unread: &[],
    },
    Expected {
        file: "forwarded.eml",
        kind: Mail,
        texts: &[
            ("outer subject: één", "text shown"),
            ("Zoë Bob", "text shown"),
            ("internal header value", "metadata hidden"),
            ("plain body of the mail", "text shown"),
            ("html body of the mail", "text shown"),
            ("note in the html", "comments hidden"),
            ("012345672", "table Clients shown"),
            ("subject of the inner mail", "text shown"),
            ("body of the inner mail", "text shown"),
        ],
        marks: &[HiddenContent],
        unread: &[],
    },
    Expected {
        file: "forwarded.msg",
        kind: Mail,
        texts: &[
            ("outer subject: één", "text shown"),
            ("bob@example.org", "text shown"),
            ("internal header value", "metadata hidden"),
            ("plain body of the mail", "text shown"),
            ("html body of the mail", "text shown"),
            ("012345672", "table Clients shown"),
            ("subject of the inner mail", "text shown"),
            ("body of the inner mail", "text shown"),
        ],
        marks: &[HiddenContent],
        unread: &[],
    },
    Expected {
        file: "letter.docx",
        kind: Document,
        texts: &[
            (
                "shown in the body: Patiënt Bob, BSN 123456782\nsplittogether\ncell A1\tcell B1\n",
                "text shown",
            ),
            ("inserted by change", "text shown"),
            ("shown in the header", "text shown"),
            ("shown in the footer", "text shown"),
            ("shown in a footnote", "text shown"),
            ("hidden run text", "text hidden"),
            ("deleted by change", "comments hidden"),
            ("comment by the reviewer", "comments shown"),
            ("Carol Commenter", "metadata hidden"),
            ("Meta Title", "metadata hidden"),
            ("inside the embedded sheet", "table Embedded shown"),
            ("words in a text box", "text shown"),
        ],
        marks: &[EmbeddedFiles, HiddenContent],
        unread: &[],
    },
    Expected {
        file: "letter.fodt",
        kind: Document,
        texts: &[
            ("shown in the body: Patiënt Bob", "text shown"),
            ("hidden run text", "text hidden"),
            ("deleted by change", "comments hidden"),
            ("comment by the reviewer", "comments shown"),
        ],
        marks: &[HiddenContent],
        unread: &[],
    },
    Expected {
        file: "letter.odt",
        kind: Document,
        texts: &[
            ("shown in the body: Patiënt Bob\ncell A1\tcell B1", "text shown"),
            ("shown in the header", "text shown"),
            ("hidden run text", "text hidden"),
            ("deleted by change", "comments hidden"),
            ("Carol Commenter comment by the reviewer", "comments shown"),
            ("Meta Title", "metadata hidden"),
        ],
        marks: &[HiddenContent],
        unread: &[],
    },
    Expected {
        file: "letter.pdf",
        kind: Pdf,
        texts: LETTER_PDF,
        marks: &[EmbeddedFiles, HiddenContent, Macros],
        unread: &[],
    },
    Expected {
        file: "letter.rtf",
        kind: Document,
        texts: &[
            (
                "shown in the body: Patiënt Bob, BSN 123456782\nsplittogether\ncell A1\tcell B1\t\n",
                "text shown",
            ),
            ("shown in the header", "text shown"),
            ("hidden run text", "text hidden"),
            ("deleted by change", "comments hidden"),
            ("comment by the reviewer", "comments hidden"),
            ("Meta Author", "metadata hidden"),
        ],
        marks: &[HiddenContent],
        unread: &[],
    },
    Expected { file: "macros.docm", kind: Document, texts: &[], marks: &[Macros], unread: &[] },
    Expected {
        file: "names.7z",
        kind: Archive,
        texts: &[],
        marks: &[Encrypted],
        unread: &[UnreadReason::Encrypted],
    },
    Expected { file: "nested.tar.bz2", kind: Archive, texts: NESTED, marks: &[], unread: &[] },
    Expected { file: "nested.tar.gz", kind: Archive, texts: NESTED, marks: &[], unread: &[] },
    Expected { file: "nested.tar.xz", kind: Archive, texts: NESTED, marks: &[], unread: &[] },
    Expected { file: "nested.tar.zst", kind: Archive, texts: NESTED, marks: &[], unread: &[] },
    Expected {
        file: "office.pdf",
        kind: Pdf,
        texts: &[
            (
                "shown in the body: Patiënt Bob, BSN 123456782\nsplittogether\ncell A1 cell B1\n",
                "page 1 shown",
            ),
            ("Meta Author", "metadata hidden"),
        ],
        marks: &[],
        unread: &[],
    },
    Expected {
        file: "old-letter.doc",
        kind: Document,
        texts: &[
            ("shown in the body: Patiënt Bob, BSN 123456782", "text shown"),
            ("splittogether", "text shown"),
            ("cell A1\tcell B1\t", "text shown"),
            ("shown in the header", "text shown"),
            ("comment by the reviewer", "comments shown"),
            ("hidden run text", "text shown"),
            ("Meta Author", "metadata hidden"),
        ],
        marks: &[HiddenContent],
        unread: &[],
    },
    Expected {
        file: "old-talk.ppt.gz",
        kind: Archive,
        texts: &[
            ("shown on slide one", "text shown"),
            ("speaker notes of slide one", "text shown"),
            ("on a hidden slide", "text shown"),
        ],
        marks: &[],
        unread: &[],
    },
    Expected {
        file: "old.xls",
        kind: Spreadsheet,
        texts: &[
            ("in an old sheet: Ünal\t111222333\t2026-01-02 03:04", "table Clients shown"),
            ("in an old hidden sheet", "table Hidden hidden"),
        ],
        marks: &[HiddenContent],
        unread: &[],
    },
    Expected {
        file: "password.7z",
        kind: Archive,
        texts: &[],
        marks: &[Encrypted],
        unread: &[UnreadReason::Encrypted],
    },
    Expected {
        file: "password.docx",
        kind: Document,
        texts: &[],
        marks: &[Encrypted],
        unread: &[UnreadReason::Encrypted],
    },
    Expected {
        file: "password.pdf",
        kind: Pdf,
        texts: &[],
        marks: &[Encrypted],
        unread: &[UnreadReason::Encrypted],
    },
    Expected {
        file: "password.zip",
        kind: Archive,
        texts: &[],
        marks: &[Encrypted],
        unread: &[UnreadReason::Encrypted],
    },
    Expected {
        file: "plain.7z",
        kind: Archive,
        texts: &[("text in the archive: Ünal", "text shown"), ("splittogether", "text shown")],
        marks: &[],
        unread: &[],
    },
    Expected {
        file: "plain.zip",
        kind: Archive,
        texts: &[("text in the archive: Ünal", "text shown"), ("splittogether", "text shown")],
        marks: &[],
        unread: &[],
    },
    Expected {
        file: "restricted.pdf",
        kind: Pdf,
        texts: LETTER_PDF,
        marks: &[EmbeddedFiles, HiddenContent, Macros],
        unread: &[],
    },
    Expected {
        file: "scan.docx",
        kind: Document,
        texts: &[],
        marks: &[],
        unread: &[UnreadReason::ImageOnly],
    },
    Expected { file: "scan.pdf", kind: Pdf, texts: &[], marks: &[], unread: &[UnreadReason::ImageOnly] },
    Expected {
        file: "talk.odp",
        kind: Presentation,
        texts: &[
            ("shown on slide one", "slide 1 shown"),
            ("on a hidden slide", "slide 2 hidden"),
            ("speaker notes of slide one", "comments hidden"),
        ],
        marks: &[HiddenContent],
        unread: &[],
    },
    Expected {
        file: "talk.pptx",
        kind: Presentation,
        texts: &[
            ("shown title\nshown on slide one", "slide 1 shown"),
            ("speaker notes of slide one", "comments hidden"),
            ("title of the hidden slide", "slide 2 hidden"),
            ("slide cell A\tslide cell B", "slide 2 hidden"),
            ("alternative text of a picture", "metadata hidden"),
            ("Meta Author", "metadata hidden"),
        ],
        marks: &[HiddenContent],
        unread: &[],
    },
    Expected {
        file: "textbox.xlsx",
        kind: Spreadsheet,
        texts: &[
            ("inside the embedded sheet", "table Embedded shown"),
            ("words in a text box", "text shown"),
        ],
        marks: &[],
        unread: &[],
    },
];

const LETTER_PDF: &[(&str, &str)] = &[
    ("shown on page one: Patiënt Bob, BSN 123456782\nsecond column", "page 1 shown"),
    ("invisible text of a scanner", "page 1 hidden"),
    ("shown on page two", "page 2 shown"),
    ("value of a form field", "text shown"),
    ("comment on a page", "comments shown"),
    ("text of a script", "text hidden"),
    ("Meta Title", "metadata hidden"),
    ("text of the embedded file", "text shown"),
];

const NESTED: &[(&str, &str)] = &[
    ("text in the archive: Ünal", "text shown"),
    ("inside the embedded sheet", "table Embedded shown"),
    ("splittogether", "text shown"),
];

#[test]
fn every_kind_of_document_gives_its_text_and_where_it_stands() {
    for expected in EXPECTED {
        let file = expected.file;
        let material = inspect(&fs::read(folder().join(file)).unwrap(), file, "", &patient());
        for (text, place) in expected.texts {
            let found = places(&material, text);
            assert!(
                found.iter().any(|found| found == place),
                "{file}: {text:?} at {found:?}, not at {place:?}"
            );
        }
        let facts = outermost(&material);
        assert_eq!(facts.kind, expected.kind, "{file}");
        assert_eq!(facts.marks, expected.marks, "{file}");
        assert_eq!(facts.length, fs::metadata(folder().join(file)).unwrap().len(), "{file}");
        assert_eq!(reasons(&material), expected.unread, "{file}");
    }
}

#[test]
fn every_document_of_the_folder_is_expected() {
    let mut found: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "make.py")
        .collect();
    found.sort();
    let expected: Vec<&str> = EXPECTED.iter().map(|expected| expected.file).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_child_says_the_same_as_the_library() {
    let mut child = inspector(patient());
    for expected in EXPECTED {
        let data = fs::read(folder().join(expected.file)).unwrap();
        let through_child = child.inspect(expected.file, "", data.as_slice());
        assert_eq!(through_child, inspect(&data, expected.file, "", &patient()), "{}", expected.file);
    }
}

#[test]
fn a_file_in_a_file_has_the_names_from_the_outside_in() {
    let data = fs::read(folder().join("nested.tar.gz")).unwrap();
    let material = inspect(&data, "nested.tar.gz", "", &patient());
    let sheet =
        material.pieces.iter().rfind(|piece| piece.text.contains("inside the embedded sheet")).unwrap();
    let Origin::Attachment(names) = &sheet.origin else { panic!("{:?}", sheet.origin) };
    assert_eq!(names[..2], ["nested.tar.gz", "nested.tar"]);
    let is_deep = |origin: &Origin| matches!(origin, Origin::Attachment(names) if names.len() == 5);
    assert!(material.pieces.iter().any(|piece| is_deep(&piece.origin)));
}

#[test]
fn what_was_read_before_a_file_breaks_off_is_kept() {
    let data = fs::read(folder().join("nested.tar.gz")).unwrap();
    let material = inspect(&data[..data.len() / 2], "nested.tar.gz", "", &patient());
    assert!(!places(&material, "text in the archive").is_empty());
    assert!(reasons(&material).contains(&UnreadReason::Damaged));
    for file in ["letter.docx", "letter.pdf", "clients.xlsx", "old.xls", "forwarded.msg", "plain.7z"] {
        let data = fs::read(folder().join(file)).unwrap();
        for part in [1, 3, 9] {
            let material = inspect(&data[..data.len() * part / 10], file, "", &patient());
            assert!(!material.is_examined(), "{file} cut at {part}/10 is called examined");
        }
    }
}
