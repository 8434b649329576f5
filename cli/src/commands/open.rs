//! `zegel open`

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use zegel_core::message::manifest::OpenerRole;
use zegel_core::message::{Assurance, FirstUse};
use zegel_core::mime::{InnerMessage, OuterMismatch, OuterView, compare_outer};
use zegel_core::{Mailbox, MessageId};
use zegel_store::cards::Cards;
use zegel_store::seen::{Carrier, Seen, SeenLog};
use zegel_store::staging::Staged;
use zegel_wire::error::Kind;
use zegel_wire::report::{AttachmentView, OpenReport, PartyView, Trust};

use crate::args::ForceArg;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::input;
use crate::opening::{Carried, Shared, Staging, Verified};
use crate::outputs::{self, Folder, Outputs};
use crate::spool::folder_of;
use crate::text;
use crate::ui::{Page, Tone};

/// Open a sealed mail, verify it and show it
///
/// Nothing is shown, saved or remembered before the whole message has been verified.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel open sealed.eml --extract attachments")]
pub(crate) struct OpenArgs {
    /// Open this mail or container; `-` is standard input
    #[arg(value_name = "FILE")]
    message: PathBuf,
    /// Save the attachments to this folder
    #[arg(long, value_name = "DIR")]
    extract: Option<PathBuf>,
    /// Restore the mail as it was before sealing to this file; `-` is standard output
    #[arg(long, value_name = "FILE")]
    eml: Option<PathBuf>,
    /// Accept and remember the key of a sender who is not known yet
    #[arg(long)]
    first_use: bool,
    /// Open it even if it was opened before from another mail
    #[arg(long)]
    replayed: bool,
    #[command(flatten)]
    force: ForceArg,
}

/// Opens, verifies everything, saves what was asked for, remembers, and only then shows.
pub(crate) fn run(args: &OpenArgs, context: &Context<'_>) -> Result<()> {
    let staging = prepare(args, context)?;
    let made = args.extract.as_deref().map(Folder::make).transpose()?;
    let first_use = if args.first_use { FirstUse::Accept } else { FirstUse::Refuse };
    let mut carried = Carried::find(&args.message)?;
    let opened = carried.open(&staging, first_use, context)?;
    let pinned_before = Cards::new(context.paths()?).find(&opened.manifest.sender.address)?.is_some();
    let mut report = describe(&opened, carried.outer.as_ref(), pinned_before);
    let pin = (opened.assurance == Assurance::FirstUse && !pinned_before).then(|| opened.sender.clone());
    let id = opened.manifest.id;
    refuse_replay(args, &id, &mut carried, context)?;
    let (mail, outputs) = stage(args, opened, &mut report)?;
    outputs.persist()?;
    // A run that failed has changed nothing, so trust comes last.
    if let Some(contact) = pin {
        Cards::new(context.paths()?).pin_first_use(contact)?;
    }
    if let Some(made) = made {
        made.keep();
    }
    if let Some((when, replayed)) = remember(&id, &mut carried, context) {
        (report.seen_before, report.replayed) = (Some(when), replayed);
    }
    if let Some(mail) = mail {
        context.ui.data(&mail)?;
        context.ui.outcome(&report, || page(&report));
        return Ok(());
    }
    context.ui.report(&report, || page(&report))
}

/// Refuses a message that was opened before from another mail: somebody sent it again under a new header (T16).
fn refuse_replay(
    args: &OpenArgs,
    id: &MessageId,
    carried: &mut Carried,
    context: &Context<'_>,
) -> Result<()> {
    if args.replayed {
        return Ok(());
    }
    let mail = carried.outer.as_ref().map(|outer| outer.message_id.clone().unwrap_or_default());
    let carrier = Carrier { mail: mail.as_deref(), digest: carried.digest()? };
    match SeenLog::new(context.paths()?).look(id, &carrier) {
        Ok(Seen::Replayed { when, .. }) => Err(Failure::new(
            Kind::Forged,
            format!("this message came in another mail before, opened {when}"),
        )
        .hint("somebody may have sent it again; to open it all the same: --replayed")),
        _ => Ok(()),
    }
}

/// Looks at the arguments before anything is read, and says where plaintext may be put aside.
fn prepare(args: &OpenArgs, context: &Context<'_>) -> Result<Staging> {
    if let Some(path) = &args.eml {
        if !input::is_stdio(path) {
            outputs::check(path, [args.message.as_path()], args.force.overwrite())?;
        }
        if input::is_stdio(path) && context.ui.is_json() {
            return Err(Failure::usage("standard output cannot carry both the report and the mail")
                .hint("name a file: --eml FILE"));
        }
    }
    if let Some(folder) = &args.extract {
        return Ok(Staging::Folder(folder.clone()));
    }
    Ok(match &args.eml {
        None => Staging::Check,
        Some(path) if input::is_stdio(path) => Staging::Folder(context.temp_folder()),
        Some(path) => Staging::Folder(folder_of(path).to_owned()),
    })
}

/// Remembers the message; says when it was opened before, and whether from another mail. A memory that does not work is no reason not to read mail.
fn remember(id: &MessageId, carried: &mut Carried, context: &Context<'_>) -> Option<(String, bool)> {
    let mail = carried.outer.as_ref().map(|outer| outer.message_id.clone().unwrap_or_default());
    let seen = carried.digest().and_then(|digest| {
        let carrier = Carrier { mail: mail.as_deref(), digest };
        Ok(SeenLog::new(context.paths()?).record(id, &carrier, context.now())?)
    });
    match seen {
        Ok(Seen::Again { when }) => Some((when.to_string(), false)),
        Ok(Seen::Replayed { when, .. }) => Some((when.to_string(), true)),
        Ok(_) => None,
        Err(failure) => {
            context.ui.warning(&format!("this message cannot be remembered: {}", failure.sentence()));
            None
        }
    }
}

/// Makes the files that were asked for, still without names, and the mail that goes to standard output.
fn stage(args: &OpenArgs, opened: Verified, report: &mut OpenReport) -> Result<(Option<Vec<u8>>, Outputs)> {
    let mut outputs = Outputs::new(args.force.overwrite());
    let inner = opened.inner;
    let large: Vec<(String, Shared)> =
        opened.parts.into_iter().map(|part| (part.info.name, Shared::new(part.file))).collect();
    let mut mail = None;
    if let Some(path) = &args.eml {
        if input::is_stdio(path) {
            let mut bytes = Vec::new();
            restore(&inner, &large, &mut bytes, path)?;
            mail = Some(bytes);
        } else {
            let mut file = Staged::create_beside(path)?;
            restore(&inner, &large, &mut file, path)?;
            outputs.add(file, path.clone())?;
            report.eml = Some(path.display().to_string());
        }
    }
    if let Some(folder) = &args.extract {
        let mut saved = Vec::new();
        for attachment in inner.attachments() {
            let path = folder.join(&attachment.name);
            input::refuse_same(&path, [args.message.as_path()])?;
            let mut file = Staged::create(folder)?;
            file.write_all(&attachment.content)
                .map_err(|error| Failure::io(format!("cannot write {}", path.display()), &error))?;
            outputs.add(file, path.clone())?;
            saved.push(path);
        }
        for (name, shared) in large {
            let path = folder.join(&name);
            input::refuse_same(&path, [args.message.as_path()])?;
            let file = shared
                .into_staged()
                .ok_or_else(|| Failure::new(Kind::Bug, "an attachment was not kept aside"))?;
            outputs.add(file, path.clone())?;
            saved.push(path);
        }
        for (view, path) in report.attachments.iter_mut().zip(saved) {
            view.path = Some(path.display().to_string());
        }
    }
    Ok((mail, outputs))
}

fn restore(inner: &InnerMessage, large: &[(String, Shared)], out: &mut dyn Write, path: &Path) -> Result<()> {
    let mut parts = |number: u32| -> io::Result<Box<dyn Read>> {
        let index = usize::try_from(number).unwrap_or_default().checked_sub(1);
        let (_, shared) =
            index.and_then(|index| large.get(index)).ok_or_else(|| io::Error::other("no such part"))?;
        shared.rewind()?;
        Ok(Box::new(shared.clone()))
    };
    inner
        .restore_complete(&mut parts, out)
        .map_err(|error| Failure::io(format!("cannot write the mail to {}", path.display()), &error))
}

fn describe(opened: &Verified, outer: Option<&OuterView>, pinned_before: bool) -> OpenReport {
    let (manifest, inner) = (&opened.manifest, &opened.inner);
    let trust = match opened.assurance {
        Assurance::Own => Trust::Own,
        Assurance::Verified => Trust::Verified,
        Assurance::ExpiredSince => Trust::ExpiredSince,
        _ if pinned_before => Trust::SameKey,
        _ => Trust::FirstUse,
    };
    let small = inner.attachments().map(|attachment| AttachmentView {
        name: attachment.name,
        media_type: attachment.media_type,
        bytes: attachment.content.len() as u64,
        path: None,
    });
    let large = opened.parts.iter().map(|part| AttachmentView {
        name: part.info.name.clone(),
        media_type: part.info.media_type.clone(),
        bytes: part.info.length,
        path: None,
    });
    let blind =
        manifest.bcc.iter().flatten().map(|address| PartyView { address: address.to_string(), name: None });
    OpenReport {
        message_id: manifest.id.to_string(),
        sender: party(inner.from()),
        trust,
        fingerprint: manifest.sender.card.to_string(),
        readable_fingerprint: manifest.sender.card.to_readable(),
        sent: manifest.sent.to_string(),
        to: inner.to().iter().map(party).collect(),
        cc: inner.cc().iter().map(party).collect(),
        bcc: blind.collect(),
        subject: inner.subject().to_owned(),
        internet_message_id: inner.internet_message_id().map(str::to_owned),
        opened_as: manifest.opener.address.to_string(),
        role: role(manifest.opener.role).to_owned(),
        post_quantum: manifest.pq,
        archive: manifest.archive.as_ref().map(|archive| archive.address.to_string()),
        seen_before: None,
        replayed: false,
        mismatches: outer.map(|outer| mismatches(inner, outer)).unwrap_or_default(),
        text: inner.text().unwrap_or_default(),
        attachments: small.chain(large).collect(),
        eml: None,
    }
}

fn party(mailbox: &Mailbox) -> PartyView {
    PartyView { address: mailbox.address.to_string(), name: mailbox.name.clone() }
}

fn role(role: OpenerRole) -> &'static str {
    match role {
        OpenerRole::Archive => "archive",
        OpenerRole::Bcc => "bcc",
        OpenerRole::Cc => "cc",
        OpenerRole::Guest => "guest",
        OpenerRole::Sender => "sender",
        _ => "to",
    }
}

/// Says what the mail claims on the outside where that is not what was signed.
fn mismatches(inner: &InnerMessage, outer: &OuterView) -> Vec<String> {
    let list = |mailboxes: &[Mailbox]| {
        let addresses: Vec<String> = mailboxes.iter().map(|mailbox| mailbox.address.to_string()).collect();
        if addresses.is_empty() { "nobody".to_owned() } else { addresses.join(", ") }
    };
    let found = compare_outer(inner, outer).into_iter().map(|mismatch| {
        let claim = match mismatch {
            OuterMismatch::From => list(&outer.from),
            OuterMismatch::To => list(&outer.to),
            OuterMismatch::Cc => list(&outer.cc),
            OuterMismatch::Date => outer.date.map_or_else(|| "no date".to_owned(), |date| date.to_string()),
            _ => outer.message_id.clone().unwrap_or_else(|| "none".to_owned()),
        };
        format!("{}: {claim}", mismatch.field())
    });
    found.collect()
}

fn page(report: &OpenReport) -> Page {
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
        let place = attachment.path.as_ref().map(|path| format!("saved to {path}")).unwrap_or_default();
        page.row(vec![
            ("Attachment".to_owned(), Tone::Note),
            (attachment.name.clone(), Tone::Plain),
            (text::size(attachment.bytes), Tone::Plain),
            (attachment.media_type.clone(), Tone::Note),
            (place, Tone::Good),
        ]);
    }
    page.maybe("Restored to", report.eml.as_deref());
    page
}

fn shown(party: &PartyView) -> String {
    match &party.name {
        Some(name) => format!("{name} <{}>", party.address),
        None => party.address.clone(),
    }
}

fn add_parties(page: &mut Page, label: &str, parties: &[PartyView]) {
    if !parties.is_empty() {
        page.field(label, parties.iter().map(shown).collect::<Vec<_>>().join(", "));
    }
}
