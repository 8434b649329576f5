//! `zegel inspect`

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::PathBuf;

use clap::Args;
use zegel_core::age_file::{Header, MESSAGE_HEADER_MAX, RecipientKind};
use zegel_core::keys::{CLASSIC_TAG, HYBRID_TAG};
use zegel_core::message::container::{Entry, Index};
use zegel_wire::error::Kind;
use zegel_wire::report::{HeaderView, InspectView, MessageKind, SizeView};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::opening::{Carried, Container};
use crate::text;
use crate::ui::{Page, Tone};

/// Most headers of a mail that are shown.
const HEADERS_MAX: usize = 200;

/// Show what anyone can see of a sealed mail without a key
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel inspect sealed.eml")]
pub(crate) struct InspectArgs {
    /// Look at this mail or container; `-` is standard input
    #[arg(value_name = "FILE")]
    message: PathBuf,
}

/// Reads what is open to everybody, and decrypts nothing.
pub(crate) fn run(args: &InspectArgs, context: &Context<'_>) -> Result<()> {
    let mut carried = Carried::find(&args.message)?;
    let kind = if carried.outer.is_some() { MessageKind::Mail } else { MessageKind::Container };
    let headers = headers(&carried.mail);
    let bytes = carried.length;
    let container = carried.container()?;
    let index = Index::read(container)?;
    let envelopes = look(container, "envelopes", &index.envelopes)?;
    let parts = look(container, "parts", &index.parts)?;
    let post_quantum = envelopes.iter().chain(&parts).all(|file| file.post_quantum);
    let view = InspectView { kind, bytes, headers, envelopes, parts, post_quantum };
    context.ui.report(&view, || page(&view))
}

/// Reads the header of every age file.
fn look(container: &mut Container, folder: &str, entries: &[Entry]) -> Result<Vec<SizeView>> {
    let mut views = Vec::with_capacity(entries.len());
    for (number, entry) in entries.iter().enumerate() {
        container
            .seek(SeekFrom::Start(entry.offset))
            .map_err(|error| Failure::io("cannot read the message", &error))?;
        let mut input = BufReader::with_capacity(MESSAGE_HEADER_MAX, container.take(entry.length));
        let name = format!("{folder}/{number}.age");
        let kind = Header::read(&mut input, MESSAGE_HEADER_MAX).and_then(|header| header.one_recipient());
        let kind = kind.map_err(|error| {
            Failure::from_error(Kind::Damaged, &error)
                .while_trying(format!("{name} is not part of a sealed message"))
        })?;
        let post_quantum = kind == RecipientKind::Hybrid;
        let stanza = if post_quantum { HYBRID_TAG } else { CLASSIC_TAG };
        views.push(SizeView { name, bytes: entry.length, stanzas: vec![stanza.to_owned()], post_quantum });
    }
    Ok(views)
}

/// Takes the header of a mail apart, line by line (RFC 5322 section 2.2); for showing only.
fn headers(mail: &[u8]) -> Vec<HeaderView> {
    let mut headers: Vec<HeaderView> = Vec::new();
    for line in mail.split(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned();
        if line.is_empty() || headers.len() > HEADERS_MAX {
            break;
        }
        match (line.starts_with([' ', '\t']), headers.last_mut(), line.split_once(':')) {
            (true, Some(last), _) => {
                last.value.push(' ');
                last.value.push_str(line.trim());
            }
            (false, _, Some((name, value))) => {
                headers.push(HeaderView { name: name.to_owned(), value: value.trim().to_owned() });
            }
            _ => {}
        }
    }
    headers
}

fn page(view: &InspectView) -> Page {
    let mut page = Page::new();
    page.heading("What anyone on the way can see", Tone::Plain);
    for name in ["From", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To"] {
        for header in view.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name)) {
            page.field(name, &header.value);
        }
    }
    let others = view.headers.len();
    if others > 0 {
        page.field("Headers", text::count(others, "header"));
    }
    page.field("Container", text::size(view.bytes));
    page.field("Envelopes", format!("{} (recipients and the sender, in no order)", view.envelopes.len()));
    page.field("Parts", view.parts.iter().map(|part| text::size(part.bytes)).collect::<Vec<_>>().join(", "));
    if view.post_quantum {
        page.toned("Encryption", "post-quantum (ML-KEM-768 and X25519)", Tone::Good);
    } else {
        page.toned("Encryption", "classic (X25519): not safe from a future quantum computer", Tone::Warn);
    }
    page.blank()
        .note("Not to be seen: subject, text, file names, and who of the recipients is who.", Tone::Note);
    page
}
