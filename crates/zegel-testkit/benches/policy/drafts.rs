//! Drafts of 20 kB under each policy that comes with the product, and the same draft again at every pause in typing.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use zegel_core::contacts::{Contact, Contacts, Origin as Known};
use zegel_core::material::{FileFacts, FileKind, Material, Origin, Piece, Spot, Visibility};
use zegel_core::mime::{Draft, DraftOptions};
use zegel_core::people::{Ledger, Mail};
use zegel_core::policy::{
    Acceptances, Attached, Authority, Circumstances, Classic, Examiner, LocalTime, Plan, Policy, defaults,
    evaluate_examined,
};
use zegel_core::{Address, Mailbox, Timestamp};
use zegel_testkit::corpus::{Corpus, Portion};
use zegel_testkit::{Person, now};

use super::{summary, time};

/// How many drafts each policy judges; no two are the same.
const DRAFTS: usize = 2_500;
/// Bytes of the text of a draft.
const LENGTH: usize = 20_000;
/// How many keys are struck.
const KEYSTROKES: usize = 2_000;
/// The seed of the texts.
const SEED: u64 = 2026;

/// People whom the sender writes to; colleagues, partners and others.
const DOMAINS: [&str; 4] = ["example.org", "partner.example", "example.net", "freemail.example"];

/// A sender with a past, and cards of whom the drafts go to.
struct Desk {
    sender: Person,
    ledger: Ledger,
}

impl Desk {
    fn new() -> Self {
        let mut sender = Person::new("alice@example.org");
        let bob = Person::new("bob@example.org");
        let mut ledger = Ledger::new([7; 32]);
        for number in 0..400_u32 {
            let to: Vec<Mailbox> = (0..3).map(|next| Mailbox::from(person(number + next * 7))).collect();
            ledger.record(&Mail { at: Timestamp::from_unix(1_790_000_000), id: None, to: &to });
            let address = person(number);
            // Keys take long to make and nobody looks into them here: everybody has Bob's.
            let mut contact = Contact::from_card(bob.identity.card(), Known::Imported, now());
            contact.address = address.clone();
            sender.contacts.insert(address, contact);
        }
        Self { sender, ledger }
    }

    fn around<'a>(&'a self, accepted: &'a Acceptances) -> Circumstances<'a> {
        Circumstances {
            classic: Classic::Refuse,
            contacts: self.contacts(),
            now: now(),
            history: &self.ledger,
            local_time: LocalTime::at(now(), 60),
            accepted,
        }
    }

    fn contacts(&self) -> &dyn Contacts {
        let contacts: &BTreeMap<Address, Contact> = &self.sender.contacts;
        contacts
    }
}

fn person(number: u32) -> Address {
    let domain = DOMAINS.get(number as usize % DOMAINS.len()).unwrap();
    format!("person{number}@{domain}").parse().unwrap()
}

/// A mail of [`LENGTH`] bytes of letters with everything that detectors look for, to three people.
fn mail(number: u32, length: usize) -> Vec<u8> {
    let mut text = String::new();
    let documents = Corpus::new(SEED + 1 + u64::from(number), Portion::Reported).documents();
    for document in documents {
        text.push_str(&document.text);
        if text.len() >= length {
            break;
        }
    }
    while text.len() > length {
        text.pop();
    }
    let to: Vec<String> = (0..3).map(|next| person((number * 13 + next * 7) % 400).to_string()).collect();
    let head = format!(
        "From: alice@example.org\nTo: {}\nSubject: Verslag {number}\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n",
        to.join(", ")
    );
    [head.as_bytes(), text.as_bytes()].concat()
}

fn policies() -> Vec<(&'static str, Policy)> {
    [
        ("minimal", defaults::MINIMAL),
        ("health", defaults::HEALTH),
        ("government", defaults::GOVERNMENT),
        ("education", defaults::EDUCATION),
    ]
    .map(|(name, text)| (name, Policy::parse(text, Authority::Signed).unwrap()))
    .into()
}

/// From the bytes of a draft to the decision: read, planned, examined by an examiner that knows nothing yet, cleared or not.
pub(super) fn measure() -> Value {
    let desk = Desk::new();
    let accepted = Acceptances::new();
    let around = desk.around(&accepted);
    let mails: Vec<Vec<u8>> =
        (0..DRAFTS).map(|number| mail(u32::try_from(number).unwrap(), LENGTH)).collect();
    let rows = policies().into_iter().map(|(name, policy)| {
        let (mut times, mut findings, mut held) = (Vec::new(), 0, 0);
        for mail in &mails {
            let (took, (found, cleared)) = time(|| {
                let draft = Draft::parse(mail, &DraftOptions::default()).unwrap();
                let card = desk.sender.identity.card();
                let plan = Plan::make(&draft, card, desk.contacts(), now(), Classic::Refuse);
                let examined = Examiner::new(&policy).examine(&draft, &Attached::default(), &around);
                let found = examined.judgement().findings.len();
                (found, evaluate_examined(draft, plan, &policy, &examined).is_ok())
            });
            times.push(took);
            findings += found;
            held += usize::from(!cleared);
        }
        let mut row = summary(times);
        row["policy"] = json!(name);
        row["rules"] = json!(policy.rules().len());
        row["findings"] = json!(findings);
        row["held"] = json!(held);
        row
    });
    rows.collect::<Vec<_>>().into()
}

/// The same draft with one more letter each time, beside an attachment of 200 pages that was read before.
pub(super) fn measure_typing() -> Value {
    let desk = Desk::new();
    let accepted = Acceptances::new();
    let around = desk.around(&accepted);
    let attached = attached();
    let rows = policies().into_iter().map(|(name, policy)| {
        let mut examiner = Examiner::new(&policy);
        let mut bytes = mail(0, LENGTH);
        let mut judge = |bytes: &[u8]| {
            let draft = Draft::parse(bytes, &DraftOptions::default()).unwrap();
            time(|| examiner.examine(&draft, &attached, &around).judgement().findings.len()).0
        };
        let first = judge(&bytes);
        let times = (0..KEYSTROKES).map(|_| {
            bytes.push(b'x');
            judge(&bytes)
        });
        let mut row = summary(times.collect());
        row["policy"] = json!(name);
        row["first_us"] = json!(first.as_secs_f64() * 1e6);
        row["attached_bytes"] =
            json!(attached.material.pieces.iter().map(|piece| piece.text.len()).sum::<usize>());
        row
    });
    rows.collect::<Vec<_>>().into()
}

fn attached() -> Attached {
    let origin = Origin::Attachment(vec!["verslagen.pdf".to_owned()]);
    let mut material = Material::default();
    let mut length = 0;
    for (document, page) in Corpus::new(SEED, Portion::Reported).documents().zip(1..) {
        length += document.text.len() as u64;
        let (origin, text) = (origin.clone(), document.text);
        material.pieces.push(Piece { origin, spot: Spot::Page(page), visibility: Visibility::Shown, text });
        if length > 600_000 {
            break;
        }
    }
    material.files.push(FileFacts { origin, kind: FileKind::Pdf, length, marks: Vec::new() });
    Attached { material, scans: None }
}
