//! One page: where its glyphs stand, and what text that makes.

use std::collections::BTreeSet;
use std::rc::Rc;

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use super::content::{ImageEnd, Token, Tokens};
use super::font::{Font, Fonts};
use super::{dictionary, resolve, unpack};
use crate::reading::{Doc, Fault};

/// How deep forms may be nested.
const DEEPEST: usize = 12;

/// How many forms may be drawn on one page: a few that draw each other many times make millions.
const MOST_FORMS: u32 = 4_096;

/// The most operands that are kept for one operator.
const OPERANDS: usize = 4_096;

/// A gap of this part of the letters' size is a space: measured, and where the widths are guessed.
const SPACE: f32 = 0.16;
const SPACE_GUESSED: f32 = 0.35;

/// What was found on a page.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) shown: String,
    pub(super) hidden: String,
    /// What drawings beside the content show: comments, fields, patterns, letters that are drawings.
    pub(super) beside: String,
    pub(super) pictures: u32,
    /// The part of the page that the largest picture covers.
    pub(super) largest: f32,
    pub(super) curves: u32,
    pub(super) glyphs: u64,
    pub(super) unmapped: u64,
}

/// A page being read.
pub(super) struct Page<'p, 'f> {
    pub(super) pdf: &'p Document,
    pub(super) id: ObjectId,
    pub(super) fonts: &'f mut Fonts,
    pub(super) found: Found,
    forms: u32,
    /// Where the last glyph ended, in the page's space, and its size.
    pub(super) last: Option<(f32, f32, f32)>,
    area: f32,
    /// Whether some of it may be read in another way.
    damaged: bool,
}

/// A transformation `[a b c d e f]`.
type Matrix = [f32; 6];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// What `q` saves.
#[derive(Debug, Clone)]
pub(super) struct Graphics {
    matrix: Matrix,
    font: Rc<Font>,
    size: f32,
    spacing: f32,
    word_spacing: f32,
    scale: f32,
    leading: f32,
    rise: f32,
    mode: i32,
}

impl Default for Graphics {
    fn default() -> Self {
        Self {
            matrix: IDENTITY,
            font: Rc::new(Font::unknown()),
            size: 1.0,
            spacing: 0.0,
            word_spacing: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
            mode: 0,
        }
    }
}

impl<'p, 'f> Page<'p, 'f> {
    pub(super) fn new(pdf: &'p Document, id: ObjectId, fonts: &'f mut Fonts) -> Self {
        Self { pdf, id, fonts, found: Found::default(), forms: 0, last: None, area: 0.0, damaged: false }
    }

    pub(super) fn finish(self) -> Found {
        self.found
    }

    /// Reads the page. What was read before a fault is kept.
    pub(super) fn read(&mut self, doc: &mut Doc<'_, '_>) -> Result<(), Fault> {
        let pdf = self.pdf;
        let page = pdf.get_dictionary(self.id).map_err(|_| Fault::Damaged)?;
        self.area = inherited(pdf, page, b"MediaBox")
            .and_then(|object| object.as_array().ok())
            .map_or(612.0 * 792.0, |list| area(pdf, list));
        let empty = Dictionary::new();
        let resources =
            inherited(pdf, page, b"Resources").and_then(|object| object.as_dict().ok()).unwrap_or(&empty);
        let mut content = Vec::new();
        for id in pdf.get_page_contents(self.id) {
            let Ok(Object::Stream(stream)) = pdf.get_object(id) else { continue };
            content.extend(unpack(doc, stream)?);
            content.push(b'\n');
        }
        self.run(doc, &content, resources, Graphics::default(), &mut Vec::new())?;
        self.comments(doc, page)?;
        if self.damaged { Err(Fault::Damaged) } else { Ok(()) }
    }

    pub(super) fn run(
        &mut self,
        doc: &mut Doc<'_, '_>,
        content: &[u8],
        resources: &Dictionary,
        start: Graphics,
        open: &mut Vec<ObjectId>,
    ) -> Result<(), Fault> {
        let mut now = start;
        let mut saved: Vec<Graphics> = Vec::new();
        let (mut text, mut line) = (IDENTITY, IDENTITY);
        let mut operands: Vec<Token> = Vec::new();
        let mut tokens = Tokens::new(content);
        let mut count = 0_u32;
        while let Some(token) = tokens.next() {
            count = count.wrapping_add(1);
            if count.is_multiple_of(2048) {
                doc.tick()?;
            }
            let Token::Operator(operator) = token else {
                if operands.len() < OPERANDS {
                    operands.push(token);
                }
                continue;
            };
            let number = |place: usize| match operands.get(place) {
                Some(Token::Number(value)) => *value,
                _ => 0.0,
            };
            match operator.as_slice() {
                b"q" if saved.len() < 512 => saved.push(now.clone()),
                b"Q" => now = saved.pop().unwrap_or(now),
                b"cm" => now.matrix = multiply(matrix(&operands), now.matrix),
                b"BT" => (text, line) = (IDENTITY, IDENTITY),
                b"Tf" => {
                    if let Some(Token::Name(name)) = operands.first() {
                        now.font = self.fonts.named(doc, self.pdf, resources, name)?;
                        self.glyphs(doc, resources, name, open)?;
                    }
                    now.size = number(1);
                }
                b"Tc" => now.spacing = number(0),
                b"Tw" => now.word_spacing = number(0),
                b"Tz" => now.scale = number(0) / 100.0,
                b"TL" => now.leading = number(0),
                b"Ts" => now.rise = number(0),
                b"Tr" => now.mode = number(0) as i32,
                b"Tm" => (text, line) = (matrix(&operands), matrix(&operands)),
                b"Td" | b"TD" => {
                    if operator == b"TD" {
                        now.leading = -number(1);
                    }
                    line = multiply([1.0, 0.0, 0.0, 1.0, number(0), number(1)], line);
                    text = line;
                }
                b"T*" | b"'" | b"\"" => {
                    if operator == b"\"" {
                        now.word_spacing = number(0);
                        now.spacing = number(1);
                    }
                    line = multiply([1.0, 0.0, 0.0, 1.0, 0.0, -now.leading], line);
                    text = line;
                    if let Some(Token::Text(string)) = operands.last() {
                        self.show(&now, &mut text, string);
                    }
                }
                b"Tj" => {
                    if let Some(Token::Text(string)) = operands.last() {
                        self.show(&now, &mut text, string);
                    }
                }
                b"TJ" => {
                    for operand in &operands {
                        match operand {
                            Token::Text(string) => self.show(&now, &mut text, string),
                            Token::Number(shift) => {
                                let along = -shift / 1000.0 * now.size * now.scale;
                                text = multiply([1.0, 0.0, 0.0, 1.0, along, 0.0], text);
                            }
                            _ => {}
                        }
                    }
                }
                b"c" | b"v" | b"y" => self.found.curves = self.found.curves.saturating_add(1),
                b"Do" => {
                    if let Some(Token::Name(name)) = operands.first() {
                        self.draw(doc, resources, name, &now, open)?;
                    }
                }
                b"SCN" | b"scn" => {
                    if let Some(Token::Name(name)) = operands.last() {
                        self.pattern(doc, resources, name, open)?;
                    }
                }
                b"gs" => {
                    if let Some(Token::Name(name)) = operands.first() {
                        self.mask(doc, resources, name, open)?;
                    }
                }
                b"ID" => {
                    self.picture(&now.matrix);
                    self.damaged |= tokens.skip_image(image_length(&operands)) == ImageEnd::Doubtful;
                }
                _ => {}
            }
            operands.clear();
        }
        self.damaged |= tokens.is_cut();
        Ok(())
    }

    /// Draws a picture or a form.
    fn draw(
        &mut self,
        doc: &mut Doc<'_, '_>,
        resources: &Dictionary,
        name: &[u8],
        now: &Graphics,
        open: &mut Vec<ObjectId>,
    ) -> Result<(), Fault> {
        let Some(objects) = dictionary(self.pdf, resources, b"XObject") else { return Ok(()) };
        let Ok(Object::Reference(id)) = objects.get(name) else { return Ok(()) };
        let Ok(Object::Stream(stream)) = self.pdf.get_object(*id) else { return Ok(()) };
        if stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|kind| kind == b"Image") {
            self.picture(&now.matrix);
            return Ok(());
        }
        self.forms += 1;
        if open.len() >= DEEPEST || self.forms > MOST_FORMS {
            return Err(Fault::Limit);
        }
        // A form that draws itself.
        if open.contains(id) {
            return Ok(());
        }
        self.form(doc, *id, stream, (resources, now), open)
    }

    /// Draws a form.
    pub(super) fn form(
        &mut self,
        doc: &mut Doc<'_, '_>,
        id: ObjectId,
        stream: &Stream,
        (resources, now): (&Dictionary, &Graphics),
        open: &mut Vec<ObjectId>,
    ) -> Result<(), Fault> {
        if open.len() >= DEEPEST {
            return Err(Fault::Limit);
        }
        let content = unpack(doc, stream)?;
        let mut inner = now.clone();
        if let Some(Object::Array(list)) =
            stream.dict.get(b"Matrix").ok().and_then(|list| resolve(self.pdf, list))
        {
            let mut own = IDENTITY;
            for (place, value) in own.iter_mut().zip(list) {
                *place = value.as_float().unwrap_or(0.0);
            }
            inner.matrix = multiply(own, inner.matrix);
        }
        let resources = dictionary(self.pdf, &stream.dict, b"Resources").unwrap_or(resources);
        open.push(id);
        let outcome = self.run(doc, &content, resources, inner, open);
        open.pop();
        outcome
    }

    fn picture(&mut self, matrix: &Matrix) {
        let [a, b, c, d, ..] = matrix;
        self.found.pictures = self.found.pictures.saturating_add(1);
        if self.area > 0.0 {
            self.found.largest = self.found.largest.max((a * d - b * c).abs() / self.area);
        }
    }

    /// Shows a string, and moves the text on by its width.
    fn show(&mut self, now: &Graphics, text: &mut Matrix, string: &[u8]) {
        let place =
            multiply([now.size * now.scale, 0.0, 0.0, now.size, 0.0, now.rise], multiply(*text, now.matrix));
        let [a, b, c, d, x, y] = place;
        let size = c.hypot(d).max(a.hypot(b)).max(0.01);
        let length = a.hypot(b).max(0.000_1);
        let (along_x, along_y) = (a / length, b / length);
        let hidden = now.mode == 3 || now.mode == 7;
        let mut out = String::new();
        if let Some((last_x, last_y, last_size)) = self.last {
            let (dx, dy) = (x - last_x, y - last_y);
            let along = dx * along_x + dy * along_y;
            let across = (dy * along_x - dx * along_y).abs();
            let limit = if now.font.has_widths() { SPACE } else { SPACE_GUESSED };
            if across > 0.5 * size.min(last_size) {
                out.push('\n');
            } else if along > limit * size || along < -0.6 * size {
                out.push(' ');
            }
        }
        let mut advance = 0.0;
        for (letters, width, is_space) in now.font.decode(string) {
            self.found.glyphs += 1;
            match letters {
                Some(letters) => out.push_str(&letters),
                None => {
                    self.found.unmapped += 1;
                    out.push('\u{fffd}');
                }
            }
            let extra = now.spacing + if is_space { now.word_spacing } else { 0.0 };
            advance += (width / 1000.0 * now.size + extra) * now.scale;
        }
        *text = multiply([1.0, 0.0, 0.0, 1.0, advance, 0.0], *text);
        let [.., end_x, end_y] = multiply([1.0, 0.0, 0.0, 1.0, 0.0, now.rise], multiply(*text, now.matrix));
        self.last = Some((end_x, end_y, size));
        let target = if hidden { &mut self.found.hidden } else { &mut self.found.shown };
        if target.is_empty() || target.ends_with([' ', '\n']) {
            target.push_str(out.strip_prefix(' ').unwrap_or(&out));
        } else {
            target.push_str(&out);
        }
    }
}

/// Returns an entry of the page or of what it inherits from.
fn inherited<'p>(pdf: &'p Document, page: &'p Dictionary, key: &[u8]) -> Option<&'p Object> {
    let mut node = page;
    let mut seen = BTreeSet::new();
    loop {
        if let Some(found) = node.get(key).ok().and_then(|object| resolve(pdf, object)) {
            return Some(found);
        }
        let parent = node.get(b"Parent").ok()?.as_reference().ok()?;
        if !seen.insert(parent) || seen.len() > 64 {
            return None;
        }
        node = pdf.get_dictionary(parent).ok()?;
    }
}

fn area(pdf: &Document, list: &[Object]) -> f32 {
    let mut numbers = list
        .iter()
        .map(|object| resolve(pdf, object).and_then(|object| object.as_float().ok()).unwrap_or(0.0));
    let mut next = || numbers.next().unwrap_or(0.0);
    let (left, bottom, right, top) = (next(), next(), next(), next());
    ((right - left) * (top - bottom)).abs()
}

/// Returns how many bytes an inline image has, when it is not packed.
fn image_length(operands: &[Token]) -> Option<usize> {
    let value = |short: &[u8], long: &[u8]| {
        let key = operands
            .iter()
            .position(|token| matches!(token, Token::Name(name) if name == short || name == long));
        key.and_then(|key| operands.get(key + 1))
    };
    let number = |short: &[u8], long: &[u8]| match value(short, long) {
        Some(Token::Number(number)) if *number >= 0.0 && *number < 1e6 => Some(*number as usize),
        _ => None,
    };
    if value(b"F", b"Filter").is_some() {
        return number(b"L", b"Length");
    }
    let is_mask = matches!(value(b"IM", b"ImageMask"), Some(Token::Name(name)) if name == b"true");
    let components = match value(b"CS", b"ColorSpace") {
        _ if is_mask => 1,
        Some(Token::Name(name)) => match name.as_slice() {
            b"G" | b"DeviceGray" => 1,
            b"RGB" | b"DeviceRGB" => 3,
            b"CMYK" | b"DeviceCMYK" => 4,
            _ => return None,
        },
        // An array: of the colours of a table.
        Some(Token::ArrayStart) => 1,
        _ => return None,
    };
    let bits = if is_mask { 1 } else { number(b"BPC", b"BitsPerComponent")? };
    let row = number(b"W", b"Width")?.checked_mul(components)?.checked_mul(bits)?.div_ceil(8);
    row.checked_mul(number(b"H", b"Height")?)
}

fn matrix(operands: &[Token]) -> Matrix {
    let mut matrix = IDENTITY;
    for (place, operand) in matrix.iter_mut().zip(operands) {
        if let Token::Number(value) = operand {
            *place = *value;
        }
    }
    matrix
}

/// First `a`, then `b`.
fn multiply(a: Matrix, b: Matrix) -> Matrix {
    let [a0, a1, a2, a3, a4, a5] = a;
    let [b0, b1, b2, b3, b4, b5] = b;
    [
        a0 * b0 + a1 * b2,
        a0 * b1 + a1 * b3,
        a2 * b0 + a3 * b2,
        a2 * b1 + a3 * b3,
        a4 * b0 + a5 * b2 + b4,
        a4 * b1 + a5 * b3 + b5,
    ]
}
