//! The whole chain inside one process: throw-away people, real encryption, real SMTP over loopback. Nothing on disk.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::time::Duration;

use rand_core::RngCore;
use zegel_core::card::Card;
use zegel_core::contacts::{Contact, Origin};
use zegel_core::identity::Identity;
use zegel_core::message::{
    Assurance, FirstUse, MemoryStage, OpenError, Opened, SealOptions, SealedMail, open, seal,
};
use zegel_core::mime::{Attachment, Compose, Draft, PART_THRESHOLD, find_container};
use zegel_core::policy::{Classic, Plan, Policy, evaluate};
use zegel_core::{Address, Mailbox};
use zegel_delivery::capture::{Capture, Captured};
use zegel_delivery::smtp::Submission;
use zegel_wire::error::Kind;

use super::steps::Steps;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::text;

/// The steps, in order.
pub(super) const STEPS: [&str; 11] = [
    "make identities",
    "exchange cards",
    "start a mail server",
    "write a mail",
    "plan and clear",
    "seal",
    "submit over SMTP",
    "receive",
    "look for leaks on the wire",
    "open and verify",
    "refuse strangers and damage",
];

/// What must not be seen on the way.
const SUBJECT: &str = "Smoke over the harbour";
const BODY: &str = "The secret sentence of the smoke test.\n";
const FILE_NAME: &str = "harbour-plan.bin";
/// Bytes of the attachment: more than fits into the body, so that it travels as a part of its own.
const ATTACHMENT: usize = PART_THRESHOLD as usize + (1 << 16) + 7;
/// How long the mails may be under way on loopback.
const PATIENCE: Duration = Duration::from_secs(10);
/// Seconds the throw-away cards are valid.
const VALID: u64 = 3600;

struct People {
    alice: Identity,
    bob: Identity,
    carol: Identity,
    mallory: Identity,
}

/// Takes all steps; none when one failed.
pub(super) fn run(steps: &mut Steps, context: &Context<'_>) -> Option<()> {
    let now = context.now();
    let people =
        steps.take(|| people(context).map(|people| (people, "hybrid keys for four people".to_owned())))?;
    let (of_alice, of_bob) = steps.take(|| {
        let of_alice = contacts(&[&people.bob, &people.carol], context)?;
        let of_bob = contacts(&[&people.alice], context)?;
        Ok(((of_alice, of_bob), people.bob.card().fingerprint().to_readable()))
    })?;
    let capture = steps.take(|| {
        let capture = Capture::start()?;
        let place = capture.address().to_string();
        Ok((capture, place))
    })?;
    let mut content = vec![0; ATTACHMENT];
    context.rng().fill_bytes(&mut content);
    let draft = steps.take(|| Ok((draft(&people, content.clone())?, text::size(ATTACHMENT as u64))))?;
    let cleared = steps.take(|| {
        let plan = Plan::make(&draft, people.alice.card(), &of_alice, now, Classic::Refuse);
        let detail = text::count(plan.recipients().len(), "recipient");
        Ok((evaluate(draft, plan, &Policy::built_in())?, detail))
    })?;
    let mails = steps.take(|| {
        let spool = Cursor::new(Vec::new());
        let options = SealOptions::default();
        let mut sealed = seal(cleared, &people.alice, &options, now, &mut context.rng(), spool, &mut |_| {})?;
        let copies = sealed.copies().to_vec();
        let mails: Vec<SealedMail> = copies
            .iter()
            .map(|copy| sealed.mail(copy))
            .collect::<std::io::Result<_>>()
            .map_err(|error| Failure::io("cannot read the sealed message back", &error))?;
        let size = mails.first().map_or(0, |mail| mail.as_bytes().len() as u64);
        Ok((mails, format!("{} of {}", text::count(copies.len(), "mail"), text::size(size))))
    })?;
    steps.take(|| {
        let mut submission = Submission::connect_blocking(&capture.settings()?)?;
        for mail in &mails {
            submission.submit(mail)?;
        }
        submission.quit();
        Ok(((), "logged in and handed over".to_owned()))
    })?;
    let captured = steps.take(|| {
        let captured = capture.wait_for_blocking(mails.len(), PATIENCE)?;
        let detail = text::count(captured.len(), "mail");
        Ok((captured, detail))
    })?;
    steps.take(|| {
        no_leaks(&captured, &people).map(|()| ((), "no subject, text, file name or blind copy".to_owned()))
    })?;
    steps.take(|| {
        let address = people.bob.address();
        let opened = open_for(&people.bob, mail_of(&captured, address)?, &of_bob, context)??;
        check(&opened, &content)?;
        let blind = open_for(&people.carol, mail_of(&captured, people.carol.address())?, &of_bob, context)??;
        check(&blind, &content)?;
        Ok(((), format!("verified sender {}", opened.manifest.sender.address)))
    })?;
    steps.take(|| refuse(&people, &captured, &of_bob, context).map(|()| ((), "nothing opened".to_owned())))
}

fn people(context: &Context<'_>) -> Result<People> {
    let make = |local: &str| -> Result<Identity> {
        let address: Address = format!("{local}@smoke.invalid")
            .parse()
            .map_err(|error| Failure::from_error(Kind::Bug, &error))?;
        Ok(Identity::make(address, "", context.now(), VALID, &mut context.rng())?)
    };
    Ok(People { alice: make("alice")?, bob: make("bob")?, carol: make("carol")?, mallory: make("mallory")? })
}

/// Passes cards on as text and pins them after comparing fingerprints, as people do.
fn contacts(people: &[&Identity], context: &Context<'_>) -> Result<BTreeMap<Address, Contact>> {
    let mut contacts = BTreeMap::new();
    for person in people {
        let told = person.card().fingerprint().to_readable();
        let card = Card::parse(person.card().text().as_bytes())?;
        card.check_period(context.now())?;
        if !card.fingerprint().matches(&told) {
            return Err(Failure::new(Kind::Bug, "a card changed its fingerprint on the way"));
        }
        contacts.insert(card.address().clone(), Contact::from_card(&card, Origin::Imported, context.now()));
    }
    Ok(contacts)
}

fn draft(people: &People, content: Vec<u8>) -> Result<Draft> {
    let mailbox = |identity: &Identity| Mailbox::from(identity.address().clone());
    let compose = Compose {
        from: mailbox(&people.alice),
        to: vec![mailbox(&people.bob)],
        cc: Vec::new(),
        bcc: vec![mailbox(&people.carol)],
        subject: SUBJECT.to_owned(),
        text: Some(BODY.to_owned()),
        html: None,
        attachments: vec![Attachment {
            name: FILE_NAME.to_owned(),
            media_type: "application/octet-stream".to_owned(),
            source: Box::new(content),
        }],
        in_reply_to: None,
    };
    Ok(Draft::compose(compose, PART_THRESHOLD)?)
}

fn no_leaks(captured: &[Captured], people: &People) -> Result<()> {
    let blind = people.carol.address();
    for mail in captured {
        let for_blind = mail.recipients.iter().any(|recipient| *recipient == blind.to_string());
        let mut secrets = vec![SUBJECT.to_owned(), BODY.trim().to_owned(), FILE_NAME.to_owned()];
        if !for_blind {
            secrets.push(blind.to_string());
        }
        let seen = String::from_utf8_lossy(&mail.data);
        let leaked = secrets.iter().find(|secret| seen.contains(secret.as_str()));
        if let Some(secret) = leaked {
            return Err(Failure::new(Kind::Bug, format!("this was seen on the wire: {secret:?}")));
        }
    }
    Ok(())
}

fn mail_of<'a>(captured: &'a [Captured], address: &Address) -> Result<&'a Captured> {
    let address = address.to_string();
    captured
        .iter()
        .find(|mail| mail.recipients == [address.as_str()])
        .ok_or_else(|| Failure::new(Kind::Bug, format!("no mail came for {address} alone")))
}

type Outcome = std::result::Result<Opened<Cursor<Vec<u8>>>, OpenError>;

fn open_for(
    person: &Identity,
    mail: &Captured,
    contacts: &BTreeMap<Address, Contact>,
    context: &Context<'_>,
) -> Result<Outcome> {
    let found = find_container(&mail.data)?;
    Ok(open_container(person, found.container, contacts, context))
}

fn open_container(
    person: &Identity,
    container: Vec<u8>,
    contacts: &BTreeMap<Address, Contact>,
    context: &Context<'_>,
) -> Outcome {
    let container = Cursor::new(container);
    open(container, person, contacts, FirstUse::Refuse, context.now(), MemoryStage, &mut |_| {})
}

fn check(opened: &Opened<Cursor<Vec<u8>>>, content: &[u8]) -> Result<()> {
    let same = opened.assurance == Assurance::Verified
        && opened.inner.subject() == SUBJECT
        && opened.inner.text().is_some_and(|text| text.trim() == BODY.trim())
        && opened.parts.len() == 1
        && opened.parts.iter().all(|part| part.file.get_ref() == content && part.info.name == FILE_NAME)
        && opened.manifest.pq;
    if same { Ok(()) } else { Err(Failure::new(Kind::Bug, "what was opened is not what was written")) }
}

/// Neither somebody else nor a changed byte may open anything.
fn refuse(
    people: &People,
    captured: &[Captured],
    contacts: &BTreeMap<Address, Contact>,
    context: &Context<'_>,
) -> Result<()> {
    let mail = mail_of(captured, people.bob.address())?;
    let container = find_container(&mail.data)?.container;
    if !matches!(open_for(&people.mallory, mail, contacts, context)?, Err(OpenError::NoKey(_))) {
        return Err(Failure::new(Kind::Bug, "a stranger opened the message"));
    }
    // Envelopes of others stand at the end and are not ours to judge; parts come first, and every bit of them counts.
    for at in [1024, container.len() / 3, container.len() / 2] {
        let mut damaged = container.clone();
        if let Some(byte) = damaged.get_mut(at) {
            *byte ^= 1;
        }
        if damaged != container && open_container(&people.bob, damaged, contacts, context).is_ok() {
            return Err(Failure::new(Kind::Bug, format!("a message with a changed byte at {at} opened")));
        }
    }
    let cut = container.get(..container.len() / 2).unwrap_or_default().to_vec();
    match open_container(&people.bob, cut, contacts, context) {
        Err(_) => Ok(()),
        Ok(_) => Err(Failure::new(Kind::Bug, "a message that was cut off opened")),
    }
}
