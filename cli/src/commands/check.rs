//! `zegel check`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use zegel_core::mime::{Draft, DraftOptions, PART_THRESHOLD};
use zegel_core::policy::{Classic, Policy};
use zegel_wire::report::CheckReport;

use crate::args::AcceptArgs;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::input::{self, MAIL_MAX};
use crate::judging::{self, Show};
use crate::keys;
use crate::ui::{Page, Tone};

mod sarif;

/// Say what the policy finds in a mail, and why
///
/// Nothing is sealed or sent. Ends with code 77 when the policy would hold a mail back.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel check draft.eml")]
pub(crate) struct CheckArgs {
    /// Check this mail, or every `.eml` file below this folder; `-` or nothing is standard input
    #[arg(value_name = "MAIL")]
    path: Option<PathBuf>,
    /// Hide the words that fired but for their last characters
    #[arg(long)]
    mask: bool,
    /// Print in this form
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Form::Page)]
    format: Form,
    /// Use this policy file in place of the one that is configured
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    accept: AcceptArgs,
}

/// How the outcome is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people; with --json for programs, one line for each mail of a folder
    Page,
    /// SARIF 2.1.0, for code review and CI
    Sarif,
}

/// Judges every mail, prints, and ends as the strictest verdict wants.
pub(crate) fn run(args: &CheckArgs, context: &Context<'_>) -> Result<()> {
    let policy = match &args.policy {
        Some(path) => super::policy::read(path, context)?,
        None => judging::in_force(context)?.policy,
    };
    // SARIF is made to be uploaded somewhere.
    let show = if args.mask || matches!(args.format, Form::Sarif) { Show::Masked } else { Show::Words };
    let path = args.path.as_deref().unwrap_or(Path::new("-"));
    let (mut held, mut unreadable) = (0_usize, 0_usize);
    let mut reports: Vec<CheckReport> = Vec::new();
    let is_folder = !input::is_stdio(path) && path.is_dir();
    let mails = if is_folder { mails_below(path)? } else { vec![path.to_owned()] };
    let mut progress = context.ui.progress("Checking", Some(mails.len() as u64));
    for (number, mail) in mails.iter().enumerate() {
        match check(mail, &policy, args, show, context) {
            Ok(report) => {
                held += usize::from(matches!(report.verdict.as_str(), "block" | "warn"));
                if args.format == Form::Page {
                    context.ui.report(&report, || page(&report, context))?;
                } else {
                    reports.push(report);
                }
            }
            // One mail that cannot be read does not hide the others, and it does not pass either.
            Err(failure) if is_folder => {
                unreadable += 1;
                context.ui.warning(&format!("{}: {}", mail.display(), failure.sentence()));
            }
            Err(failure) => return Err(failure),
        }
        progress.reach(number as u64 + 1);
    }
    drop(progress);
    if args.format == Form::Sarif {
        context.ui.data(sarif::write(&policy, &reports).as_bytes())?;
    }
    if unreadable > 0 {
        let text = format!("{unreadable} of {} mails could not be read", mails.len());
        return Err(Failure::new(zegel_wire::error::Kind::BadMail, text));
    }
    if held > 0 {
        let text = if is_folder {
            format!("the policy would hold back {held} of {} mails", mails.len())
        } else {
            "the policy would hold this mail back".to_owned()
        };
        let failure = Failure::new(zegel_wire::error::Kind::Policy, text);
        return Err(if context.ui.is_json() { failure.already_reported() } else { failure });
    }
    Ok(())
}

fn check(
    path: &Path,
    policy: &Policy,
    args: &CheckArgs,
    show: Show,
    context: &Context<'_>,
) -> Result<CheckReport> {
    let eml = input::read(path, MAIL_MAX)?;
    let options = DraftOptions {
        part_threshold: PART_THRESHOLD,
        // A draft may have no From yet; then it is from oneself.
        from: keys::sender(context, None).ok(),
        ..DraftOptions::default()
    };
    let draft = Draft::parse(&eml, &options)?;
    let accepted = args.accept.acceptances()?;
    let examined = judging::examine(&draft, policy, &accepted, Classic::Refuse, context)?;
    let shown = (!input::is_stdio(path)).then(|| path.display().to_string());
    Ok(judging::view(policy, &examined, shown, show))
}

/// Returns every `.eml` file below a folder, in the order of their names; links are not followed.
pub(crate) fn mails_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let unreadable = |error| Failure::io(format!("cannot read {}", folder.display()), &error);
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let kind = entry.file_type().map_err(unreadable)?;
            let path = entry.path();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|end| end.eq_ignore_ascii_case("eml")) {
                found.insert(path, ());
            }
        }
    }
    Ok(found.into_keys().collect())
}

fn page(report: &CheckReport, context: &Context<'_>) -> Page {
    let mut page = Page::new();
    let (text, tone) = match report.verdict.as_str() {
        "allow" => ("This mail may leave", Tone::Good),
        "seal" => ("This mail may leave, sealed for everybody", Tone::Good),
        "warn" => ("This mail is held back until its warnings are accepted", Tone::Warn),
        _ => ("This mail may not leave", Tone::Bad),
    };
    page.heading(text, tone);
    page.maybe("Mail", report.path.as_deref());
    page.field("Policy", format!("{}, issue {}", report.policy.name, report.policy.serial));
    if !report.classes.is_empty() {
        page.field("Classes", report.classes.join(", "));
    }
    page.maybe("Level", report.level.as_deref());
    for archive in &report.archives {
        page.toned("Archive", format!("{archive} will be able to open this message too"), Tone::Warn);
    }
    page.blank();
    judging::add_findings(&mut page, report, context.language());
    page
}
