//! Fills the slots of frames, and notes where the values and the near misses stand.
//!
//! | slot | becomes |
//! |---|---|
//! | `{bsn}`, any name of an entity | a value, labelled |
//! | `{=phone\|+31 6 1234####}` | a value by a mask ([`Draw::mask`]), labelled |
//! | `{!bsn-off}` | a value that fails its check, a near miss |
//! | `{!bsn-bare}` | a value that passes by chance, for a place where nothing says what it is: a near miss |
//! | `{!icd10\|E10\|a fuel}` | a near miss by a mask, and why; several entities are joined by `+` |
//! | `{#@@-###}` | anything by a mask; no entity |
//! | `{name}`, `{date}`, … | what makes texts differ ([`super::slots`]) |
//!
//! A line that begins with `%%` is repeated with other values, two to seven times: the rows of a table.

use super::book::Book;
use super::checks::holds;
use super::draw::Draw;
use super::entity::Entity;
use super::values;
use super::{Decoy, Label, Language};

/// A document being written.
pub(super) struct Writer {
    pub(super) book: &'static Book,
    pub(super) language: Language,
    pub(super) draw: Draw,
    /// Whom the document is about, the same all through.
    pub(super) subject: String,
    /// Who wrote it.
    pub(super) author: String,
    pub(super) text: String,
    pub(super) labels: Vec<Label>,
    pub(super) decoys: Vec<Decoy>,
}

impl Writer {
    /// Begins a document.
    pub(super) fn new(book: &'static Book, language: Language, draw: Draw) -> Self {
        let (text, labels, decoys) = (String::new(), Vec::new(), Vec::new());
        let mut writer = Self {
            book,
            language,
            draw,
            subject: String::new(),
            author: String::new(),
            text,
            labels,
            decoys,
        };
        writer.subject = writer.person();
        writer.author = writer.person();
        writer
    }

    /// Appends a frame with its slots filled.
    pub(super) fn frame(&mut self, frame: &'static str) {
        for line in frame.split_inclusive('\n') {
            match line.strip_prefix("%%") {
                None => self.line(line),
                Some(row) => {
                    for _ in 0..self.draw.between(2, 7) {
                        self.line(row.trim_end_matches('\n'));
                        self.text.push('\n');
                    }
                }
            }
        }
        // A table ends with its last row.
        self.text.truncate(self.text.trim_end_matches('\n').len());
    }

    /// Takes back everything after a length, with its labels.
    pub(super) fn truncate(&mut self, length: usize) {
        self.text.truncate(length);
        self.labels.retain(|label| label.range.end <= length);
        self.decoys.retain(|decoy| decoy.range.end <= length);
    }

    /// Notes that what was written since `start` is a near miss.
    pub(super) fn decoy(&mut self, entity: Entity, start: usize, why: &'static str) {
        self.decoys.push(Decoy { entity, range: start..self.text.len(), why });
    }

    /// Appends one of a section's lines or frames with its slots filled.
    pub(super) fn one_of(&mut self, section: &str) {
        let line = *self.draw.pick(self.book.section(section));
        self.line(line);
    }

    fn line(&mut self, line: &'static str) {
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('{') {
            let (slot, after) =
                after.split_once('}').unwrap_or_else(|| panic!("a slot is not closed in {line:?}"));
            self.text.push_str(before);
            self.slot(slot);
            rest = after;
        }
        self.text.push_str(rest);
    }

    fn slot(&mut self, slot: &'static str) {
        if let Some(mask) = slot.strip_prefix('#') {
            let filled = self.draw.mask(mask);
            self.text.push_str(&filled);
        } else if let Some(near_miss) = slot.strip_prefix('!') {
            self.near_miss(near_miss);
        } else if let Some(given) = slot.strip_prefix('=') {
            let (name, mask) = given.split_once('|').unwrap_or_else(|| panic!("{slot:?} has no mask"));
            let start = self.text.len();
            let filled = self.draw.mask(mask);
            self.text.push_str(&filled);
            self.label(entity(name), start);
        } else if let Ok(entity) = slot.parse() {
            let start = self.text.len();
            self.value(entity);
            self.label(entity, start);
        } else {
            self.filler(slot);
        }
    }

    fn label(&mut self, entity: Entity, start: usize) {
        self.labels.push(Label { entity, range: start..self.text.len() });
        // Both pass the same test: only the words around them say which it is.
        match entity {
            Entity::Bsn => self.decoy(Entity::Rsin, start, "a number of a person"),
            Entity::Rsin => self.decoy(Entity::Bsn, start, "a number of a legal person"),
            _ => {}
        }
    }

    /// Appends a right value in one of the portion's formats.
    fn value(&mut self, entity: Entity) {
        if let Some(value) = values::value(entity, &mut self.draw) {
            self.shaped(entity, &value);
            return;
        }
        match entity {
            Entity::BirthDate => self.date_between(1931, 2022),
            Entity::PrivateKey => self.private_key(),
            // Name and code stand on one line of the list, with ` = ` between them.
            Entity::Medication => self.half_of("medication", Half::Name),
            Entity::Atc => self.half_of("medication", Half::Code),
            Entity::Diagnosis => self.half_of("diagnosis", Half::Name),
            Entity::Icd10 => self.half_of("diagnosis", Half::Code),
            Entity::PostalAddress => self.one_of("postal-address"),
            _ => {
                let mask = *self.draw.pick(self.book.section(entity.name()));
                let filled = loop {
                    let filled = self.draw.mask(mask);
                    // These three were never given out, because of what they stood for.
                    let forbidden = entity == Entity::Postcode
                        && ["SA", "SD", "SS"].iter().any(|letters| filled.ends_with(letters));
                    if !forbidden {
                        break filled;
                    }
                };
                self.text.push_str(&filled);
            }
        }
    }

    /// Appends a value with the separators of one of the portion's shapes.
    fn shaped(&mut self, entity: Entity, value: &str) {
        let shapes = self.book.section(&format!("shape {}", entity.name()));
        let fitting: Vec<&str> = shapes
            .iter()
            .copied()
            .filter(|shape| !shape.contains('#') || shape.matches('#').count() == value.len())
            .collect();
        let shape = *self.draw.pick(&fitting);
        self.text.push_str(&in_shape(shape, value));
    }

    fn near_miss(&mut self, slot: &'static str) {
        let start = self.text.len();
        if let Some((names, rest)) = slot.split_once('|') {
            let (mask, why) = rest.split_once('|').unwrap_or_else(|| panic!("{slot:?} does not say why"));
            let filled = self.draw.mask(mask);
            self.text.push_str(&filled);
            for name in names.split('+') {
                self.decoy(entity(name), start, why);
            }
        } else if let Some(name) = slot.strip_suffix("-off") {
            let entity = entity(name);
            let value = values::wrong(entity, &mut self.draw).expect("the entity has a check");
            self.shaped(entity, &value);
            self.decoy(entity, start, "fails its check");
        } else if let Some(name) = slot.strip_suffix("-bare") {
            let entity = entity(name);
            let value = values::value(entity, &mut self.draw).expect("the entity has a check");
            self.text.push_str(&value);
            for other in Entity::ALL {
                if other == entity || (other.is_checksummed() && holds(other, &value)) {
                    self.decoy(other, start, "passes by chance, and nothing says that it is one");
                }
            }
        } else {
            panic!("{slot:?} is no near miss");
        }
    }

    fn half_of(&mut self, list: &str, half: Half) {
        let line = *self.draw.pick(self.book.section(list));
        let (name, code) = line.split_once(" = ").unwrap_or_else(|| panic!("{line:?} has no code"));
        self.text.push_str(match half {
            Half::Code => code,
            Half::Name => name,
        });
    }

    fn private_key(&mut self) {
        let kind = *self.draw.pick(self.book.section("private-key"));
        if kind == "age" {
            let letters: String =
                (0..58).map(|_| char::from(*self.draw.pick(b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"))).collect();
            self.text.push_str(&format!("AGE-SECRET-KEY-1{letters}"));
            return;
        }
        self.block(kind, 4);
    }

    /// Appends a PEM block of a kind, with a number of lines in it.
    pub(super) fn block(&mut self, kind: &str, lines: u32) {
        self.text.push_str(&format!("-----BEGIN {kind}-----\n"));
        for _ in 0..self.draw.between(lines, lines + 20) {
            let line = self.draw.mask("~(64)");
            self.text.push_str(&line);
            self.text.push('\n');
        }
        let last = self.draw.mask("~(42)");
        self.text.push_str(&format!("{last}==\n-----END {kind}-----"));
    }
}

/// Which half of a line `name = code`.
#[derive(Clone, Copy)]
enum Half {
    Code,
    Name,
}

fn entity(name: &str) -> Entity {
    name.parse().unwrap_or_else(|_| panic!("no entity is named {name:?}"))
}

/// Writes a value in a shape: `plain`, `lower`, `group4` (by fours, with spaces; with `nbsp` after it, spaces that do not
/// break; with `lower` before it, in lower case), `apart` (a space after the country), or a mask of `#`.
fn in_shape(shape: &str, value: &str) -> String {
    match shape {
        "plain" => value.to_owned(),
        "lower" => value.to_lowercase(),
        "group4" => by_fours(value, ' '),
        "group4dash" => by_fours(value, '-'),
        "group4nbsp" => by_fours(value, '\u{a0}'),
        "lower group4" => by_fours(&value.to_lowercase(), ' '),
        "apart" => format!("{} {}", &value[..2], &value[2..]),
        mask => {
            assert!(mask.contains('#'), "{mask:?} is no shape");
            let mut letters = value.chars();
            mask.chars()
                .map(|place| if place == '#' { letters.next().expect("the mask is as long") } else { place })
                .collect()
        }
    }
}

fn by_fours(value: &str, between: char) -> String {
    let mut grouped = String::new();
    for (place, letter) in value.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            grouped.push(between);
        }
        grouped.push(letter);
    }
    grouped
}
