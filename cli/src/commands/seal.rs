//! `zegel seal`

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use zegel_core::message::{CopyKind, Sealed, SealedCopy};
use zegel_store::staging::Staged;
use zegel_wire::error::Kind;
use zegel_wire::report::{RecipientView, SealReport, SealedFileView};

use crate::args::{AcceptArgs, ClassicArg, ForceArg, MessageArgs};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::input;
use crate::outputs::{self, Folder, Outputs};
use crate::sealing::{Planning, add_archive, add_recipients};
use crate::spool::{Spool, folder_of};
use crate::text;
use crate::ui::{Page, Tone, Ui};

/// Seal a mail into a file, without sending it
///
/// Writes the bare container, or with --mail a whole mail that carries it. A blind-copied person gets a file of their
/// own, so a message with blind copies needs --out-dir.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel seal mail.eml --mail -o sealed.eml")]
pub(crate) struct SealArgs {
    #[command(flatten)]
    message: MessageArgs,
    /// Write to this file; `-` is standard output
    #[arg(long, short, value_name = "FILE", conflicts_with = "out_dir")]
    output: Option<PathBuf>,
    /// Write to this folder, one file for the visible recipients and one for each blind copy
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
    /// Write mails ready to be submitted, in place of bare containers
    #[arg(long)]
    mail: bool,
    #[command(flatten)]
    accept: AcceptArgs,
    #[command(flatten)]
    classic: ClassicArg,
    #[command(flatten)]
    force: ForceArg,
}

/// Where the sealed message goes.
enum Target<'a> {
    File(&'a Path),
    Folder(&'a Path),
    Stdout,
}

/// Seals, and writes everything or nothing.
pub(crate) fn run(args: &SealArgs, context: &Context<'_>) -> Result<()> {
    let target = target(args, context)?;
    let judged = Planning::make(&args.message, args.classic.classic(), context)?
        .clear(&args.accept.acceptances()?, context)?;
    refuse_early(&target, &judged.recipients)?;
    let made = args.out_dir.as_deref().map(Folder::make).transpose()?;
    let folder = match target {
        Target::File(path) => folder_of(path).to_owned(),
        Target::Folder(folder) => folder.to_owned(),
        Target::Stdout => context.temp_folder(),
    };
    let recipients = judged.recipients.clone();
    let archive = judged.archive();
    let mut sealed = judged.unlock(context)?.seal(&folder, context)?;
    let mut report = SealReport {
        message_id: sealed.id().to_string(),
        recipients,
        post_quantum: sealed.is_post_quantum(),
        archive,
        files: Vec::new(),
    };
    match target {
        Target::Stdout => {
            let copy = only_copy(&sealed)?;
            write(args, &mut sealed, &copy, &mut io::stdout().lock(), Ui::stdout_failure)?;
        }
        Target::File(path) => {
            let file = write_file(args, sealed, path)?;
            report.files.push(file);
        }
        Target::Folder(folder) => report.files = write_folder(args, &mut sealed, folder)?,
    }
    if let Some(made) = made {
        made.keep();
    }
    context.ui.outcome(&report, || page(&report));
    Ok(())
}

fn target<'a>(args: &'a SealArgs, context: &Context<'_>) -> Result<Target<'a>> {
    if let Some(folder) = &args.out_dir {
        return Ok(Target::Folder(folder));
    }
    if let Some(path) = args.output.as_deref().filter(|path| !input::is_stdio(path)) {
        outputs::check(path, args.message.inputs(), args.force.overwrite())?;
        return Ok(Target::File(path));
    }
    if context.ui.is_json() {
        return Err(Failure::usage("standard output cannot carry both the report and the message")
            .hint("name a file: --output FILE"));
    }
    if context.ui.is_output_terminal() && !args.mail {
        return Err(
            Failure::usage("a container is not written to a terminal").hint("name a file: --output FILE")
        );
    }
    Ok(Target::Stdout)
}

/// Refuses blind copies without a folder before anything is encrypted.
fn refuse_early(target: &Target<'_>, recipients: &[RecipientView]) -> Result<()> {
    let blind = recipients.iter().any(|recipient| recipient.role == "bcc");
    if blind && !matches!(target, Target::Folder(_)) {
        return Err(Failure::usage("each blind-copied person gets a file of their own")
            .hint("name a folder: --out-dir DIR"));
    }
    Ok(())
}

fn only_copy(sealed: &Sealed<Spool>) -> Result<SealedCopy> {
    match sealed.copies() {
        [only] => Ok(only.clone()),
        _ => Err(Failure::new(Kind::Bug, "a message with blind copies has more than one file")),
    }
}

fn write(
    args: &SealArgs,
    sealed: &mut Sealed<Spool>,
    copy: &SealedCopy,
    out: &mut dyn Write,
    fail: impl Fn(&io::Error) -> Failure,
) -> Result<u64> {
    let written = if args.mail {
        sealed.write_mail(copy, out)
    } else {
        sealed.container(copy).and_then(|mut container| io::copy(&mut container, out))
    };
    written.and_then(|bytes| out.flush().map(|()| bytes)).map_err(|error| fail(&error))
}

fn stage(
    args: &SealArgs,
    sealed: &mut Sealed<Spool>,
    copy: &SealedCopy,
    path: &Path,
) -> Result<(Staged, u64)> {
    let mut file = Staged::create_beside(path)?;
    let bytes = write(args, sealed, copy, &mut file, |error| {
        Failure::io(format!("cannot write {}", path.display()), error)
    })?;
    Ok((file, bytes))
}

fn write_file(args: &SealArgs, mut sealed: Sealed<Spool>, path: &Path) -> Result<SealedFileView> {
    let copy = only_copy(&sealed)?;
    let (file, bytes) = if args.mail {
        stage(args, &mut sealed, &copy, path)?
    } else {
        let bytes = sealed.container_length(&copy);
        (finish(sealed, path)?, bytes)
    };
    file.persist(path, args.force.overwrite())?;
    Ok(file_view(path, &copy, bytes))
}

/// Makes the container out of the spool itself: what is large is written once.
fn finish(sealed: Sealed<Spool>, path: &Path) -> Result<Staged> {
    let unwritable = |error: io::Error| Failure::io(format!("cannot write {}", path.display()), &error);
    match sealed.into_container().map_err(unwritable)? {
        Spool::File(file) => file.finish().map_err(unwritable),
        Spool::Memory(memory) => {
            let mut file = Staged::create_beside(path)?;
            file.write_all(memory.get_ref()).map_err(unwritable)?;
            Ok(file)
        }
    }
}

/// Writes one file for each copy: all of them or none.
fn write_folder(args: &SealArgs, sealed: &mut Sealed<Spool>, folder: &Path) -> Result<Vec<SealedFileView>> {
    let extension = if args.mail { "eml" } else { "zegel" };
    let mut outputs = Outputs::new(args.force.overwrite(), args.message.inputs());
    let mut views = Vec::new();
    let mut blind = 0;
    for copy in sealed.copies().to_vec() {
        let name = match copy.kind() {
            CopyKind::Blind => {
                blind += 1;
                format!("blind-{blind}.{extension}")
            }
            _ if copy.recipients().is_empty() => format!("own.{extension}"),
            _ => format!("visible.{extension}"),
        };
        let path = folder.join(name);
        let (file, bytes) = stage(args, sealed, &copy, &path)?;
        views.push(file_view(&path, &copy, bytes));
        outputs.add(file, path)?;
    }
    outputs.persist()?.keep();
    Ok(views)
}

fn file_view(path: &Path, copy: &SealedCopy, bytes: u64) -> SealedFileView {
    let recipients = copy.recipients().iter().map(ToString::to_string).collect();
    SealedFileView { path: Some(path.display().to_string()), recipients, bytes }
}

fn page(report: &SealReport) -> Page {
    let mut page = Page::new();
    let people = text::count(report.recipients.len(), "recipient");
    page.heading(format!("Sealed for {people}"), Tone::Good);
    add_recipients(&mut page, &report.recipients);
    add_archive(&mut page, report.archive.as_deref());
    page.blank();
    for file in &report.files {
        let whom = if file.recipients.is_empty() { "you".to_owned() } else { file.recipients.join(", ") };
        page.field(&text::size(file.bytes), format!("{}  for {whom}", file.path.as_deref().unwrap_or("-")));
    }
    page
}
