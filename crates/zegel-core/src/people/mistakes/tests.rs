use super::*;
use crate::material::{Piece, Spot, Visibility};
use crate::people::{Ledger, Mail, Organisation, classify};
use crate::time::Timestamp;

fn mailbox(text: &str) -> Mailbox {
    match text.split_once(" <") {
        Some((name, rest)) => {
            Mailbox { address: rest.trim_end_matches('>').parse().unwrap(), name: Some(name.to_owned()) }
        }
        None => Mailbox::from(text.parse::<Address>().unwrap()),
    }
}

fn history() -> Ledger {
    let mut ledger = Ledger::new([7; 32]);
    let to = [mailbox("Karin Mulder <k.mulder@example.org>"), mailbox("Bob de Vries <bob@example.org>")];
    ledger.record(&Mail { at: Timestamp::from_unix(5), id: None, to: &to });
    ledger
}

struct Sample<'a> {
    to: &'a [&'a str],
    body: &'a str,
    files: &'a [&'a str],
    page: &'a str,
    kind: Kind,
}

const PLAIN: Sample<'_> =
    Sample { to: &["Bob de Vries <bob@example.org>"], body: "", files: &[], page: "", kind: Kind::New };

/// Returns what is found, each with the words that gave it away.
fn found(sample: &Sample<'_>) -> Vec<(Mistake, String)> {
    let sender = mailbox("Alice Jansen <alice@hospital.example>");
    let mailboxes: Vec<Mailbox> =
        sample.to.iter().map(|text| mailbox(text.trim_start_matches("bcc:"))).collect();
    let organisation =
        Organisation { domains: vec!["hospital.example".parse().unwrap()], ..Organisation::default() };
    let groups = classify(&sender.address, &mailboxes, &organisation, &history());
    let recipients: Vec<Recipient<'_>> = mailboxes
        .iter()
        .zip(&groups)
        .zip(sample.to)
        .map(|((mailbox, groups), text)| {
            let shown = if text.starts_with("bcc:") { Shown::Blind } else { Shown::Visible };
            Recipient { mailbox, groups, shown }
        })
        .collect();
    let piece = |origin, spot, text: &str| Piece {
        origin,
        spot,
        visibility: Visibility::Shown,
        text: text.to_owned(),
    };
    let material = Material {
        pieces: vec![
            piece(Origin::Subject, Spot::Text, "see attached"),
            piece(Origin::Body, Spot::Text, sample.body),
            piece(Origin::Attachment(vec!["a.pdf".to_owned()]), Spot::Page(1), sample.page),
            piece(Origin::Attachment(vec!["a.pdf".to_owned()]), Spot::Page(2), "Aan: Karin Mulder"),
        ],
        ..Material::default()
    };
    let files: Vec<String> = sample.files.iter().map(|name| (*name).to_owned()).collect();
    let draft = Draft {
        sender: &sender,
        recipients: &recipients,
        material: &material,
        files: &files,
        kind: sample.kind,
        visible_max: 3,
    };
    let slips = find(&draft, &history());
    for slip in &slips {
        if let Place::Text { piece, range } = &slip.place {
            assert_eq!(material.pieces[*piece].text.get(range.clone()), Some(slip.words.as_str()));
        }
        assert!(!format!("{slip:?}").contains(&slip.words));
    }
    slips.into_iter().map(|slip| (slip.mistake, slip.words)).collect()
}

fn words_of(mistake: Mistake, sample: &Sample<'_>) -> Vec<String> {
    found(sample).into_iter().filter(|(found, _)| *found == mistake).map(|(_, words)| words).collect()
}

#[test]
fn names_read_back() {
    for mistake in Mistake::ALL {
        assert_eq!(mistake.to_string().parse(), Ok(mistake));
    }
    assert!("attachment".parse::<Mistake>().is_err());
}

#[test]
fn an_attachment_that_was_promised() {
    for (body, words) in [
        ("Beste Bob,\n\nBijgevoegd vind je het verslag.\n", "Bijgevoegd"),
        ("Zie bijlage.", "Zie bijlage"),
        ("De bijlage volgt: zie bijlage", "zie bijlage"),
        ("De uitslag staat in de bijlage.", "in de bijlage"),
        ("Hierbij stuur ik u de brief.", "Hierbij stuur ik"),
        ("Bijgaand treft u de verwijsbrief aan.", "Bijgaand"),
        ("Het verslag heb ik als bijlage toegevoegd.", "als bijlage"),
        ("De scan is meegestuurd.", "meegestuurd"),
        ("Please find attached the minutes.", "find attached"),
        ("Please find enclosed our quote.", "Please find enclosed"),
        ("I've attached the report.", "ve attached"),
        ("I attach the letter", "I attach"),
        ("See the attached file", "See the attached"),
        ("The attached report says it all.", "attached report"),
        ("The results are attached to this email.", "are attached"),
        ("Dank.\nGroet,\nAlice\n\nPS: bijgevoegd de foto\n", "bijgevoegd"),
        ("On Monday 3 May 2026 Bob wrote:\n> did you send it?\n\nYes, see attachment.\n", "see attachment"),
        ("The\nresults are\nattached", "are\nattached"),
    ] {
        assert_eq!(words_of(Mistake::MissingAttachment, &Sample { body, ..PLAIN }), [words], "{body:?}");
        for files in [&["verslag.pdf"][..], &["image001.png", "letter.docx"]] {
            assert!(words_of(Mistake::MissingAttachment, &Sample { body, files, ..PLAIN }).is_empty());
        }
        let logo = &["image001.png", "logo.gif"];
        assert_eq!(words_of(Mistake::MissingAttachment, &Sample { body, files: logo, ..PLAIN }), [words]);
    }
}

#[test]
fn words_that_promise_nothing() {
    for body in [
        "",
        "Dank voor uw bijlage.",
        "Ik kon de bijlage niet openen.",
        "Er is geen bijlage bijgevoegd.",
        "Ik stuur het zonder bijlage.",
        "Dat stond in de bijlage van uw mail.",
        "Zie bijlage 3 van de wet.",
        "Uw bijgevoegde formulier is verwerkt.",
        "Morgen stuur ik het als bijlage.",
        "> Bijgevoegd het verslag\n\nDank!",
        "Dank!\n\nOp ma 3 mei 2026 om 10:00 schreef Bob <bob@example.org>:\nBijgevoegd het verslag\n",
        "Dank!\n\nOp ma 3 mei 2026 om 10:00\nschreef Bob de Vries <bob@example.org> het volgende:\n\nZie bijlage\n",
        "Thanks!\n\nOn Mon, 3 May 2026, Bob wrote:\n\n> Please find attached\n",
        "Thanks!\n-----Original Message-----\nFrom: Bob\nPlease find attached the file.\n",
        "Dank!\n\n-----Oorspronkelijk bericht-----\nZie bijlage\n",
        "Thanks\n\n________________________________\nFrom: Bob\nSent: Monday\nTo: Alice\n\nSee attached\n",
        "Dank\n\nVan: Bob\nVerzonden: maandag\nAan: Alice\n\nZie bijlage\n",
        "FYI\n\n---------- Forwarded message ---------\nSee attached\n",
        "Hello\n-- \nSee attached disclaimer\n",
        "Hello\n\nKind regards,\nAlice\nThis e-mail and the attached files are confidential.\n",
        "Dag\n\nMet vriendelijke groet,\nAlice\nDit bericht en bijgevoegde bestanden zijn vertrouwelijk.\n",
        "I did not see attachment two.",
        "I am attached to the ward.",
        "We are very attached to him.",
        "Your attached report was fine.",
        "There is no file attached.",
        "Het verslag volgt als bijlage.",
        "Attachment theory is about children.",
        "The detached house is for sale.",
    ] {
        assert!(words_of(Mistake::MissingAttachment, &Sample { body, ..PLAIN }).is_empty(), "{body:?}");
    }
}

#[test]
fn a_greeting_to_somebody_else() {
    for (body, to, words) in [
        ("Beste Jan,\n", "Bob de Vries <bob@example.org>", "Jan"),
        ("Hi Karin,\n", "Bob de Vries <bob@example.org>", "Karin"),
        ("Dear Dr Smith,\n", "Bob de Vries <bob@example.org>", "Smith"),
        ("Geachte mevrouw De Wit,\n", "Bob de Vries <bob@example.org>", "De Wit"),
        ("Geachte heer Jansen:\n", "b.devries@example.org", "Jansen"),
        ("Hallo Piet!\n", "bob.devries@example.org", "Piet"),
        ("Ref. 12\n\nBeste Bob Bakker,\n", "Bob de Vries <bob@example.org>", "Bob Bakker"),
        ("Hoi Bob en Truus,\n", "Bob de Vries <bob@example.org>", "Truus"),
        ("hi truus,\n", "Bob de Vries <bob@example.org>", "truus"),
        ("Dear Karin\n\nHere it is.", "Bob de Vries <bob@example.org>", "Karin"),
        ("Good morning Karin, how are you?\n", "Bob de Vries <bob@example.org>", "Karin"),
    ] {
        assert_eq!(
            words_of(Mistake::Greeting, &Sample { body, to: &[to], ..PLAIN }),
            [words],
            "{body:?} {to}"
        );
    }
}

#[test]
fn greetings_that_fit_or_greet_nobody() {
    for (body, to) in [
        ("Beste Bob,\n", "Bob de Vries <bob@example.org>"),
        ("Geachte heer De Vries,\n", "Bob de Vries <bob@example.org>"),
        ("Geachte heer de Vries,\n", "b.devries@example.org"),
        ("Geachte dr. Vries,\n", "Bob de Vries <bob@example.org>"),
        ("Dear Robert,\n", "Bob de Vries <bob@example.org>"),
        ("Dear Johannes,\n", "Jan Smit <jan@example.org>"),
        ("Beste Jansen,\n", "P. Janssen <p@example.org>"),
        ("Hi Rob,\n", "robert@example.org"),
        ("Hi Bj\u{f6}rn,\n", "bjorn.borg@example.org"),
        ("Beste collega's,\n", "Bob de Vries <bob@example.org>"),
        ("Dear all,\n", "Bob de Vries <bob@example.org>"),
        ("Geachte heer/mevrouw,\n", "Bob de Vries <bob@example.org>"),
        ("Geachte heer, mevrouw,\n", "Bob de Vries <bob@example.org>"),
        ("Dear Sir or Madam,\n", "Bob de Vries <bob@example.org>"),
        ("Geachte dames en heren,\n", "Bob de Vries <bob@example.org>"),
        ("Hi there,\n", "Bob de Vries <bob@example.org>"),
        ("Hi,\nKarin asked me to write.", "Bob de Vries <bob@example.org>"),
        ("Hi Bob just a note about Karin\n", "Bob de Vries <bob@example.org>"),
        ("Hallo allemaal!\n", "Bob de Vries <bob@example.org>"),
        ("Beste wensen voor Karin\n", "Bob de Vries <bob@example.org>"),
        ("Goedemorgen,\n", "Bob de Vries <bob@example.org>"),
        ("Beste ouders van Karin,\n", "Bob de Vries <bob@example.org>"),
        ("Beste Karin,\n", "info@example.org"),
        ("Beste Karin,\n", "u0123456@example.org"),
        ("Beste Karin,\n", "km@example.org"),
        ("Beste Zilveren Kruis,\n", "Polis <polis@zilverenkruis.example>"),
        ("> Beste Karin,\n\nDank.\n", "Bob de Vries <bob@example.org>"),
        ("Dank je.\n\nOp 3 mei 2026 schreef Bob:\n> Beste Alice,\n", "Bob de Vries <bob@example.org>"),
        ("Dear Miss O'Brien,\n", "Sinead O\u{2019}Brien <s@example.org>"),
    ] {
        let slips = words_of(Mistake::Greeting, &Sample { body, to: &[to], ..PLAIN });
        assert!(slips.is_empty(), "{body:?} {to} {slips:?}");
    }
}

#[test]
fn a_file_of_somebody_else() {
    let files = |files: &[&str]| words_of(Mistake::AttachmentForOther, &Sample { files, ..PLAIN });
    assert_eq!(files(&["Verslag_Karin_Mulder.pdf"]), ["Karin_Mulder"]);
    assert_eq!(files(&["mulder karin 2026.docx"]), ["mulder karin"]);
    assert_eq!(files(&["a.pdf", "Contract Karin Mulder v2.pdf"]), ["Karin Mulder"]);
    for name in [
        "Verslag.pdf",
        "Karin.pdf",
        "Mulder.pdf",
        "Karin_Mulder_en_Bob_de_Vries.pdf",
        "Alice_Jansen.pdf",
        "Jan_Klaassen.pdf",
    ] {
        assert!(files(&[name]).is_empty(), "{name}");
    }
    let page =
        |page: &str| words_of(Mistake::AttachmentForOther, &Sample { page, files: &["a.pdf"], ..PLAIN });
    assert_eq!(page("Example hospital\nAan: mevrouw Karin Mulder\nBetreft: uitslag"), ["Karin Mulder"]);
    assert_eq!(page("Naam: Mulder, Karin\n"), ["Mulder, Karin"]);
    assert_eq!(page("Dear Ms Karin Mulder,\n"), ["Karin Mulder"]);
    assert_eq!(page("Send to k.mulder@example.org.\n"), Vec::<String>::new(), "the domain of the recipient");
    for text in [
        "Karin Mulder schreef dit verslag.",
        "Aan: Bob de Vries\nKopie aan Karin Mulder",
        "Aan: Jan Klaassen",
        "Van: Alice Jansen",
        "Aan: karin",
    ] {
        assert!(page(text).is_empty(), "{text}");
    }
    let other = Sample {
        to: &["eva@elders.example"],
        files: &["a.pdf"],
        page: "Mail: k.mulder@example.org.",
        ..PLAIN
    };
    assert_eq!(words_of(Mistake::AttachmentForOther, &other), ["k.mulder@example.org"]);
}

#[test]
fn too_many_people_and_the_wrong_mix() {
    let of = |mistake, to: &[&str], kind| words_of(mistake, &Sample { to, kind, ..PLAIN });
    let colleagues = ["a@hospital.example", "b@hospital.example"];
    let mixed = ["a@hospital.example", "b@hospital.example", "bob@example.org"];
    assert_eq!(of(Mistake::ExternalAmongInternal, &mixed, Kind::New), ["bob@example.org"]);
    assert!(of(Mistake::ExternalAmongInternal, &colleagues, Kind::New).is_empty());
    assert!(of(Mistake::ExternalAmongInternal, &mixed[1..], Kind::New).is_empty());
    assert_eq!(of(Mistake::ReplyAll, &mixed, Kind::Reply), ["3 people, 1 of them external"]);
    assert_eq!(of(Mistake::ReplyAll, &colleagues, Kind::Reply), ["2 people, 0 of them external"]);
    assert!(of(Mistake::ReplyAll, &mixed, Kind::New).is_empty());
    assert!(of(Mistake::ReplyAll, &["a@hospital.example"], Kind::Reply).is_empty());
    assert!(of(Mistake::ReplyAll, &["a@hospital.example", "bcc:b@hospital.example"], Kind::Reply).is_empty());
    let four = ["a@x.example", "b@x.example", "c@x.example", "d@x.example"];
    assert_eq!(of(Mistake::TooManyVisible, &four, Kind::New), ["4 people in To and Cc"]);
    assert!(of(Mistake::TooManyVisible, &four[1..], Kind::New).is_empty());
    assert!(
        of(
            Mistake::TooManyVisible,
            &["a@x.example", "b@x.example", "bcc:c@x.example", "bcc:d@x.example"],
            Kind::New
        )
        .is_empty()
    );
}

#[test]
fn any_text_is_survived() {
    let pieces = [
        "Beste ",
        "\u{c9}",
        "\u{212a}",
        "\n",
        "\r\n",
        "> ",
        "On 1 ",
        "wrote:",
        "attached ",
        "--",
        "\0",
        "\u{1f600}",
        ".",
        ",",
        "bijlage ",
        "-----",
        "\u{130}",
        "&",
        "/",
    ];
    let mut seed = 1_u32;
    for _ in 0..2_000 {
        let mut body = String::new();
        for _ in 0..12 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            body.push_str(pieces[(seed >> 16) as usize % pieces.len()]);
        }
        let files = [body.as_str()];
        found(&Sample { body: &body, page: &body, files: &files, ..PLAIN });
        let ranges = written(&body);
        assert!(ranges.iter().all(|range| body.get(range.clone()).is_some()));
    }
}
