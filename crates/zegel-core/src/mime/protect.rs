//! Header protection (RFC 9788): from draft to the inner message.

use super::cut;
use super::draft::{Draft, DraftError, edit, line_ending, same_but_stubs};
use super::field::{PARAMETERS_MAX, ends_clean, type_token};
use super::inner::{InnerError, InnerMessage};
use super::outer::OuterHeaders;

/// Inserted after `type/subtype`.
pub(super) const HP: &str = "; hp=\"cipher\"";
/// Inserted after `type/subtype` where no `;` follows.
pub(super) const HP_BROKEN: &str = ";hp=\"cipher\";";
/// Inserted after the colon where there is no `type/subtype`; unquoted, so that it is told from the one above.
pub(super) const HP_MISSING: &str = " text/plain;hp=cipher;";

/// Makes the inner message: the body that gets encrypted (`docs/formats/mail.md` section 1).
///
/// # Errors
/// Refuses a draft that would read differently afterwards, or that no reader would accept. Never changes anything else.
pub fn protect(draft: &Draft, outer: &OuterHeaders) -> Result<Vec<u8>, DraftError> {
    let bytes = &draft.message;
    let eol = line_ending(bytes);
    let mut top = String::new();
    for name in ["From", "Date", "Message-ID"] {
        if !draft.has(name) {
            top.push_str(&outer.field(name, eol));
        }
    }
    let mut edits = Vec::new();
    let mut clean = true;
    match draft.tree.root().header.named(bytes, "content-type").next() {
        Some(field) => {
            let value = cut(bytes, field.value.clone());
            let (at, inserted) = match type_token(value) {
                Some((_, end)) if ends_clean(value, end) => (end, HP),
                Some((_, end)) => (end, HP_BROKEN),
                None => (0, HP_MISSING),
            };
            // Parameters are read up to a length only; what is cut off differs after the insertion.
            clean = inserted == HP && value.len() + HP.len() <= PARAMETERS_MAX;
            let at = field.value.start + at;
            edits.push((at..at, inserted.as_bytes().to_vec()));
        }
        None => {
            if !draft.has("mime-version") {
                top.push_str(&format!("MIME-Version: 1.0{eol}"));
            }
            top.push_str(&format!("Content-Type: text/plain{HP}{eol}"));
        }
    }
    top.push_str(&outer.to_protected(eol));
    edits.insert(0, (0..0, top.into_bytes()));
    let body = edit(bytes, &edits);

    let inner = InnerMessage::parse(body).map_err(|error| match error {
        // The top block made a header too long that was just within the limit.
        InnerError::Limit(limit) => DraftError::Limit(limit),
        error => DraftError::Changed(Some(Box::new(error))),
    })?;
    let (old, new) = (&draft.tree.root().media, &inner.tree().root().media);
    let same = same_but_stubs(bytes, &draft.tree, inner.as_bytes(), inner.tree())
        && old.boundary() == new.boundary()
        // A broken field had no parameters that all programs agree on; its type and boundary are what counts.
        && (!clean || old.without_protection() == new.without_protection())
        && inner.from().address == draft.from().address
        && inner.to() == draft.to()
        && inner.cc() == draft.cc()
        && inner.subject() == draft.subject();
    if same { Ok(inner.into_bytes()) } else { Err(DraftError::Changed(None)) }
}
