//! Undoes what [`super::protect()`] did.

use std::io::{self, Read, Write};
use std::ops::Range;

use super::content::Encoding;
use super::cut;
use super::draft::line_ending;
use super::encode::write_base64;
use super::field::{ends_clean, type_token};
use super::inner::InnerMessage;
use super::protect::{HP, HP_BROKEN, HP_MISSING};
use super::view::{Stub, trailing_space};

/// What of the top block stays.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Added,
    Nothing,
}

impl InnerMessage {
    /// Writes the mail as the sender's program wrote it: without Bcc, and large attachments in base64 of 76 columns.
    ///
    /// A draft without Bcc and without parts that travel apart comes back byte for byte. `parts` opens the decoded
    /// content of a part by its number.
    ///
    /// # Errors
    /// Fails as `parts` or `out` fail.
    pub fn restore<'p>(
        &self,
        parts: &mut dyn FnMut(u32) -> io::Result<Box<dyn Read + 'p>>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        self.restore_with(Keep::Nothing, parts, out)
    }

    /// Does the same, but keeps the From, Date and Message-ID that were added because the draft had none: what a mail
    /// program wants to file.
    ///
    /// # Errors
    /// As [`restore`](Self::restore).
    pub fn restore_complete<'p>(
        &self,
        parts: &mut dyn FnMut(u32) -> io::Result<Box<dyn Read + 'p>>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        self.restore_with(Keep::Added, parts, out)
    }

    fn restore_with<'p>(
        &self,
        keep: Keep,
        parts: &mut dyn FnMut(u32) -> io::Result<Box<dyn Read + 'p>>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let bytes = self.as_bytes();
        let eol = line_ending(bytes);
        let (added, block) = self.top_block();
        let fields = self.fields();
        for field in fields.iter().take(added).filter(|_| keep == Keep::Added) {
            let name = cut(bytes, field.name.clone());
            if [&b"From"[..], b"Date", b"Message-ID"].iter().any(|n| name.eq_ignore_ascii_case(n)) {
                out.write_all(cut(bytes, field.whole.clone()))?;
            }
        }
        let mut at = fields.get(block.saturating_sub(1)).map_or(0, |f| f.whole.end);
        if let Some(parameter) = self.inserted_parameter() {
            out.write_all(cut(bytes, at..parameter.start))?;
            at = parameter.end;
        }
        for (stub, index) in self.view().stubs.iter().zip(1..) {
            let Some(node) = self.tree().nodes.get(stub.node) else { continue };
            out.write_all(cut(bytes, at..node.header.whole.start))?;
            self.restore_part(stub, &mut *parts(index)?, eol, out)?;
            at = node.body.end;
        }
        out.write_all(cut(bytes, at..bytes.len()))
    }

    /// Finds the parameter that was inserted into a Content-Type of the draft.
    fn inserted_parameter(&self) -> Option<Range<usize>> {
        let bytes = self.as_bytes();
        let (_, block) = self.top_block();
        let field = self
            .fields()
            .iter()
            .skip(block)
            .find(|f| cut(bytes, f.name.clone()).eq_ignore_ascii_case(b"content-type"))?;
        let value = cut(bytes, field.value.clone());
        let found = |at: usize, text: &str| {
            let range = at..at + text.len();
            (cut(value, range.clone()) == text.as_bytes())
                .then_some(field.value.start + range.start..field.value.start + range.end)
        };
        found(0, HP_MISSING).or_else(|| {
            let (_, end) = type_token(value)?;
            found(end, HP_BROKEN).or_else(|| found(end, HP)).filter(|_| ends_clean(value, end))
        })
    }

    fn restore_part(
        &self,
        stub: &Stub,
        content: &mut dyn Read,
        eol: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let bytes = self.as_bytes();
        let Some(node) = self.tree().nodes.get(stub.node) else { return Ok(()) };
        let header = &stub.header;
        if Encoding::of(bytes, header) == Encoding::Base64 {
            out.write_all(cut(bytes, header.whole.clone()))?;
        } else {
            for field in &header.fields {
                if !cut(bytes, field.name.clone()).eq_ignore_ascii_case(b"content-transfer-encoding") {
                    out.write_all(cut(bytes, field.whole.clone()))?;
                }
            }
            write!(out, "Content-Transfer-Encoding: base64{eol}")?;
            out.write_all(cut(bytes, header.end..header.whole.end))?;
        }
        write_base64(content, out, eol.as_bytes())?;
        out.write_all(trailing_space(cut(bytes, header.whole.end..node.body.end)))
    }
}
