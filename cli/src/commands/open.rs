//! `zegel open`

mod memory;
mod page;
mod scan;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use zegel_core::Mailbox;
use zegel_core::contacts::Contact;
use zegel_core::message::manifest::OpenerRole;
use zegel_core::message::{Assurance, FirstUse};
use zegel_core::mime::{InnerMessage, OuterMismatch, OuterView, compare_outer};
use zegel_store::cards::Cards;
use zegel_store::staging::Staged;
use zegel_wire::error::Kind;
use zegel_wire::report::{AttachmentView, OpenReport, PartyView, Trust};

use crate::args::ForceArg;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::input;
use crate::opening::link::{self, Fetched, LinkArgs};
use crate::opening::{Carried, Shared, Staging, Verified};
use crate::outputs::{self, Folder, Outputs};
use crate::scanning::{Moment, VirusScanner};
use crate::spool::folder_of;

use memory::{Memory, Replay};
use page::page;
use scan::{Infected, Whole};

/// Open a sealed mail, verify it and show it
///
/// Nothing is shown, saved or remembered before the whole message has been verified. A guest's link is opened as well, without the page:
/// put it between single quotes.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel open sealed.eml --extract attachments")]
pub(crate) struct OpenArgs {
    /// Open this mail, container or link; `-` is standard input
    #[arg(value_name = "FILE or LINK")]
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
    /// Where the virus scanner finds something in attachments, show the text and save the others
    #[arg(long, conflicts_with = "eml")]
    without_infected: bool,
    #[command(flatten)]
    force: ForceArg,
    #[command(flatten)]
    link: LinkArgs,
}

/// Opens, verifies everything, shows it, and only then saves what was asked for, pins and remembers.
///
/// Showing comes first because it is what can fail and cannot be prepared: on a full disk or a closed pipe nothing is saved,
/// pinned or remembered either, and the same command can be run again. All that is left to do after it is to give names to
/// files that lie finished on the disk.
pub(crate) fn run(args: &OpenArgs, context: &Context<'_>) -> Result<()> {
    let staging = prepare(args, context)?;
    let link = link::find(&args.message)?;
    let made = args.extract.as_deref().map(Folder::make).transpose()?;
    let first_use = if args.first_use { FirstUse::Accept } else { FirstUse::Refuse };
    let replay = if args.replayed { Replay::Accept } else { Replay::Refuse };
    let mut source = match &link {
        Some(link) => Source::Server(Box::new(Fetched::get(link, &args.link, context)?)),
        None => Source::File(Box::new(Carried::find(&args.message)?)),
    };
    let mut opened = source.open(&staging, first_use, context)?;
    let receipt = source.receipt(&opened, context)?;
    let carried = source.carried();
    let cards = Cards::new(context.paths()?);
    // Looked up again, because the pin may be newer than the opening: then it has to be of the key that signed.
    let pinned_before = opened.assurance != Assurance::Own && cards.is_pinned(&opened.sender)?;
    let mut report = describe(&opened, carried.outer.as_ref(), pinned_before);
    let pin = (opened.assurance == Assurance::FirstUse && !pinned_before).then(|| opened.sender.clone());
    let memory = Memory::look(&opened.manifest, carried, replay, context)?;
    memory.tell(&mut report);
    let infected = if args.without_infected { Infected::Withhold } else { Infected::Refuse };
    let whole = if args.eml.is_some() { Whole::Written } else { Whole::Parts };
    let withheld = scan::scan(&mut opened, &mut report, infected, whole, context)?;
    let (mail, outputs) = stage(args, opened, &withheld, &mut report)?;
    outputs.ready()?;
    match &mail {
        Some(mail) => context.ui.data(mail)?,
        None => context.ui.report(&report, || page(&report))?,
    }
    let kept = keep(outputs, pin, &cards);
    if let Err(failure) = kept {
        return Err(if mail.is_some() { failure } else { context.ui.late(failure) });
    }
    if let Some(made) = made {
        made.keep();
    }
    memory.remember(context);
    source.post(receipt.as_deref(), context);
    if mail.is_some() {
        context.ui.outcome(&report, || page(&report));
    }
    Ok(())
}

/// Where a message comes from.
enum Source {
    /// A mail or a container.
    File(Box<Carried>),
    /// A guest's link.
    Server(Box<Fetched>),
}

impl Source {
    fn open(&mut self, staging: &Staging, first_use: FirstUse, context: &Context<'_>) -> Result<Verified> {
        match self {
            Self::File(carried) => carried.open(staging, first_use, context),
            Self::Server(fetched) => fetched.open(staging, first_use, context),
        }
    }

    fn carried(&mut self) -> &mut Carried {
        match self {
            Self::File(carried) => carried,
            Self::Server(fetched) => &mut fetched.carried,
        }
    }

    fn receipt(&self, opened: &Verified, context: &Context<'_>) -> Result<Option<String>> {
        match self {
            Self::File(_) => Ok(None),
            Self::Server(fetched) => fetched.receipt(opened, context).map(Some),
        }
    }

    fn post(&self, receipt: Option<&str>, context: &Context<'_>) {
        if let (Self::Server(fetched), Some(receipt)) = (self, receipt) {
            fetched.post(receipt, context);
        }
    }
}

/// Gives the files their names and pins the sender's key: both, or neither.
fn keep(outputs: Outputs<'_>, pin: Option<Contact>, cards: &Cards) -> Result<()> {
    let named = outputs.persist()?;
    // A run that failed has changed nothing, so trust comes last.
    if let Some(Err(error)) = pin.map(|contact| cards.pin_first_use(contact)) {
        named.take_back();
        return Err(error.into());
    }
    named.keep();
    Ok(())
}

/// Looks at the arguments before anything is read, and says where plaintext may be put aside.
fn prepare(args: &OpenArgs, context: &Context<'_>) -> Result<Staging> {
    if let Some(path) = &args.eml {
        if !input::is_stdio(path) {
            outputs::check(path, [args.message.as_path()], args.force.overwrite())?;
        }
        if input::is_stdio(path) && context.ui.is_output_terminal() {
            // What a stranger wrote, byte for byte: a terminal would obey it.
            return Err(Failure::usage("a restored mail is not written to a terminal")
                .hint("redirect it: --eml - > mail.eml, or name a file: --eml FILE"));
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
        // What is large passes the virus scanner while it is decrypted: nothing of it lies on the disk for a mere look.
        None => match VirusScanner::configured(Moment::Opening, context)? {
            Some(scanner) => Staging::Scan(scanner),
            None => Staging::Check,
        },
        Some(path) if input::is_stdio(path) => Staging::Folder(context.temp_folder()),
        Some(path) => Staging::Folder(folder_of(path).to_owned()),
    })
}

/// Makes the files that were asked for, still without names, and the mail that goes to standard output.
fn stage<'a>(
    args: &'a OpenArgs,
    opened: Verified,
    withheld: &BTreeSet<String>,
    report: &mut OpenReport,
) -> Result<(Option<Vec<u8>>, Outputs<'a>)> {
    let mut outputs = Outputs::new(args.force.overwrite(), [args.message.as_path()]);
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
        let mut saved = BTreeMap::new();
        for attachment in inner.attachments().filter(|one| !withheld.contains(&one.name)) {
            let path = folder.join(&attachment.name);
            let mut file = Staged::create(folder)?;
            file.write_all(&attachment.content)
                .map_err(|error| Failure::io(format!("cannot write {}", path.display()), &error))?;
            outputs.add(file, path.clone())?;
            saved.insert(attachment.name, path);
        }
        for (name, shared) in large.into_iter().filter(|(name, _)| !withheld.contains(name)) {
            let path = folder.join(&name);
            let file = shared
                .into_staged()
                .map_err(|error| Failure::io(format!("cannot write {}", path.display()), &error))?
                .ok_or_else(|| Failure::new(Kind::Bug, "an attachment was not kept aside"))?;
            outputs.add(file, path.clone())?;
            saved.insert(name, path);
        }
        for view in &mut report.attachments {
            view.path = saved.get(&view.name).map(|path| path.display().to_string());
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
        scan: None,
    });
    let large = opened.parts.iter().map(|part| AttachmentView {
        name: part.info.name.clone(),
        media_type: part.info.media_type.clone(),
        bytes: part.info.length,
        path: None,
        scan: None,
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
        text_scan: None,
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
