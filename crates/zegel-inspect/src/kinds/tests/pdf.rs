//! Text that a PDF draws outside the content of its pages, or behind an inline image.

use lopdf::{Dictionary, Document, Object, Stream, dictionary};

use zegel_core::material::UnreadReason;

use super::{found, read, reasons};

const DRAWS: &[u8] = b"BT /F1 12 Tf (BSN 123456782) Tj ET";

/// What a page needs: its content, its resources, its comments.
type Make = dyn Fn(&mut Document) -> (Vec<u8>, Dictionary, Vec<Object>);

fn letters() -> Dictionary {
    dictionary! { "F1" => dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" } }
}

fn form(pdf: &mut Document, more: Dictionary) -> Object {
    let mut own = dictionary! { "Subtype" => "Form", "Resources" => dictionary! { "Font" => letters() } };
    own.extend(&more);
    Object::Reference(pdf.add_object(Stream::new(own, DRAWS.to_vec())))
}

fn file(make: &Make) -> Vec<u8> {
    let mut pdf = Document::with_version("1.4");
    let (content, mut resources, comments) = make(&mut pdf);
    if resources.get(b"Font").is_err() {
        resources.set("Font", letters());
    }
    let content = pdf.add_object(Stream::new(Dictionary::new(), content));
    let pages = pdf.new_object_id();
    let page = pdf.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "Contents" => content, "Resources" => resources, "Annots" => comments,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    });
    pdf.set_object(pages, dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 });
    let root = pdf.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    pdf.trailer.set("Root", root);
    let mut out = Vec::new();
    pdf.save_to(&mut out).unwrap();
    out
}

const HELLO: &[u8] = b"BT /F1 12 Tf (Dear Bob, this is a letter of some length to you) Tj ET ";

#[test]
fn drawings_beside_the_content_are_read() {
    let stamp = |pdf: &mut Document| {
        let look = form(pdf, Dictionary::new());
        let comment = dictionary! { "Subtype" => "Stamp", "Contents" => Object::string_literal("ok"), "AP" => dictionary! { "N" => look } };
        (HELLO.to_vec(), Dictionary::new(), vec![comment.into()])
    };
    let states = |pdf: &mut Document| {
        let look = form(pdf, Dictionary::new());
        let comment = dictionary! { "Subtype" => "Widget", "AP" => dictionary! { "N" => dictionary! { "On" => look } } };
        (HELLO.to_vec(), Dictionary::new(), vec![Object::Reference(pdf.add_object(comment))])
    };
    let pattern = |pdf: &mut Document| {
        let look = form(pdf, dictionary! { "PatternType" => 1 });
        let resources = dictionary! { "Pattern" => dictionary! { "P1" => look } };
        ([HELLO, b"/Pattern cs /P1 scn 0 0 100 100 re f"].concat(), resources, vec![])
    };
    let mask = |pdf: &mut Document| {
        let look = form(pdf, Dictionary::new());
        let state = dictionary! { "SMask" => dictionary! { "S" => "Alpha", "G" => look } };
        (
            [HELLO, b"/G1 gs 0 0 100 100 re f"].concat(),
            dictionary! { "ExtGState" => dictionary! { "G1" => state } },
            vec![],
        )
    };
    let glyph = |pdf: &mut Document| {
        let look = form(pdf, Dictionary::new());
        let mut fonts = letters();
        fonts.set("F2", dictionary! { "Subtype" => "Type3", "CharProcs" => dictionary! { "a" => look }, "Resources" => dictionary! { "Font" => letters() } });
        ([HELLO, b"BT /F2 12 Tf (a) Tj ET"].concat(), dictionary! { "Font" => fonts }, vec![])
    };
    let all: [(&str, &Make); 5] =
        [("stamp", &stamp), ("states", &states), ("pattern", &pattern), ("mask", &mask), ("glyph", &glyph)];
    for (name, make) in all {
        let material = read(&file(make), "a.pdf");
        assert!(found(&material) && material.is_examined(), "{name} {material:?}");
    }
    // The value of a field is not read twice.
    let field = |pdf: &mut Document| {
        let look = form(pdf, Dictionary::new());
        let value = Object::string_literal("BSN 123456782");
        let comment = dictionary! { "Subtype" => "Widget", "FT" => "Tx", "V" => value, "AP" => dictionary! { "N" => look } };
        (HELLO.to_vec(), Dictionary::new(), vec![comment.into()])
    };
    let material = read(&file(&field), "a.pdf");
    assert_eq!(material.pieces.iter().filter(|piece| piece.text.contains("123456782")).count(), 1);
}

#[test]
fn inline_images_swallow_nothing() {
    let page = |middle: &'static [u8]| {
        file(&move |_: &mut Document| ([HELLO, middle, DRAWS].concat(), Dictionary::new(), vec![]))
    };
    for middle in [
        &b"BI /W 1 /H 1 /BPC 8 /CS /G ID xEI "[..],
        b"BI /W 1 /IM true /H 1 ID xEI ",
        b"BI /W 2 /H 2 /BPC 8 /CS /G ID EI (EI ",
        b"BI /W 1 /H 1 /F /AHx ID 00>\nEI ",
        b"BI /W 1 /H 1 /F /AHx ID 00>EI ",
    ] {
        let material = read(&page(middle), "a.pdf");
        assert!(found(&material) && material.is_examined(), "{material:?}");
    }
    for middle in [&b"BI /W 9 /H 9 /F /Fl ID x"[..], b"(never ends "] {
        assert_eq!(reasons(&read(&page(middle), "a.pdf")), [UnreadReason::Damaged]);
    }
}
