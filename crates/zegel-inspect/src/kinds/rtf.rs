//! RTF: words of text, and destinations that are not.

use encoding_rs::Encoding;
use zegel_core::material::{Mark, Spot};

use super::html;
use crate::reading::{Doc, Fault};

/// How deep groups may be nested.
const DEEPEST: usize = 256;

/// The longest name of a control word.
const LONGEST_WORD: usize = 32;

/// Where the text of a group goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Comments,
    /// HTML that Outlook wrapped in RTF.
    Html,
    Nothing,
    /// The bytes of an embedded object, in hexadecimal.
    Object,
    Shown,
    Words,
}

#[derive(Debug, Clone, Copy)]
struct Group {
    target: Target,
    hidden: bool,
    deleted: bool,
    /// Whether it begins with `\\*`: who does not know what follows skips it.
    optional: bool,
    /// Whether `\\htmlrtf` keeps it out of the wrapped HTML.
    rtf_only: bool,
    /// How many characters stand in for one of Unicode.
    fallback: usize,
    encoding: &'static Encoding,
}

#[derive(Debug, Default)]
struct Out {
    shown: String,
    hidden: String,
    comments: String,
    words: String,
    html: String,
    object: Vec<u8>,
}

/// How a control word counts that stands where the substitute of a character of Unicode should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Substitute {
    /// As what it is: so do programs that wait for a character.
    Obeyed,
    /// As one character, which is skipped: so says the specification.
    Skipped,
}

/// Reads a text.
pub(crate) fn read(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let mut reader = Reader::new(data, Substitute::Obeyed);
    let outcome = reader.run(doc);
    let out = std::mem::take(&mut reader.out);
    if reader.from_html && !out.html.is_empty() {
        let page = html::shown(doc, &out.html)?;
        // Word shows the text of the RTF, whatever HTML it says that it stands for.
        if !is_same(&page, &out.shown) {
            doc.hidden(Spot::Metadata, &out.shown)?;
        }
    } else {
        doc.shown(Spot::Text, &out.shown)?;
        doc.hidden(Spot::Metadata, &out.html)?;
    }
    doc.hidden(Spot::Text, &out.hidden)?;
    doc.hidden(Spot::Comments, &out.comments)?;
    doc.hidden(Spot::Metadata, &without_places(&out.words))?;
    if reader.pictures && out.shown.trim().is_empty() {
        doc.unread(zegel_core::material::UnreadReason::ImageOnly)?;
    }
    if reader.unsure {
        let mut other = Reader::new(data, Substitute::Skipped);
        // What stops this reading has stopped the first.
        let _ = other.run(doc);
        if !is_same(&out.shown, &other.out.shown) {
            doc.hidden(Spot::Metadata, &other.out.shown)?;
            doc.hidden(Spot::Metadata, &other.out.html)?;
        }
    }
    outcome
}

/// Leaves out the labels of lists that are only a place for a number, which is a control character, and a sign.
fn without_places(words: &str) -> String {
    let is_label = |line: &&str| {
        line.chars().any(|c| c < ' ' && c != '\t') && line.chars().filter(|c| c.is_alphanumeric()).count() < 3
    };
    let kept = words.lines().filter(|line| !is_label(line));
    kept.collect::<Vec<_>>().join("\n").replace('\0', "")
}

/// Returns whether two texts have the same letters and digits.
fn is_same(one: &str, other: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    letters(one) == letters(other)
}

struct Reader<'d> {
    input: &'d [u8],
    out: Out,
    /// Bytes of the present charset that are not decoded yet.
    pending: Vec<u8>,
    skip: usize,
    objects: u32,
    from_html: bool,
    pictures: bool,
    substitute: Substitute,
    /// Whether a control word stood in the place of a substitute.
    unsure: bool,
}

impl<'d> Reader<'d> {
    fn new(input: &'d [u8], substitute: Substitute) -> Self {
        Self {
            input,
            out: Out::default(),
            pending: Vec::new(),
            skip: 0,
            objects: 0,
            from_html: false,
            pictures: false,
            substitute,
            unsure: false,
        }
    }

    fn run(&mut self, doc: &mut Doc<'_, '_>) -> Result<(), Fault> {
        let mut now = Group {
            target: Target::Shown,
            hidden: false,
            deleted: false,
            optional: false,
            rtf_only: false,
            fallback: 1,
            encoding: encoding_rs::WINDOWS_1252,
        };
        let mut groups: Vec<Group> = Vec::new();
        let mut steps = 0_u32;
        while let Some(byte) = self.next() {
            steps = steps.wrapping_add(1);
            if steps.is_multiple_of(4096) {
                doc.tick()?;
            }
            match byte {
                b'{' => {
                    self.flush(now);
                    if groups.len() >= DEEPEST {
                        return Err(Fault::Limit);
                    }
                    groups.push(now);
                    now.optional = false;
                    self.skip = 0;
                }
                b'}' => {
                    self.flush(now);
                    let ended = now.target;
                    let Some(outer) = groups.pop() else {
                        // Nothing more is read; another program may go on.
                        let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
                        return if self.input.iter().all(blank) { Ok(()) } else { Err(Fault::Damaged) };
                    };
                    now = outer;
                    if ended == Target::Object && now.target != Target::Object {
                        self.end_object(doc)?;
                    }
                    self.skip = 0;
                }
                b'\\' => self.control(doc, &mut now)?,
                b'\r' | b'\n' => {}
                _ => self.character(byte, now),
            }
        }
        self.flush(now);
        if groups.is_empty() { Ok(()) } else { Err(Fault::Damaged) }
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.input.split_first()?;
        self.input = rest;
        Some(*first)
    }

    fn character(&mut self, byte: u8, now: Group) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if now.target == Target::Object {
            self.out.object.push(byte);
        } else if now.target != Target::Nothing {
            self.pending.push(byte);
        }
    }

    /// Decodes what is pending.
    fn flush(&mut self, now: Group) {
        if self.pending.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.pending);
        let text = now.encoding.decode_without_bom_handling(&bytes).0;
        self.push(now, &text);
    }

    fn push(&mut self, now: Group, text: &str) {
        let out = match now.target {
            Target::Nothing | Target::Object => return,
            Target::Comments => &mut self.out.comments,
            Target::Words => &mut self.out.words,
            Target::Html => &mut self.out.html,
            _ if now.deleted => &mut self.out.comments,
            _ if now.hidden => &mut self.out.hidden,
            // In wrapped HTML `\htmlrtf` hides what only RTF readers should see.
            _ if self.from_html && !now.rtf_only => {
                self.out.html.push_str(text);
                &mut self.out.shown
            }
            _ => &mut self.out.shown,
        };
        out.push_str(text);
    }

    fn control(&mut self, doc: &mut Doc<'_, '_>, now: &mut Group) -> Result<(), Fault> {
        let Some(first) = self.next() else { return Ok(()) };
        if !first.is_ascii_alphabetic() {
            match first {
                b'\'' => {
                    let digits = [self.next().unwrap_or(b'0'), self.next().unwrap_or(b'0')];
                    let text = String::from_utf8_lossy(&digits).into_owned();
                    self.character(u8::from_str_radix(&text, 16).unwrap_or(b'?'), *now);
                }
                b'*' => {
                    now.optional = true;
                    // What follows may be ignored by who does not know it; some of it we do know.
                    now.target = if now.target == Target::Shown { Target::Nothing } else { now.target };
                }
                b'~' => self.character(b' ', *now),
                b'_' => self.character(b'-', *now),
                b'\r' | b'\n' => self.character(b'\n', *now),
                b'\\' | b'{' | b'}' => self.character(first, *now),
                _ => {}
            }
            return Ok(());
        }
        let mut word = vec![first];
        while let Some(byte) = self.input.first().copied().filter(u8::is_ascii_alphabetic) {
            if word.len() >= LONGEST_WORD {
                break;
            }
            word.push(byte);
            self.next();
        }
        let mut digits = String::new();
        if self.input.first() == Some(&b'-') {
            digits.push('-');
            self.next();
        }
        while let Some(byte) = self.input.first().copied().filter(u8::is_ascii_digit) {
            if digits.len() > 10 {
                break;
            }
            digits.push(char::from(byte));
            self.next();
        }
        if self.input.first() == Some(&b' ') {
            self.next();
        }
        let value: Option<i64> = digits.parse().ok();
        if self.skip > 0 {
            self.unsure = true;
            if self.substitute == Substitute::Skipped {
                self.skip -= 1;
                return if word == b"bin" { self.skip_bytes(doc, value) } else { Ok(()) };
            }
        }
        self.word(doc, &word, value, now)
    }

    fn word(
        &mut self,
        doc: &mut Doc<'_, '_>,
        word: &[u8],
        value: Option<i64>,
        now: &mut Group,
    ) -> Result<(), Fault> {
        match word {
            b"par" | b"line" | b"sect" | b"page" | b"row" => self.put(now, "\n"),
            b"tab" | b"cell" | b"nestcell" => self.put(now, "\t"),
            b"emdash" => self.put(now, "—"),
            b"endash" => self.put(now, "–"),
            b"lquote" | b"rquote" => self.put(now, "'"),
            b"ldblquote" | b"rdblquote" => self.put(now, "\""),
            b"bullet" => self.put(now, "•"),
            b"v" => self.set(now, |now| now.hidden = value != Some(0)),
            b"htmlrtf" => self.set(now, |now| now.rtf_only = value != Some(0)),
            b"deleted" => {
                self.set(now, |now| now.deleted = value != Some(0));
                self.out.comments.push('\n');
            }
            b"plain" => self.set(now, |now| now.hidden = false),
            b"uc" => now.fallback = usize::try_from(value.unwrap_or(1)).unwrap_or(1).min(16),
            b"u" => {
                self.flush(*now);
                // Negative numbers stand for the upper half.
                let code = value.unwrap_or(0).rem_euclid(65_536);
                let unit = u32::try_from(code).ok().and_then(char::from_u32).unwrap_or('\u{fffd}');
                self.push(*now, unit.encode_utf8(&mut [0; 4]));
                self.skip = now.fallback;
            }
            b"ansicpg" => {
                let label = format!("windows-{}", value.unwrap_or(1252));
                if let Some(encoding) = Encoding::for_label(label.as_bytes()) {
                    self.set(now, |now| now.encoding = encoding);
                }
            }
            b"bin" => self.skip_bytes(doc, value)?,
            b"fromhtml" => {
                self.flush(*now);
                self.from_html = value != Some(0);
            }
            b"pict" => {
                self.pictures = true;
                if self.substitute == Substitute::Obeyed {
                    doc.picture();
                }
                now.target = Target::Nothing;
            }
            b"fonttbl"
            | b"colortbl"
            | b"stylesheet"
            | b"listtable"
            | b"listoverridetable"
            | b"rsidtbl"
            | b"generator"
            | b"themedata"
            | b"datastore"
            | b"latentstyles"
            | b"xmlnstbl"
            | b"colorschememapping" => {
                now.target = Target::Nothing;
            }
            b"annotation" | b"atnauthor" | b"atnid" => {
                self.out.comments.push('\n');
                now.target = Target::Comments;
            }
            // Names of properties of drawings are no text, their values may be.
            b"sn" => now.target = Target::Nothing,
            b"sv" => now.target = Target::Words,
            b"info" | b"title" | b"author" | b"operator" | b"subject" | b"keywords" | b"doccomm"
            | b"company" | b"manager" | b"userprops" | b"docvar" | b"fldinst" => {
                self.flush(*now);
                self.out.words.push('\n');
                now.target = Target::Words;
            }
            // Without `\*` Word shows what is in it.
            b"htmltag" if now.optional => {
                now.target = if self.from_html { Target::Html } else { Target::Words };
            }
            b"mhtmltag" if now.optional => now.target = Target::Words,
            // The label of a list.
            b"leveltext" => {
                self.out.words.push('\n');
                now.target = Target::Words;
            }
            b"objdata" => now.target = Target::Object,
            b"header" | b"headerl" | b"headerr" | b"headerf" | b"footer" | b"footerl" | b"footerr"
            | b"footerf" | b"footnote" | b"shptxt" | b"shpinst" | b"shp" | b"pntext" | b"nonshppict"
            | b"shppict" | b"fldrslt"
                if now.target == Target::Nothing =>
            {
                now.target = Target::Shown;
            }
            _ => {}
        }
        Ok(())
    }

    fn skip_bytes(&mut self, doc: &Doc<'_, '_>, count: Option<i64>) -> Result<(), Fault> {
        let length = usize::try_from(count.unwrap_or(0)).unwrap_or(0);
        self.input = self.input.get(length..).ok_or(Fault::Damaged)?;
        doc.tick()
    }

    fn put(&mut self, now: &Group, text: &str) {
        self.flush(*now);
        self.push(*now, text);
    }

    fn set(&mut self, now: &mut Group, change: impl FnOnce(&mut Group)) {
        self.flush(*now);
        change(now);
    }

    /// Turns the digits of an object into a file.
    fn end_object(&mut self, doc: &mut Doc<'_, '_>) -> Result<(), Fault> {
        let digits = std::mem::take(&mut self.out.object);
        // The first reading has looked at it.
        if self.substitute == Substitute::Skipped {
            return Ok(());
        }
        let mut content = Vec::new();
        let mut half = None;
        for byte in digits {
            let Some(value) = char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok()) else {
                continue;
            };
            half = match half {
                None => Some(value),
                Some(high) => {
                    content.push((high << 4) | value);
                    None
                }
            };
        }
        self.objects += 1;
        doc.mark(Mark::EmbeddedFiles);
        // The file lies behind a head that says which program made it.
        let start = [&b"\xd0\xcf\x11\xe0"[..], b"PK\x03\x04", b"%PDF-", b"MZ"]
            .iter()
            .filter_map(|mark| content.windows(mark.len()).position(|window| window == *mark))
            .min()
            .unwrap_or(0);
        let name = format!("object {}", self.objects);
        doc.inner(&name, "", content.get(start..).unwrap_or_default())
    }
}
