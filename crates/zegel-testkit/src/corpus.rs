//! Generated documents with labels, to measure detectors of sensitive content with.
//!
//! A seed goes in, documents come out, as many as asked for and the same every time. Everything in them is made up: numbers
//! are drawn at random and given the check digits they need, names are common ones combined at random, mail addresses are
//! under `example.org` and `.example`. Telephone numbers are of ranges set aside for fiction where a country has them
//! (United Kingdom, United States, France, Germany); the Netherlands and Belgium have none, so theirs are of the shapes that
//! everybody shows (`06-1234…`, and land lines whose subscriber number begins with 1, which are not given out;
//! 085 and 088 numbers are random).
//!
//! There are two [`Portion`]s. Detectors may be improved by looking at [`Portion::Tuned`]; [`Portion::Reported`] is for the
//! figures one publishes. They share the values' check digits, people's names and the list of entities, and nothing else:
//! sentences, words before a value, formats, towns, streets, medicines and diseases differ. The exceptions are what most
//! people write, and so comes in both: a number without separators, an IBAN or a card in groups of four, `1234 AB`.
//!
//! # What is labelled
//!
//! - The range of a [`Label`] is the value and nothing else: not the word before it, no quotes, no full stop after it. A
//!   prefix that belongs to the value is in it: the country of a VAT number, the `+31` or `(020)` of a telephone number. A
//!   medicine is its name without the dose.
//! - A postal address is street and house number, and the postcode and town where they follow, over two lines if they stand
//!   so. The postcode in it is labelled as well. Organisations' addresses count like people's.
//! - A private key reaches from its first line to its last. What stands after `=` in a line of an environment file is an
//!   `env-secret`, and nothing else.
//! - IBANs, payment cards, VAT numbers, Italian tax codes, telephone numbers in full, addresses, private keys and tokens
//!   speak for themselves. Everything else counts only with words, in its sentence, its line, the line before or the head of
//!   its column, that say what it is; an ICD-10 or ATC code also beside the name it belongs to.
//! - A number that fails its check is not one, whatever the words before it say.
//! - A value that passes the check by chance under other words (an order, an invoice, a parcel) is a near miss.
//! - `changeme`, `<your-token>`, `xxxx`, asterisks and `${VARIABLE}` are placeholders and no secrets: a password in use can
//!   be just as bad, but nobody could tell.
//! - Symptoms are not diagnoses. A disease counts where it is somebody's, not where it is the aim of a collection.
//!
//! How found places are compared with labels is said at [`score::score`]: half of each must be shared.

mod book;
mod checks;
mod draw;
mod entity;
mod export;
pub mod score;
mod slots;
#[cfg(test)]
mod tests;
mod values;
mod wrap;
mod writer;

use std::ops::Range;

use self::book::Book;
use self::draw::Draw;
pub use self::entity::{Entity, UnknownEntityError};
pub use self::export::{to_json, write_json_lines};
use self::writer::Writer;

/// Endless documents of one portion.
#[derive(Clone, Copy, Debug)]
pub struct Corpus {
    seed: u64,
    portion: Portion,
}

impl Corpus {
    /// Chooses the documents of a seed.
    pub const fn new(seed: u64, portion: Portion) -> Self {
        Self { seed, portion }
    }

    /// Makes documents one after the other, without end.
    pub fn documents(self) -> impl Iterator<Item = Document> {
        (0_u64..).map(move |number| self.document(number))
    }

    /// Makes one of them.
    pub fn document(self, number: u64) -> Document {
        let portion = self.portion.name();
        let mut draw = Draw::new(&format!("corpus\n{portion}\n{}\n{number}", self.seed));
        let language = if draw.chance(50) { Language::Dutch } else { Language::English };
        let kind = *draw.pick(&DocumentKind::ALL);
        let aim = length(&mut draw);
        let mut writer = Writer::new(Book::of(self.portion, language), language, draw);
        write(&mut writer, kind, aim);
        let Writer { mut draw, text, mut labels, mut decoys, .. } = writer;
        labels.sort_by_key(|label| (label.range.start, label.range.end, label.entity));
        decoys.sort_by_key(|decoy| (decoy.range.start, decoy.range.end, decoy.entity));
        let width = [72, 78, 100, usize::MAX, usize::MAX][draw.below(5)];
        let taken = labels.iter().map(|label| &label.range).chain(decoys.iter().map(|decoy| &decoy.range));
        let text = wrap::wrap(text, width, taken);
        Document { id: format!("{portion}-{number}"), language, kind, text, labels, decoys }
    }
}

/// Which of the two halves of the corpus, which share no sentence and no format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Portion {
    /// For figures that are published; detectors are not improved by looking at it.
    Reported,
    /// For improving detectors.
    Tuned,
}

impl Portion {
    /// Returns its name, as in the ids of its documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Tuned => "tuned",
        }
    }
}

/// A text, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Portion and number, as in `tuned-12`.
    pub id: String,
    /// What language it is in.
    pub language: Language,
    /// What sort of text it is.
    pub kind: DocumentKind,
    /// The text itself; 200 bytes to 20 kB.
    pub text: String,
    /// What a detector should find, in order.
    pub labels: Vec<Label>,
    /// What a detector should not find, in order.
    pub decoys: Vec<Decoy>,
}

/// A place in a text where a value of an entity stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// What it is.
    pub entity: Entity,
    /// The bytes of the text.
    pub range: Range<usize>,
}

/// A place in a text that must not be reported as an entity, though it looks like one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoy {
    /// What it is not.
    pub entity: Entity,
    /// The bytes of the text.
    pub range: Range<usize>,
    /// What it is instead.
    pub why: &'static str,
}

/// The language of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Language {
    /// Dutch, as in the Netherlands.
    Dutch,
    /// English, as in Britain.
    English,
}

impl Language {
    /// Returns the code of ISO 639-1.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Dutch => "nl",
            Self::English => "en",
        }
    }
}

/// The sort of text a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DocumentKind {
    /// Letter of a hospital to a general practitioner after an admission.
    DischargeLetter,
    /// Letter of an employer to or about an employee.
    HrLetter,
    /// Bill.
    Invoice,
    /// Report of a fault in a computer system, with things that should not be in it.
    ItTicket,
    /// Letter of a lawyer, a bailiff or a court.
    LegalLetter,
    /// Letter between people, or from a company.
    Letter,
    /// Notes of a meeting, nothing sensitive.
    MeetingNotes,
    /// Letter of a municipality about care, income or youth.
    MunicipalLetter,
    /// News for many readers, nothing sensitive.
    Newsletter,
    /// Letter of a general practitioner to a specialist.
    Referral,
    /// Report of a school about a pupil.
    SchoolReport,
}

impl DocumentKind {
    /// All of them, by name.
    pub const ALL: [Self; 11] = [
        Self::DischargeLetter,
        Self::HrLetter,
        Self::Invoice,
        Self::ItTicket,
        Self::LegalLetter,
        Self::Letter,
        Self::MeetingNotes,
        Self::MunicipalLetter,
        Self::Newsletter,
        Self::Referral,
        Self::SchoolReport,
    ];

    /// Returns the stable name, in lower case with hyphens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DischargeLetter => "discharge-letter",
            Self::HrLetter => "hr-letter",
            Self::Invoice => "invoice",
            Self::ItTicket => "it-ticket",
            Self::LegalLetter => "legal-letter",
            Self::Letter => "letter",
            Self::MeetingNotes => "meeting-notes",
            Self::MunicipalLetter => "municipal-letter",
            Self::Newsletter => "newsletter",
            Self::Referral => "referral",
            Self::SchoolReport => "school-report",
        }
    }

    /// Tells whether a document of this kind can have a label.
    pub const fn is_sensitive(self) -> bool {
        !matches!(self, Self::MeetingNotes | Self::Newsletter)
    }
}

/// The fewest and the most bytes of a document.
const LENGTHS: Range<usize> = 200..20_000;

/// Draws how long a document should be: as many between 200 and 630 bytes as between 6 and 20 kB.
fn length(draw: &mut Draw) -> usize {
    let mut aim = LENGTHS.start;
    // A step is a tenth of a doubling; 66 of them are a hundredfold.
    for _ in 0..draw.below(66) {
        aim += aim * 72 / 1000;
    }
    aim
}

/// Writes an opening, frames until it is long enough, and a closing.
fn write(writer: &mut Writer, kind: DocumentKind, aim: usize) {
    let book = writer.book;
    let opening = *writer.draw.pick(book.frames(kind, "opening"));
    writer.frame(opening);
    let closing = *writer.draw.pick(book.frames(kind, "closing"));
    let body = book.frames(kind, "body");
    let mut written = 0;
    while written == 0 || writer.text.len() + closing.len() < aim {
        let section = match writer.draw.below(100) {
            0..52 => body,
            52..67 if kind.is_sensitive() => book.section("identifiers"),
            52..85 => book.section("near-misses"),
            _ => book.section("prose"),
        };
        let (before, frame) =
            (writer.text.len(), *writer.draw.pick(if written == 0 { body } else { section }));
        writer.text.push_str("\n\n");
        writer.frame(frame);
        written += 1;
        // A long table or key may reach too far.
        if writer.text.len() + 400 > LENGTHS.end {
            writer.truncate(before);
            break;
        }
    }
    writer.text.push_str("\n\n");
    writer.frame(closing);
    writer.text.push('\n');
}
