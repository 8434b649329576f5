//! The forgery set: none of it opens as verified, and what must be refused leaves nothing behind (T15, T16, T17).
//!
//! Each case begins with an honest message that was taken apart and put together by the forger's own code, and that
//! opens as verified: the positive control. Then one thing is changed.

mod envelopes;
mod inner;
mod mails;
mod manifests;
mod parts;
mod senders;

use zegel_core::Timestamp;
use zegel_core::contacts::Contacts;
use zegel_core::identity::Identity;
use zegel_core::message::{Assurance, FirstUse, Opened};

use super::forge::Spec;
use super::people::{Book, World, now};
use super::stage::{DiskFile, Reader};

/// Where a case begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// Bob's envelope, and Alice at work: she signs whatever results, so nothing but Zegel's other checks can refuse.
    Alice,
    /// All of Bob's envelope is known to the forger, who has no key of Alice's.
    Bob,
    /// The forger is Eve, a recipient: she has her own envelope's content and the message identity.
    Eve,
}

/// What must come of a case.
#[derive(Clone, Copy)]
enum Expect {
    /// Opens, but with this assurance.
    Opens(Assurance),
    /// Refused with one of these errors.
    Refused(&'static [&'static str]),
    /// Opens as verified for the true sender, and shows nothing false.
    Shows(fn(&Opened<DiskFile>) -> bool),
}

const FORGED: Expect = Expect::Refused(&["Forged"]);
const DAMAGED: Expect = Expect::Refused(&["Damaged"]);
const INNER: Expect = Expect::Refused(&["Inner"]);

/// A message under attack, and who is to open it.
struct Attack {
    spec: Spec,
    /// The whole container, where it is made by hand.
    container: Option<Vec<u8>>,
    who: Identity,
    book: Book,
    /// Contacts that answer oddly.
    contacts: Option<Box<dyn Contacts>>,
    first_use: FirstUse,
    now: Timestamp,
}

struct Case {
    name: &'static str,
    start: Start,
    forge: fn(&World, &mut Attack),
    expect: Expect,
}

fn case(name: &'static str, start: Start, expect: Expect, forge: fn(&World, &mut Attack)) -> Case {
    Case { name, start, forge, expect }
}

impl Attack {
    fn begin(world: &World, start: Start) -> Self {
        let who = if start == Start::Eve { &world.eve } else { &world.bob };
        let mut spec = Spec::of(&world.container, who);
        if start == Start::Alice {
            spec.sign_as(&world.alice);
        }
        Self {
            spec,
            container: None,
            who: who.clone(),
            book: world.book(),
            contacts: None,
            first_use: FirstUse::Refuse,
            now: now(),
        }
    }

    fn open(&self) -> (Result<Opened<DiskFile>, zegel_core::message::OpenError>, u64) {
        let container = self.container.clone().unwrap_or_else(|| self.spec.build());
        let contacts: &dyn Contacts = match &self.contacts {
            Some(contacts) => contacts.as_ref(),
            None => &self.book,
        };
        Reader { who: &self.who, contacts, first_use: self.first_use, now: self.now }.open(&container)
    }
}

/// Returns the name of an error's variant.
fn variant(error: &impl std::fmt::Debug) -> String {
    format!("{error:?}").chars().take_while(|c| c.is_alphanumeric()).collect()
}

/// Runs cases and prints what came of each; returns how many were refused or opened as less than verified.
fn run(title: &str, cases: &[Case]) -> usize {
    let world = World::get();
    let mut kept = 0;
    let mut wrong = Vec::new();
    println!("{title}");
    for case in cases {
        let control = Attack::begin(world, case.start);
        let (opened, _) = control.open();
        assert_eq!(opened.unwrap().assurance, Assurance::Verified, "positive control of {:?}", case.name);

        let mut attack = Attack::begin(world, case.start);
        (case.forge)(world, &mut attack);
        let (result, staged) = attack.open();
        let shown = match &result {
            Ok(opened) => format!("opens: {:?}", opened.assurance),
            Err(error) => format!("{}: {error}", variant(error)),
        };
        let good = match (case.expect, &result) {
            (Expect::Opens(wanted), Ok(opened)) => {
                wanted != Assurance::Verified && opened.assurance == wanted
            }
            (Expect::Refused(variants), Err(error)) => variants.contains(&variant(error).as_str()),
            (Expect::Shows(honest), Ok(opened)) => opened.assurance == Assurance::Verified && honest(opened),
            _ => false,
        };
        kept += usize::from(!matches!(case.expect, Expect::Shows(_)));
        println!(
            "  {} {:<66} {:<5} {shown} ({staged} bytes staged and dropped)",
            if good { "ok " } else { "BAD" },
            case.name,
            format!("{:?}", case.start),
        );
        if !good {
            wrong.push(case.name);
        }
    }
    assert!(wrong.is_empty(), "{title}: {wrong:#?}");
    kept
}

#[test]
fn no_forgery_opens_as_verified() {
    let sets = [
        run("envelopes and signatures", &envelopes::cases()),
        run("manifests", &manifests::cases()),
        run("parts", &parts::cases()),
        run("the mail inside", &inner::cases()),
        run("senders", &senders::cases()),
    ];
    let total: usize = sets.iter().sum();
    println!("{total} forgeries, 0 opened as verified");
    assert!(total >= 60);
}
