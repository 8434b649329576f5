//! The history there is: counts and keyed hashes, in memory and as lines of a file (`docs/formats/history.md`).
//!
//! No address, name or domain is in it. Who takes the file without its key learns how many people somebody writes to,
//! how often and when last, and nothing about who they are; with the key, one can ask whether a given address is there.

mod lines;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use thiserror::Error;

use self::lines::{DomainLine, Line, MailLine, PersonLine, Start};
use super::history::{Clue, History, Known, PersonId};
use super::{lookalike, names};
use crate::address::{Address, Mailbox};
use crate::time::Timestamp;

/// Most people that are remembered; those that were written to longest ago go first.
const PEOPLE_MAX: usize = 10_000;
/// Most pairs of people; those that were together least go first.
const PAIRS_MAX: usize = 50_000;
/// Most mails that are known to be counted already; the oldest go first.
const SEEN_MAX: usize = 50_000;
/// A mail to more people than this says nothing about who belongs together.
const TOGETHER_MAX: usize = 30;
/// Most recipients of one mail that are counted.
const RECIPIENTS_MAX: usize = 1_000;

/// A name that more people share says nothing about any of them, and would be slow to look at.
const COMMON_MAX: usize = 50;

/// A keyed hash of a clue.
type Key = [u8; 8];

/// A mail that the user sent.
#[derive(Debug, Clone, Copy)]
pub struct Mail<'a> {
    /// When.
    pub at: Timestamp,
    /// Its Message-ID; a mail whose id was counted before is not counted again.
    pub id: Option<&'a str>,
    /// To whom: To, Cc and Bcc.
    pub to: &'a [Mailbox],
}

/// How much is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Mails that were counted.
    pub mails: u64,
    /// People.
    pub people: usize,
    /// Domains of these.
    pub domains: usize,
    /// Pairs of people that were on a mail together.
    pub pairs: usize,
}

/// Tells why lines are not a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// A line in the middle cannot be read, or fits nothing.
    #[error("line {0} cannot be read")]
    Line(usize),
    /// The first line is of another format.
    #[error("it does not begin with the format zegel/history/v1")]
    Format,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Person {
    clues: Vec<Key>,
    domain: Key,
    last: Timestamp,
    mails: u32,
}

/// Remembers whom the user wrote to.
///
/// ```
/// use zegel_core::people::{History, Ledger, Mail};
/// use zegel_core::{Address, Mailbox, Timestamp};
///
/// let mut ledger = Ledger::new([7; 32]);
/// let bob: Address = "bob@example.org".parse()?;
/// let to = [Mailbox::from(bob.clone())];
/// ledger.record(&Mail { at: Timestamp::from_unix(10), id: None, to: &to });
/// assert_eq!(ledger.person(&bob).map(|known| known.mails), Some(1));
/// assert!(ledger.forget(&bob) && ledger.person(&bob).is_none());
/// # Ok::<(), zegel_core::address::AddressError>(())
/// ```
#[derive(Clone)]
pub struct Ledger {
    key: [u8; 32],
    mails: u64,
    people: BTreeMap<PersonId, Person>,
    domains: BTreeMap<Key, Vec<Key>>,
    pairs: BTreeMap<(PersonId, PersonId), u32>,
    seen: BTreeSet<Key>,
    seen_order: VecDeque<Key>,
    people_by_clue: HashMap<Key, Vec<PersonId>>,
    domains_by_clue: HashMap<Key, Vec<Key>>,
    mails_by_domain: HashMap<Key, u32>,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("counts", &self.counts()).finish_non_exhaustive()
    }
}

impl Ledger {
    /// Makes an empty history whose hashes are keyed with `key`.
    pub fn new(key: [u8; 32]) -> Self {
        Self {
            key,
            mails: 0,
            people: BTreeMap::new(),
            domains: BTreeMap::new(),
            pairs: BTreeMap::new(),
            seen: BTreeSet::new(),
            seen_order: VecDeque::new(),
            people_by_clue: HashMap::new(),
            domains_by_clue: HashMap::new(),
            mails_by_domain: HashMap::new(),
        }
    }

    /// Reads lines that [`Ledger::to_bytes`] and [`Ledger::line`] wrote, and says how many bytes the whole ones take.
    ///
    /// A last line that is cut off or cannot be read was never acknowledged: it does not count.
    ///
    /// # Errors
    /// Refuses another format, and any other line that cannot be read.
    pub fn read(key: [u8; 32], bytes: &[u8]) -> Result<(Self, usize), LedgerError> {
        let mut ledger = Self::new(key);
        let mut order = Vec::new();
        let mut whole = 0;
        let mut pieces = bytes.split_inclusive(|byte| *byte == b'\n').enumerate().peekable();
        while let Some((number, piece)) = pieces.next() {
            let last = pieces.peek().is_none();
            let line = piece.strip_suffix(b"\n").and_then(Line::parse);
            let taken = match line {
                Some(Line::Start(start)) if number == 0 => {
                    ledger.mails = start.mails;
                    start.is_ours().then_some(()).ok_or(LedgerError::Format)
                }
                _ if number == 0 && !last => Err(LedgerError::Format),
                Some(line) if number > 0 => {
                    ledger.take(line, &mut order).ok_or(LedgerError::Line(number + 1))
                }
                _ => Err(LedgerError::Line(number + 1)),
            };
            match taken {
                Ok(()) => whole += piece.len(),
                Err(LedgerError::Line(_)) if last => break,
                Err(error) => return Err(error),
            }
        }
        Ok((ledger, whole))
    }

    /// Writes everything as lines, within the limits of what is remembered.
    pub fn to_bytes(&mut self) -> Vec<u8> {
        self.trim();
        let mut body = Vec::new();
        for (id, clues) in &self.domains {
            body.extend(Line::Domain(DomainLine::new(*id, clues)).to_bytes());
        }
        let mut places = BTreeMap::new();
        for (place, (id, person)) in self.people.iter().enumerate() {
            places.insert(*id, place as u64);
            let known = Some((person.last, person.mails));
            body.extend(Line::Person(PersonLine::new(*id, person.domain, &person.clues, known)).to_bytes());
        }
        let pairs: Vec<[u64; 3]> = self
            .pairs
            .iter()
            .filter_map(|((one, other), mails)| {
                Some([*places.get(one)?, *places.get(other)?, u64::from(*mails)])
            })
            .collect();
        for some in pairs.chunks(200) {
            body.extend(Line::Pairs(some.to_vec()).to_bytes());
        }
        let seen: Vec<Key> = self.seen_order.iter().copied().collect();
        for some in seen.chunks(200) {
            body.extend(Line::Seen(lines::join(some)).to_bytes());
        }
        let mut bytes = Line::Start(Start::new(self.mails, body.len())).to_bytes();
        bytes.append(&mut body);
        bytes
    }

    /// Writes the line that counts one more mail, to be appended to the others.
    pub fn line(key: &[u8; 32], mail: &Mail<'_>) -> Vec<u8> {
        Line::Mail(describe(key, mail)).to_bytes()
    }

    /// Writes the first line of a history without anything in it.
    pub fn start() -> Vec<u8> {
        Line::Start(Start::new(0, 0)).to_bytes()
    }

    /// Says from the first line of a file how long it was when it was last written as a whole.
    pub fn length_when_written(first: &[u8]) -> Option<u64> {
        match Line::parse(first.strip_suffix(b"\n")?)? {
            Line::Start(start) if start.is_ours() => Some(start.whole.saturating_add(first.len() as u64)),
            _ => None,
        }
    }

    /// Says whether bytes are one whole line of a history.
    pub fn is_line(bytes: &[u8]) -> bool {
        bytes.strip_suffix(b"\n").and_then(Line::parse).is_some()
    }

    /// Counts a mail; says whether it counted, and did not before.
    pub fn record(&mut self, mail: &Mail<'_>) -> bool {
        let line = describe(&self.key, mail);
        self.count(line).unwrap_or(false)
    }

    /// Forgets an address: its counts, its names, whom it was on a mail with, and its domain when nobody else was there.
    /// Says whether it was known.
    pub fn forget(&mut self, address: &Address) -> bool {
        self.remove(person_id(&self.key, address))
    }

    /// Returns how much is remembered.
    pub fn counts(&self) -> Counts {
        Counts {
            mails: self.mails,
            people: self.people.len(),
            domains: self.domains.len(),
            pairs: self.pairs.len(),
        }
    }

    /// Takes a line that was read; `order` lists the people of the lines before. `None` when it does not fit.
    fn take(&mut self, line: Line, order: &mut Vec<PersonId>) -> Option<()> {
        match line {
            Line::Domain(line) => self.add_domain(line.id()?, line.clues()?),
            Line::Mail(mail) => {
                self.count(mail)?;
            }
            Line::Pairs(pairs) => {
                for [one, other, mails] in pairs {
                    let at = |place: u64| order.get(usize::try_from(place).ok()?).copied();
                    self.pairs.insert(sorted(at(one)?, at(other)?), u32::try_from(mails).ok()?);
                }
            }
            Line::Person(line) => {
                let (id, (last, mails)) = (line.id()?, line.known()?);
                let domain = line.domain()?;
                if !self.domains.contains_key(&domain) || self.people.contains_key(&id) {
                    return None;
                }
                self.add_person(id, Person { clues: line.clues()?, domain, last, mails });
                order.push(id);
            }
            Line::Seen(keys) => lines::split(&keys)?.into_iter().for_each(|key| {
                self.see(key);
            }),
            Line::Start(_) => return None,
        }
        Some(())
    }

    /// Counts a mail; `None` when the line is not one that we write.
    fn count(&mut self, mail: MailLine) -> Option<bool> {
        let mut domains = Vec::new();
        for line in &mail.domains {
            domains.push((line.id()?, line.clues()?));
        }
        let mut people = Vec::new();
        for line in &mail.to {
            people.push((line.id()?, line.domain()?, line.clues()?));
        }
        if let Some(key) = &mail.id
            && !self.see(*lines::split(key)?.first()?)
        {
            return Some(false);
        }
        self.mails += 1;
        for (id, clues) in domains {
            self.add_domain(id, clues);
        }
        for (id, domain, clues) in &people {
            if !self.domains.contains_key(domain) {
                return None;
            }
            let (mails, last) =
                self.people.get(id).map_or((0, mail.at), |known| (known.mails, known.last.max(mail.at)));
            // Clues of all names that somebody was called by; a few are enough.
            let mut all = self.people.get(id).map(|known| known.clues.clone()).unwrap_or_default();
            if all.len() < 4 * lines::CLUES_MAX {
                all.extend(clues.iter().filter(|clue| !all.contains(clue)).copied().collect::<Vec<_>>());
            }
            self.remove_from_index(*id);
            self.add_person(
                *id,
                Person { clues: all, domain: *domain, last, mails: mails.saturating_add(1) },
            );
        }
        if people.len() <= TOGETHER_MAX {
            let ids: BTreeSet<PersonId> = people.iter().map(|(id, ..)| *id).collect();
            for one in &ids {
                for other in ids.range(*one..).skip(1) {
                    let mails = self.pairs.entry((*one, *other)).or_insert(0);
                    *mails = mails.saturating_add(1);
                }
            }
        }
        Some(true)
    }

    fn see(&mut self, key: Key) -> bool {
        let new = self.seen.insert(key);
        if new {
            self.seen_order.push_back(key);
        }
        new
    }

    fn add_domain(&mut self, id: Key, clues: Vec<Key>) {
        if self.domains.contains_key(&id) {
            return;
        }
        for clue in &clues {
            self.domains_by_clue.entry(*clue).or_default().push(id);
        }
        self.domains.insert(id, clues);
    }

    fn add_person(&mut self, id: PersonId, person: Person) {
        for clue in &person.clues {
            self.people_by_clue.entry(*clue).or_default().push(id);
        }
        let mails = self.mails_by_domain.entry(person.domain).or_insert(0);
        *mails = mails.saturating_add(person.mails);
        self.people.insert(id, person);
    }

    /// Takes a person out, but not what they were together with.
    fn remove_from_index(&mut self, id: PersonId) -> Option<Person> {
        let person = self.people.remove(&id)?;
        for clue in &person.clues {
            if let Some(ids) = self.people_by_clue.get_mut(clue) {
                ids.retain(|other| *other != id);
            }
        }
        if let Some(mails) = self.mails_by_domain.get_mut(&person.domain) {
            *mails = mails.saturating_sub(person.mails);
        }
        Some(person)
    }

    fn remove(&mut self, id: PersonId) -> bool {
        let Some(person) = self.remove_from_index(id) else { return false };
        self.pairs.retain(|(one, other), _| *one != id && *other != id);
        if !self.people.values().any(|other| other.domain == person.domain) {
            self.mails_by_domain.remove(&person.domain);
            for clue in self.domains.remove(&person.domain).unwrap_or_default() {
                if let Some(ids) = self.domains_by_clue.get_mut(&clue) {
                    ids.retain(|other| *other != person.domain);
                }
            }
        }
        true
    }

    /// Drops what is beyond the limits.
    fn trim(&mut self) {
        if self.people.len() > PEOPLE_MAX {
            let mut oldest: Vec<(Timestamp, PersonId)> =
                self.people.iter().map(|(id, person)| (person.last, *id)).collect();
            oldest.sort_unstable();
            let gone: BTreeSet<PersonId> =
                oldest.into_iter().take(self.people.len() - PEOPLE_MAX).map(|(_, id)| id).collect();
            for id in &gone {
                self.remove_from_index(*id);
            }
            self.pairs.retain(|(one, other), _| !gone.contains(one) && !gone.contains(other));
            let kept: BTreeSet<Key> = self.people.values().map(|person| person.domain).collect();
            self.domains.retain(|id, _| kept.contains(id));
            for ids in self.domains_by_clue.values_mut() {
                ids.retain(|id| kept.contains(id));
            }
        }
        if self.pairs.len() > PAIRS_MAX {
            let mut counts: Vec<u32> = self.pairs.values().copied().collect();
            counts.sort_unstable();
            let least = counts.get(counts.len() - PAIRS_MAX).copied().unwrap_or(0);
            self.pairs.retain(|_, mails| *mails >= least);
            let mut over = self.pairs.len().saturating_sub(PAIRS_MAX);
            self.pairs.retain(|_, mails| {
                let drop = over > 0 && *mails == least;
                over -= usize::from(drop);
                !drop
            });
        }
        while self.seen_order.len() > SEEN_MAX {
            if let Some(key) = self.seen_order.pop_front() {
                self.seen.remove(&key);
            }
        }
    }
}

impl History for Ledger {
    fn person(&self, address: &Address) -> Option<Known> {
        let id = person_id(&self.key, address);
        self.people.get(&id).map(|person| Known { id, mails: person.mails, last: person.last })
    }

    fn people_under(&self, clue: &Clue) -> Vec<Known> {
        let ids =
            self.people_by_clue.get(&hash(&self.key, clue.text())).map(Vec::as_slice).unwrap_or_default();
        let known = |id: &PersonId| {
            self.people.get(id).map(|person| Known { id: *id, mails: person.mails, last: person.last })
        };
        if ids.len() > COMMON_MAX {
            return Vec::new();
        }
        ids.iter().filter_map(known).collect()
    }

    fn mails_under(&self, clue: &Clue) -> u32 {
        let ids =
            self.domains_by_clue.get(&hash(&self.key, clue.text())).map(Vec::as_slice).unwrap_or_default();
        ids.iter()
            .filter_map(|id| self.mails_by_domain.get(id))
            .fold(0, |sum, mails| sum.saturating_add(*mails))
    }

    fn together(&self, one: PersonId, other: PersonId) -> u32 {
        self.pairs.get(&sorted(one, other)).copied().unwrap_or(0)
    }
}

/// Describes a mail without a name in it. An address that stands twice counts once.
fn describe(key: &[u8; 32], mail: &Mail<'_>) -> MailLine {
    let mut domains = BTreeMap::new();
    let mut people: BTreeMap<PersonId, PersonLine> = BTreeMap::new();
    for mailbox in mail.to.iter().take(RECIPIENTS_MAX) {
        let domain = hash(key, lookalike::itself(mailbox.address.domain()).text());
        domains.entry(domain).or_insert_with(|| {
            let clues = lookalike::stored(mailbox.address.domain());
            DomainLine::new(domain, &hashes(key, &clues))
        });
        let id = person_id(key, &mailbox.address);
        people
            .entry(id)
            .or_insert_with(|| PersonLine::new(id, domain, &hashes(key, &names::stored(mailbox)), None));
    }
    MailLine {
        at: mail.at,
        domains: domains.into_values().collect(),
        id: mail.id.map(|id| lines::join(&[hash(key, &format!("mail:{id}"))])),
        to: people.into_values().collect(),
    }
}

fn hashes(key: &[u8; 32], clues: &[Clue]) -> Vec<Key> {
    clues.iter().take(lines::CLUES_MAX).map(|clue| hash(key, clue.text())).collect()
}

/// Hashes a clue; the key stops whoever finds the file from trying all names there are.
fn hash(key: &[u8; 32], text: &str) -> Key {
    let mut out = [0; 8];
    blake3::Hasher::new_keyed(key).update(text.as_bytes()).finalize_xof().fill(&mut out);
    out
}

fn person_id(key: &[u8; 32], address: &Address) -> PersonId {
    let mut out = [0; 16];
    let text = format!("address:{}", address.canonical());
    blake3::Hasher::new_keyed(key).update(text.as_bytes()).finalize_xof().fill(&mut out);
    PersonId(out)
}

fn sorted(one: PersonId, other: PersonId) -> (PersonId, PersonId) {
    if one <= other { (one, other) } else { (other, one) }
}
