//! Generated mail through a real Postfix: what comes out is what went in.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use rand_core::OsRng;
use zegel_core::message::manifest::OpenerRole;
use zegel_core::message::{FirstUse, MemoryStage, SealOptions, open, seal};
use zegel_core::mime::{Draft, DraftOptions, find_container};
use zegel_core::policy::{Classic, Plan, Policy, evaluate};
use zegel_delivery::endpoint::{Endpoint, Tls, read_roots};
use zegel_delivery::smtp::{SmtpSettings, Submission};
use zegel_testkit::{Flaw, Person, Port, Postfix, now};

use super::generate::{Letter, Wanted};
use super::is_full;
use super::random::Rng;

const SENDER: &str = "alice@example.org";
const VISIBLE: [&str; 4] = ["bob@example.org", "carol@example.net", "dave@example.com", "erin@example.net"];
const BLIND: [&str; 2] = ["verborgen.eva@example.com", "verborgen.frank@example.net"];
/// Letters under way at the same time; more would only cost memory.
const UNDER_WAY: usize = 12;

/// How much is sent.
struct Amount {
    letters: usize,
    largest: usize,
    in_all: usize,
}

impl Amount {
    fn chosen() -> Self {
        if is_full() {
            Self { letters: 1000, largest: 64 << 20, in_all: 2 << 30 }
        } else {
            Self { letters: 40, largest: 12 << 20, in_all: 60 << 20 }
        }
    }

    /// Draws the sizes: log-uniform, the extremes among them, within the limit for all.
    fn sizes(&self) -> Vec<usize> {
        let mut rng = Rng::new(2);
        let mut sizes: Vec<usize> = (0..self.letters).map(|_| rng.size(self.largest)).collect();
        sizes[0] = 0;
        // base64, headers and copies in To count too: a third for them.
        let budget = self.in_all / 3 * 2;
        while sizes.iter().sum::<usize>() + self.largest > budget {
            let top = (0..sizes.len()).max_by_key(|at| sizes[*at]).unwrap();
            sizes[top] = rng.size(self.largest);
        }
        let middle = self.letters / 2;
        sizes[middle] = self.largest;
        sizes
    }
}

struct People {
    alice: Person,
    visible: Vec<Person>,
    blind: Vec<Person>,
}

impl People {
    fn make() -> Self {
        let mut alice = Person::new(SENDER);
        let mut make = |address: &&str| {
            let mut person = Person::new(address);
            person.knows(&alice);
            alice.knows(&person);
            person
        };
        let visible = VISIBLE.iter().map(&mut make).collect();
        let blind = BLIND.iter().map(&mut make).collect();
        Self { alice, visible, blind }
    }
}

/// A letter on its way.
struct Sent {
    letter: Letter,
    message_id: String,
    /// Who has not got it yet.
    missing: Vec<String>,
}

/// What is printed in the end.
#[derive(Default)]
struct Figures {
    letters: usize,
    mails: usize,
    draft_bytes: u64,
    wire_bytes: u64,
    leaves: usize,
    apart: usize,
    blind: usize,
}

#[test]
fn generated_mail_comes_out_as_it_went_in() {
    let amount = Amount::chosen();
    let sizes = amount.sizes();
    let people = People::make();
    let postfix = Postfix::start();
    let began = Instant::now();
    let (sender, receiver) = sync_channel(UNDER_WAY);
    let figures = std::thread::scope(|scope| {
        // Each side owns its end of the queue: when one stops, so does the other.
        let (sizes, people, postfix) = (&sizes, &people, &postfix);
        scope.spawn(move || send_all(sizes, people, postfix, &sender));
        receive_all(sizes.len(), people, postfix, receiver)
    });
    assert_eq!(figures.letters, sizes.len());
    assert!(
        figures.draft_bytes <= amount.in_all as u64,
        "{} bytes are more than promised",
        figures.draft_bytes
    );
    println!(
        "{} letters ({} MiB, {} leaves, {} parts that travelled apart) became {} mails ({} MiB at the mailbox, {} blind \
         copies) in {:.1} s; every one came out identical",
        figures.letters,
        figures.draft_bytes >> 20,
        figures.leaves,
        figures.apart,
        figures.mails,
        figures.wire_bytes >> 20,
        figures.blind,
        began.elapsed().as_secs_f64()
    );
}

fn settings(postfix: &Postfix) -> SmtpSettings {
    let roots = read_roots(&fs::read(postfix.certificates().authority()).unwrap()).unwrap();
    let port = postfix.port(Port::StartTls(Flaw::None));
    SmtpSettings::new(Endpoint::new("localhost", port, Tls::StartTls).unwrap().with_roots(roots))
}

fn owned(addresses: &[&str]) -> Vec<String> {
    addresses.iter().map(|address| (*address).to_owned()).collect()
}

/// Makes, seals and submits every letter over one connection.
fn send_all(sizes: &[usize], people: &People, postfix: &Postfix, queue: &SyncSender<Sent>) {
    let settings = settings(postfix);
    let (visible, blind) = (owned(&VISIBLE), owned(&BLIND));
    let mut connection = Submission::connect_blocking(&settings).unwrap();
    for (seed, size) in sizes.iter().enumerate() {
        let wanted =
            Wanted { seed: seed as u64, size: *size, sender: SENDER, visible: &visible, blind: &blind };
        let letter = Letter::make(&wanted);
        let eml = letter.draft();
        let draft = Draft::parse(&eml, &DraftOptions::default())
            .unwrap_or_else(|error| panic!("letter {seed} is refused: {error:?}\n{}", head_of(&eml)));
        drop(eml);
        let plan =
            Plan::make(&draft, people.alice.identity.card(), &people.alice.contacts, now(), Classic::Refuse);
        let cleared = evaluate(draft, plan, &Policy::built_in()).unwrap();
        let (options, spool) = (SealOptions::default(), Cursor::new(Vec::new()));
        let identity = &people.alice.identity;
        let mut sealed = seal(cleared, identity, &options, now(), &mut OsRng, spool, &mut |_| {})
            .unwrap_or_else(|error| panic!("letter {seed} cannot be sealed: {error:?}"));
        let copies = sealed.copies().to_vec();
        let all = copies.iter().flat_map(|copy| copy.recipients().iter().map(ToString::to_string)).collect();
        let message_id = sealed.outer().message_id().trim_matches(['<', '>']).to_owned();
        queue.send(Sent { letter, message_id, missing: all }).unwrap();
        for copy in copies.iter().filter(|copy| !copy.recipients().is_empty()) {
            let mail = sealed.mail(copy).unwrap();
            if !connection.is_open() {
                connection = Submission::connect_blocking(&settings).unwrap();
            }
            connection.submit(&mail).unwrap_or_else(|error| panic!("letter {seed} was not taken: {error:?}"));
        }
    }
    connection.quit();
}

/// Takes mails out of the mailbox as they come, opens them and compares.
fn receive_all(count: usize, people: &People, postfix: &Postfix, queue: Receiver<Sent>) -> Figures {
    let mailbox = postfix.mailbox();
    let mut figures = Figures::default();
    let mut under_way: BTreeMap<String, Sent> = BTreeMap::new();
    let mut last_news = Instant::now();
    while figures.letters < count {
        while under_way.len() < UNDER_WAY {
            match queue.try_recv() {
                Ok(sent) => drop(under_way.insert(sent.message_id.clone(), sent)),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        let mut news = false;
        for entry in fs::read_dir(mailbox.join("new")).into_iter().flatten() {
            let path = entry.unwrap().path();
            let head = start_of(&path);
            let (to, id) = (field(&head, "Delivered-To"), field(&head, "Message-ID"));
            let Some(sent) = under_way.get_mut(&id) else { continue };
            let raw = fs::read(&path).unwrap();
            let at = sent.missing.iter().position(|other| *other == to);
            let at = at.unwrap_or_else(|| panic!("{to} got letter {} and should not have", sent.letter.seed));
            sent.missing.remove(at);
            judge(&raw, &to, sent, people, &mut figures);
            fs::remove_file(&path).unwrap();
            if sent.missing.is_empty() {
                under_way.remove(&id);
                figures.letters += 1;
            }
            news = true;
        }
        if news {
            last_news = Instant::now();
        } else {
            let log = || postfix.log().lines().rev().take(30).collect::<Vec<_>>().join("\n");
            assert!(
                last_news.elapsed() < Duration::from_secs(60),
                "no mail came for a minute; {} letters came before, {:?} are under way; the log, last line first:\n{}",
                figures.letters,
                under_way.keys(),
                log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    figures
}

/// Opens one mail as its recipient and compares it with what was sent.
fn judge(raw: &[u8], to: &str, sent: &Sent, people: &People, figures: &mut Figures) {
    let letter = &sent.letter;
    let seed = letter.seed;
    let (person, is_blind) = match VISIBLE.iter().position(|address| *address == to) {
        Some(at) => (&people.visible[at], false),
        None => (&people.blind[BLIND.iter().position(|address| *address == to).unwrap()], true),
    };
    let found = find_container(raw).unwrap_or_else(|error| panic!("letter {seed} to {to}: {error:?}"));
    let input = Cursor::new(found.container);
    let opened =
        open(input, &person.identity, &person.contacts, FirstUse::Refuse, now(), MemoryStage, &mut |_| {});
    let mut opened = opened.unwrap_or_else(|error| panic!("letter {seed} does not open for {to}: {error:?}"));
    assert_eq!(opened.manifest.opener.role == OpenerRole::Bcc, is_blind, "letter {seed} to {to}");
    assert_eq!(opened.manifest.bcc, None, "letter {seed} tells {to} about blind copies");

    let manifest = opened.manifest.to_line().unwrap();
    let manifest = std::str::from_utf8(&manifest).unwrap();
    let text = std::str::from_utf8(raw).expect("a sealed mail is ASCII");
    for other in letter.blind.iter().map(|at| BLIND[*at]).filter(|other| *other != to) {
        assert!(!text.contains(other), "letter {seed} to {to} shows {other}");
        assert!(!manifest.contains(other), "the manifest of letter {seed} for {to} shows {other}");
    }

    let expected = letter.restored();
    let contents: Vec<Vec<u8>> = opened.parts.iter_mut().map(|part| read(&mut part.file)).collect();
    let apart = letter.apart();
    assert_eq!(contents.len(), apart.len(), "letter {seed}: other parts travelled apart");
    assert!(contents.iter().zip(&apart).all(|(got, want)| got == want), "letter {seed}: a part differs");
    let mut restored = Vec::with_capacity(expected.len());
    let mut part = |index: u32| -> std::io::Result<Box<dyn Read>> {
        Ok(Box::new(Cursor::new(contents[index as usize - 1].clone())))
    };
    opened.inner.restore(&mut part, &mut restored).unwrap();
    assert_same(&restored, &expected, &format!("letter {seed} to {to}"));

    figures.mails += 1;
    figures.wire_bytes += raw.len() as u64;
    figures.blind += usize::from(is_blind);
    if sent.missing.is_empty() {
        figures.draft_bytes += expected.len() as u64;
        figures.leaves += letter.leaves();
        figures.apart += apart.len();
    }
}

fn read(from: &mut impl Read) -> Vec<u8> {
    let mut out = Vec::new();
    from.read_to_end(&mut out).unwrap();
    out
}

/// Reads enough of a mail to see whose it is.
fn start_of(path: &Path) -> Vec<u8> {
    let mut start = Vec::new();
    fs::File::open(path).unwrap().take(16 << 10).read_to_end(&mut start).unwrap();
    start
}

/// Compares without printing megabytes.
pub(super) fn assert_same(got: &[u8], want: &[u8], what: &str) {
    if got == want {
        return;
    }
    let at = got.iter().zip(want).position(|(a, b)| a != b).unwrap_or(got.len().min(want.len()));
    let show = |bytes: &[u8]| {
        String::from_utf8_lossy(&bytes[at.saturating_sub(80).min(bytes.len())..bytes.len().min(at + 80)])
            .into_owned()
    };
    panic!(
        "{what} differs at byte {at} ({} bytes came out, {} went in)\ncame out: {:?}\nwent in:  {:?}",
        got.len(),
        want.len(),
        show(got),
        show(want)
    );
}

/// Returns the value of the first header field of that name; ids without angle brackets.
fn field(mail: &[u8], name: &str) -> String {
    let end = mail.windows(2).position(|pair| pair == b"\n\n").unwrap_or(mail.len());
    let head = String::from_utf8_lossy(&mail[..end]).into_owned();
    let line = head
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with(&format!("{}:", name.to_ascii_lowercase())));
    let value = line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim()).unwrap_or_default();
    value.trim_matches(['<', '>']).to_owned()
}

fn head_of(eml: &[u8]) -> String {
    String::from_utf8_lossy(&eml[..eml.len().min(3000)]).into_owned()
}
