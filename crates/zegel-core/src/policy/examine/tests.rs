//! What is read again when somebody types, and what is not.

use super::*;
use crate::material::{FileFacts, FileKind, Spot, Visibility};
use crate::mime::DraftOptions;
use crate::people::Everybody;
use crate::policy::{Authority, defaults};

const PAGES: [&str; 2] = ["Het BSN van de ander is 111222333.", "Burgerservicenummer (BSN): 123456782."];

fn attached() -> Attached {
    let origin = Origin::Attachment(vec!["brief.pdf".to_owned()]);
    let mut material = Material::default();
    for (text, page) in PAGES.into_iter().zip(1..) {
        let (origin, text) = (origin.clone(), text.to_owned());
        material.pieces.push(Piece { origin, spot: Spot::Page(page), visibility: Visibility::Shown, text });
    }
    material.files.push(FileFacts { origin, kind: FileKind::Pdf, length: 1_000, marks: Vec::new() });
    Attached { material, scans: None }
}

fn draft(body: &str) -> Draft {
    let mail = format!("From: alice@example.org\nTo: bob@example.org\nSubject: Brief\n\n{body}\n");
    Draft::parse(mail.as_bytes(), &DraftOptions::default()).unwrap()
}

/// The findings that an examiner keeps of a text.
fn kept(examiner: &Examiner<'_>, text: &str) -> Arc<Scanned> {
    Arc::clone(examiner.kept.get(blake3::hash(text.as_bytes()).as_bytes()).unwrap())
}

fn around<'a>(contacts: &'a dyn Contacts, accepted: &'a Acceptances) -> Circumstances<'a> {
    Circumstances {
        classic: Classic::Refuse,
        contacts,
        now: Timestamp::from_unix(1_795_219_200),
        history: &Everybody,
        local_time: LocalTime::at(Timestamp::from_unix(1_795_219_200), 60),
        accepted,
    }
}

#[test]
fn what_a_detector_gave_up_on_is_not_examined() {
    let text = "format = \"zegel/policy/v1\"\nname = \"x\"\nserial = 1\n\
        [[detector]]\nid = \"number\"\nregex = \"[0-9]{5}\"\n\
        [[rule]]\nid = \"n\"\naction = \"allow\"\nexplain = { nl = \"x\", en = \"x\" }\n\
        when = [{ content = { detectors = [\"number\"] } }]\n";
    let policy = Policy::parse(text, Authority::Unsigned).unwrap();
    let (contacts, accepted) = (BTreeMap::new(), Acceptances::new());
    let around = around(&contacts, &accepted);
    let unread = |times: usize| {
        let examined =
            Examiner::new(&policy).examine(&draft(&"12345\n".repeat(times)), &Attached::default(), &around);
        examined.judgement().unread.clone()
    };
    assert_eq!(unread(100), []);
    assert_eq!(unread(10_001), [Unread { origin: Origin::Body, reason: UnreadReason::Limit }]);
}

#[test]
fn a_keystroke_reads_the_body_again_and_no_attachment() {
    let policy = Policy::parse(defaults::HEALTH, Authority::Signed).unwrap();
    let (contacts, accepted) = (BTreeMap::new(), Acceptances::new());
    let around = around(&contacts, &accepted);
    let attached = attached();
    let mut examiner = Examiner::new(&policy);
    let first = examiner.examine(&draft("Zie de brief"), &attached, &around);
    let before = PAGES.map(|page| kept(&examiner, page));
    assert!(
        before.iter().all(|scanned| !scanned.matches.is_empty()),
        "there is something to find on both pages"
    );
    let texts = examiner.kept.len();

    let second = examiner.examine(&draft("Zie de brief."), &attached, &around);
    // The very same list, not an equal one: nothing was read to make it.
    for (page, before) in PAGES.into_iter().zip(&before) {
        assert!(Arc::ptr_eq(before, &kept(&examiner, page)));
    }
    assert_eq!(examiner.kept.len(), texts + 1, "only the body is new");
    // And what was found there counts as before.
    assert_eq!(first.judgement(), second.judgement());
    assert!(!second.judgement().findings.is_empty());
}
