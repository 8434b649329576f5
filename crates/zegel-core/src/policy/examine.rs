//! Reading a draft and holding it against the rules; quick the second time.
//!
//! The add-in asks at every pause in typing. What was scanned once is not scanned again: findings are kept by the digest of the
//! text they stand in, so a keystroke costs a look at the body and never at an attachment.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::Policy;
use super::facts::{Facts, Found, Person, ScanResult, Slip};
use super::judge::{Acceptances, Judgement, judge};
use super::plan::{Classic, Role, Route, find_route};
use super::terms::LocalTime;
use crate::contacts::Contacts;
use crate::detect::Match;
use crate::material::{Material, Origin, Piece, Unread, UnreadReason};
use crate::mime::Draft;
use crate::people::mistakes::{self, Kind, Place, Shown};
use crate::people::{self, History};
use crate::time::Timestamp;
use crate::{Address, Mailbox};

/// Most texts whose findings are kept.
const KEPT_MAX: usize = 4_096;

/// What others found in the attachments of a draft.
#[derive(Debug, Clone, Default)]
pub struct Attached {
    /// What `zegel-inspect` read. An attachment that is not mentioned counts as not examined.
    pub material: Material,
    /// What the virus scanner said of every attachment and, as [`Origin::Body`], of the text, when one is configured. What is
    /// not mentioned counts as not scanned.
    pub scans: Option<BTreeMap<Origin, ScanResult>>,
}

/// What is around a draft.
pub struct Circumstances<'a> {
    /// Whether a classic key of an archive will do.
    pub classic: Classic,
    /// Where the card of an archive is looked for.
    pub contacts: &'a dyn Contacts,
    /// The time.
    pub now: Timestamp,
    /// With whom the sender has been writing.
    pub history: &'a dyn History,
    /// The hour where the sender is.
    pub local_time: LocalTime,
    /// The findings that the sender accepts.
    pub accepted: &'a Acceptances,
}

/// A draft that has been held against a policy. Only an [`Examiner`] makes one.
#[derive(Debug, Clone)]
pub struct Examined {
    draft: [u8; 32],
    recipients: BTreeSet<Address>,
    policy: [u8; 32],
    judgement: Judgement,
    material: Material,
    archive: Option<Route>,
}

impl Examined {
    /// Returns what the policy says.
    pub fn judgement(&self) -> &Judgement {
        &self.judgement
    }

    /// Returns what was read; evidence counts its pieces.
    pub fn material(&self) -> &Material {
        &self.material
    }

    /// Returns how the archive that the policy names gets it.
    pub(super) fn archive_route(&self) -> Option<&Route> {
        self.archive.as_ref()
    }

    /// Says whether this is about this draft, its recipients and this policy.
    pub(super) fn is_of(&self, draft: &Draft, policy: &Policy) -> bool {
        self.draft == draft.digest() && self.recipients == addresses(draft) && self.policy == *policy.digest()
    }
}

/// Finds the slips of a draft, as the rules read them.
fn slips(
    draft: &Draft,
    mailboxes: &[Mailbox],
    people: &[Person],
    material: &Material,
    visible_max: usize,
    history: &dyn History,
) -> Vec<Slip> {
    let recipients: Vec<mistakes::Recipient<'_>> = mailboxes
        .iter()
        .zip(people)
        .map(|(mailbox, person)| mistakes::Recipient {
            mailbox,
            groups: &person.groups,
            shown: if person.role == Role::Bcc { Shown::Blind } else { Shown::Visible },
        })
        .collect();
    let files: Vec<String> = draft.attachments().into_iter().map(|attachment| attachment.name).collect();
    let kind = if draft.in_reply_to().is_some() { Kind::Reply } else { Kind::New };
    let seen = mistakes::Draft {
        sender: draft.from(),
        recipients: &recipients,
        material,
        files: &files,
        kind,
        visible_max,
    };
    let slips = mistakes::find(&seen, history).into_iter();
    slips
        .map(|slip| {
            let (words, address) = match slip.place {
                Place::Text { piece, range } => (Some((piece, range)), None),
                Place::Recipient(address) => (None, Some(address)),
                Place::FileName(_) | Place::Mail => (None, None),
            };
            Slip { mistake: slip.mistake, words, address, detail: slip.words }
        })
        .collect()
}

/// Returns everybody once, at their most visible place.
fn recipients(draft: &Draft) -> Vec<(Role, Mailbox)> {
    let fields = [(Role::To, draft.to()), (Role::Cc, draft.cc()), (Role::Bcc, draft.bcc())];
    let mut seen = BTreeSet::new();
    let all = fields.into_iter().flat_map(|(role, list)| list.iter().map(move |mailbox| (role, mailbox)));
    all.filter(|(_, mailbox)| seen.insert(mailbox.address.clone()))
        .map(|(role, mailbox)| (role, mailbox.clone()))
        .collect()
}

fn addresses(draft: &Draft) -> BTreeSet<Address> {
    recipients(draft).into_iter().map(|(_, mailbox)| mailbox.address).collect()
}

/// What was found in one text.
#[derive(Debug)]
struct Scanned {
    matches: Vec<Match>,
    /// Whether all of it was looked at.
    whole: bool,
}

/// Examines drafts under one policy, and remembers what it found in which text.
#[derive(Debug)]
pub struct Examiner<'p> {
    policy: &'p Policy,
    kept: HashMap<[u8; 32], Arc<Scanned>>,
}

impl<'p> Examiner<'p> {
    /// Makes an examiner that has seen nothing yet.
    pub fn new(policy: &'p Policy) -> Self {
        Self { policy, kept: HashMap::new() }
    }

    /// Reads a draft, finds what its rules ask for, and judges.
    pub fn examine(&mut self, draft: &Draft, attached: &Attached, around: &Circumstances<'_>) -> Examined {
        let mut material = draft.material();
        material.append(attached.material.clone());
        let mut scans = attached.scans.clone().unwrap_or_default();
        for attachment in draft.attachments() {
            let origin = attachment.origin();
            let mentioned = material.files.iter().any(|file| file.origin == origin)
                || material.unread.iter().any(|unread| unread.origin == origin);
            // Silence is not a clean bill of health.
            if !mentioned {
                material.unread.push(Unread { origin: origin.clone(), reason: UnreadReason::NoInspector });
            }
            if attached.scans.is_some() {
                scans
                    .entry(origin)
                    .or_insert_with(|| ScanResult::NotScanned("the scanner was not asked".to_owned()));
            }
        }
        if attached.scans.is_some() && !draft.texts().is_empty() {
            let silence = || ScanResult::NotScanned("the scanner was not asked".to_owned());
            scans.entry(Origin::Body).or_insert_with(silence);
        }
        let (found, cut) = self.scan(&material.pieces);
        // What a detector gave up on is not examined, and no rule may take it for clean.
        material.unread.extend(cut.into_iter().map(|origin| Unread { origin, reason: UnreadReason::Limit }));
        let organisation = self.policy.organisation();
        let (roles, mailboxes): (Vec<Role>, Vec<Mailbox>) = recipients(draft).into_iter().unzip();
        let groups = people::classify(&draft.from().address, &mailboxes, organisation, around.history);
        let recipients: Vec<Person> = mailboxes
            .iter()
            .zip(roles)
            .zip(groups)
            .map(|((mailbox, role), groups)| Person { address: mailbox.address.clone(), role, groups })
            .collect();
        let slips =
            slips(draft, &mailboxes, &recipients, &material, organisation.visible_max, around.history);
        let facts = Facts {
            sender: &draft.from().address,
            recipients: &recipients,
            material: &material,
            found: &found,
            slips: &slips,
            scans: &scans,
            local_time: around.local_time,
        };
        let judgement = judge(self.policy, &facts, around.accepted);
        let archive = judgement
            .demands
            .archives
            .first()
            .map(|archive| find_route(&archive.address, around.contacts, around.now, around.classic));
        Examined {
            archive,
            draft: draft.digest(),
            recipients: addresses(draft),
            policy: *self.policy.digest(),
            judgement,
            material,
        }
    }

    /// Finds what the policy's detectors know; texts seen before are not read again.
    fn scan(&mut self, pieces: &[Piece]) -> (Vec<Found>, BTreeSet<Origin>) {
        let mut all = Vec::new();
        let mut cut = BTreeSet::new();
        for (number, piece) in pieces.iter().enumerate() {
            let key = *blake3::hash(piece.text.as_bytes()).as_bytes();
            let scanned = match self.kept.get(&key) {
                Some(scanned) => Arc::clone(scanned),
                None => {
                    let mut matches = Vec::new();
                    let whole = self.policy.scanner().scan(&piece.text, &mut |found| matches.push(found));
                    // The policy's own detectors come last; rules and reports go by place.
                    matches.sort_by_key(|found: &Match| (found.range.start, found.range.end));
                    let scanned = Arc::new(Scanned { matches, whole });
                    if self.kept.len() >= KEPT_MAX {
                        self.kept.clear();
                    }
                    self.kept.insert(key, Arc::clone(&scanned));
                    scanned
                }
            };
            if !scanned.whole {
                cut.insert(piece.origin.clone());
            }
            all.extend(scanned.matches.iter().map(|found| Found {
                piece: number,
                detector: found.detector.clone(),
                range: found.range.clone(),
                confidence: found.confidence,
                value: found.value,
            }));
        }
        (all, cut)
    }
}

#[cfg(test)]
mod tests;
