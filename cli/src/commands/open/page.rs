//! What `zegel open` shows to people.

use zegel_wire::report::{OpenReport, PartyView, ScanState, Trust};

use crate::text;
use crate::ui::{Page, Tone};

/// Shows who sent it and how sure that is, then what is inside.
pub(super) fn page(report: &OpenReport) -> Page {
    let mut page = Page::new();
    let address = &report.sender.address;
    match report.trust {
        Trust::Verified => page.heading(format!("Verified sender: {address}"), Tone::Good),
        Trust::Own => page.heading(format!("Your own message, from {address}"), Tone::Good),
        Trust::ExpiredSince => {
            page.heading(format!("Sender: {address}, whose card has expired since"), Tone::Warn)
        }
        Trust::SameKey => {
            page.heading(format!("Sender: {address}, the same key as before, verified by nobody"), Tone::Warn)
        }
        _ => page.heading(format!("First message from this key: {address}, verified by nobody"), Tone::Warn),
    };
    page.field("Fingerprint", &report.readable_fingerprint);
    page.field("Signed at", &report.sent);
    page.field("Opened as", format!("{} ({})", report.opened_as, report.role));
    if !report.post_quantum {
        page.toned("Encryption", "classic: not safe from a future quantum computer", Tone::Warn);
    }
    if let Some(archive) = &report.archive {
        page.toned("Archive", format!("{archive} can open this message too"), Tone::Warn);
    }
    if let Some(before) = &report.seen_before {
        if report.replayed {
            page.toned(
                "Replayed",
                format!("opened before, on {before}, from another mail: it was sent again"),
                Tone::Warn,
            );
        } else {
            page.toned("Seen before", before, Tone::Note);
        }
    }
    for mismatch in &report.mismatches {
        page.toned("Outside", format!("the mail claims another {mismatch}"), Tone::Warn);
    }
    page.blank();
    page.field("From", shown(&report.sender));
    add_parties(&mut page, "To", &report.to);
    add_parties(&mut page, "Cc", &report.cc);
    add_parties(&mut page, "Bcc", &report.bcc);
    page.field("Subject", &report.subject);
    if !report.text.is_empty() {
        page.blank().content(&report.text);
    }
    if !report.attachments.is_empty() {
        page.blank();
    }
    for attachment in &report.attachments {
        let scan = attachment.scan.as_ref();
        let (place, tone) = match (&attachment.path, scan.map(|scan| scan.state)) {
            (_, Some(ScanState::Infected)) => {
                let found = scan.and_then(|scan| scan.detail.as_deref()).unwrap_or_default();
                (format!("kept back, infected: {found}"), Tone::Bad)
            }
            (Some(path), Some(ScanState::NotScanned)) => {
                (format!("saved to {path}, not scanned for viruses"), Tone::Warn)
            }
            (None, Some(ScanState::NotScanned)) => ("not scanned for viruses".to_owned(), Tone::Warn),
            (Some(path), _) => (format!("saved to {path}"), Tone::Good),
            (None, _) => (String::new(), Tone::Good),
        };
        page.row(vec![
            ("Attachment".to_owned(), Tone::Note),
            (attachment.name.clone(), Tone::Plain),
            (text::size(attachment.bytes), Tone::Plain),
            (attachment.media_type.clone(), Tone::Note),
            (place, tone),
        ]);
    }
    page.maybe("Restored to", report.eml.as_deref());
    page
}

/// Adds the people of one field: in one line, and each in a line of their own where a name could pass for somebody else.
fn add_parties(page: &mut Page, label: &str, parties: &[PartyView]) {
    let plain = parties.iter().all(|party| party.name.as_deref().is_none_or(is_phrase));
    if plain && !parties.is_empty() {
        page.field(label, parties.iter().map(shown).collect::<Vec<_>>().join(", "));
        return;
    }
    for party in parties {
        page.field(label, shown(party));
    }
}

/// Writes name and address. The sender chooses names freely: `Bob, Mallory <ceo@example.org>` would be one more recipient if it
/// did not stand in quotes (RFC 5322 section 3.2.4).
fn shown(party: &PartyView) -> String {
    match party.name.as_deref() {
        None => party.address.clone(),
        Some(name) if is_phrase(name) => format!("{name} <{}>", party.address),
        Some(name) => {
            let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{quoted}\" <{}>", party.address)
        }
    }
}

/// Says whether a name needs no quotes: words of atoms (RFC 5322 section 3.2.3; RFC 6532 adds letters of other scripts).
fn is_phrase(name: &str) -> bool {
    let atom = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    name.split(' ').all(|word| !word.is_empty() && word.chars().all(atom))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(name: &str) -> PartyView {
        PartyView { address: "bob@example.org".to_owned(), name: Some(name.to_owned()) }
    }

    #[test]
    fn a_name_cannot_pass_for_another_person() {
        for name in ["Bob de Vries", "Günther", "O'Neill-Smith", "山田 太郎"] {
            assert_eq!(shown(&party(name)), format!("{name} <bob@example.org>"));
        }
        assert_eq!(
            shown(&party("Bob, Mallory <ceo@example.org>")),
            "\"Bob, Mallory <ceo@example.org>\" <bob@example.org>"
        );
        assert_eq!(
            shown(&party("Bob\" <ceo@example.org>, \"x\\")),
            "\"Bob\\\" <ceo@example.org>, \\\"x\\\\\" <bob@example.org>"
        );
        for name in ["ceo@example.org", "Bob;", "", " ", "Bob B.", "Bob， Mallory", "“Bob”"] {
            assert!(shown(&party(name)).starts_with('"'), "{name:?}");
        }
    }

    #[test]
    fn where_a_name_needs_quotes_everybody_has_a_line() {
        let shown = |names: &[&str]| {
            let mut page = Page::new();
            add_parties(&mut page, "To", &names.iter().map(|name| party(name)).collect::<Vec<_>>());
            page.render(false, None).lines().count()
        };
        assert_eq!((shown(&[]), shown(&["Bob", "Carol"]), shown(&["Bob", "Carol, x"])), (0, 1, 2));
    }
}
