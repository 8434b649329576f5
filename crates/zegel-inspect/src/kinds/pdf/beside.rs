//! What shows on a page and is not in its content: drawings of comments and fields, patterns, masks, letters that are
//! drawings.

use lopdf::{Dictionary, Object, ObjectId};

use super::page::{Graphics, Page};
use super::{dictionary, objects, reference, resolve};
use crate::reading::{Doc, Fault};

/// The most comments and fields of a page that are looked at.
const COMMENTS: usize = 20_000;

/// What a drawing counts for besides its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pictures {
    /// Pictures in it are pictures on the page.
    Counted,
    /// They are letters.
    Letters,
}

impl Page<'_, '_> {
    /// Reads what comments and fields look like (ISO 32000-1, 12.5.5).
    pub(super) fn comments(&mut self, doc: &mut Doc<'_, '_>, page: &Dictionary) -> Result<(), Fault> {
        let pdf = self.pdf;
        let list = page.get(b"Annots").ok().and_then(|list| resolve(pdf, list));
        let Some(Object::Array(list)) = list else { return Ok(()) };
        if list.len() > COMMENTS {
            return Err(Fault::Limit);
        }
        for comment in list {
            let Some(Object::Dictionary(comment)) = resolve(pdf, comment) else { continue };
            let Some(looks) = dictionary(pdf, comment, b"AP") else { continue };
            let known = self.texts_of(comment);
            for (_, look) in looks.iter() {
                doc.tick()?;
                // One drawing, or one for each state.
                let states = match resolve(pdf, look) {
                    Some(Object::Dictionary(states)) => states.iter().map(|(_, state)| state).collect(),
                    Some(Object::Stream(_)) => vec![look],
                    _ => continue,
                };
                for id in states.into_iter().filter_map(|state| state.as_reference().ok()) {
                    let before = self.found.beside.len();
                    self.drawing(doc, id, &Dictionary::new(), Pictures::Counted, &mut Vec::new())?;
                    let text = self.found.beside.get(before..).map(compact).unwrap_or_default();
                    // The value of a field is read as such.
                    if known.iter().any(|known| known.contains(&text)) {
                        self.found.beside.truncate(before);
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns what is said in words about a comment or a field.
    fn texts_of(&self, comment: &Dictionary) -> Vec<String> {
        let parent = dictionary(self.pdf, comment, b"Parent");
        let values = [comment.get(b"V"), comment.get(b"Contents")]
            .into_iter()
            .chain(parent.map(|parent| parent.get(b"V")))
            .flatten();
        values
            .filter_map(|value| match resolve(self.pdf, value) {
                Some(Object::String(text, _)) => Some(compact(&objects::text_string(text))),
                _ => None,
            })
            .collect()
    }

    /// Reads a pattern that something is painted with.
    pub(super) fn pattern(
        &mut self,
        doc: &mut Doc<'_, '_>,
        resources: &Dictionary,
        name: &[u8],
        open: &mut Vec<ObjectId>,
    ) -> Result<(), Fault> {
        let id = dictionary(self.pdf, resources, b"Pattern").and_then(|patterns| reference(patterns, name));
        id.map_or(Ok(()), |id| self.drawing(doc, id, resources, Pictures::Counted, open))
    }

    /// Reads what something is painted through.
    pub(super) fn mask(
        &mut self,
        doc: &mut Doc<'_, '_>,
        resources: &Dictionary,
        name: &[u8],
        open: &mut Vec<ObjectId>,
    ) -> Result<(), Fault> {
        let id = dictionary(self.pdf, resources, b"ExtGState")
            .and_then(|states| dictionary(self.pdf, states, name))
            .and_then(|state| dictionary(self.pdf, state, b"SMask"))
            .and_then(|mask| reference(mask, b"G"));
        id.map_or(Ok(()), |id| self.drawing(doc, id, resources, Pictures::Counted, open))
    }

    /// Reads the letters of a font whose letters are drawings (ISO 32000-1, 9.6.5): each may show a whole text.
    pub(super) fn glyphs(
        &mut self,
        doc: &mut Doc<'_, '_>,
        resources: &Dictionary,
        name: &[u8],
        open: &mut Vec<ObjectId>,
    ) -> Result<(), Fault> {
        let pdf = self.pdf;
        let fonts = dictionary(pdf, resources, b"Font");
        // Every change of font comes here: a font is looked at once.
        if fonts.and_then(|fonts| reference(fonts, name)).is_some_and(|id| !self.fonts.drawn.insert(id)) {
            return Ok(());
        }
        let font = fonts.and_then(|fonts| dictionary(pdf, fonts, name));
        let Some((font, letters)) = font.and_then(|font| Some((font, dictionary(pdf, font, b"CharProcs")?)))
        else {
            return Ok(());
        };
        let own = dictionary(pdf, font, b"Resources").unwrap_or(resources);
        for (_, letter) in letters.iter() {
            if let Ok(id) = letter.as_reference() {
                self.drawing(doc, id, own, Pictures::Letters, open)?;
            }
        }
        Ok(())
    }

    /// Reads a drawing, once in a file; its text stands apart from that of the page.
    fn drawing(
        &mut self,
        doc: &mut Doc<'_, '_>,
        id: ObjectId,
        resources: &Dictionary,
        pictures: Pictures,
        open: &mut Vec<ObjectId>,
    ) -> Result<(), Fault> {
        if !self.fonts.drawn.insert(id) {
            return Ok(());
        }
        let Ok(Object::Stream(stream)) = self.pdf.get_object(id) else { return Ok(()) };
        doc.tick()?;
        let before = (self.found.pictures, self.found.curves);
        let largest = self.found.largest;
        let shown = std::mem::take(&mut self.found.shown);
        let last = self.last.take();
        let outcome = self.form(doc, id, stream, (resources, &Graphics::default()), open);
        let text = std::mem::replace(&mut self.found.shown, shown);
        self.last = last;
        // How large it is on the page is not known here.
        self.found.largest = largest;
        if pictures == Pictures::Letters {
            (self.found.pictures, self.found.curves) = before;
        }
        if !text.trim().is_empty() {
            self.found.beside.push_str(&text);
            self.found.beside.push('\n');
        }
        outcome
    }
}

/// Returns a text without white space.
fn compact(text: &str) -> String {
    text.split_whitespace().collect()
}
