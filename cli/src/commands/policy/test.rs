//! `zegel policy test`: the examples beside a policy, judged like mail.

use std::path::{Path, PathBuf};

use clap::Args;
use zegel_core::mime::{Draft, DraftOptions};
use zegel_core::policy::{
    Acceptances, Attached, Circumstances, Classic, Examiner, Example, Judgement, LocalTime, Policy, Weekday,
};
use zegel_store::cards::Cards;
use zegel_wire::error::Kind;
use zegel_wire::report::{ExampleView, PolicyTestReport};

use crate::commands::check::mails_below;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::input::{self, MAIL_MAX, TEXT_MAX};
use crate::inspecting;
use crate::judging::name;
use crate::ui::{Page, Tone};

/// Judge the example mails beside a policy, and compare with what is expected of each
///
/// Beside `policy.toml` they stand in the folder `policy.tests`: `NAME.eml`, and `NAME.toml` with the expected verdict and
/// rules. Ends with code 65 when one is judged otherwise.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel policy test policy.toml")]
pub(crate) struct TestArgs {
    /// Test this policy
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Take the examples from this folder
    #[arg(long, value_name = "DIR")]
    examples: Option<PathBuf>,
}

/// Judges every example.
pub(crate) fn run(args: &TestArgs, context: &Context<'_>) -> Result<()> {
    let policy = super::read(&args.file, context)?;
    let folder = args.examples.clone().unwrap_or_else(|| args.file.with_extension("tests"));
    if !folder.is_dir() {
        return Err(Failure::new(Kind::NoInput, format!("there are no examples in {}", folder.display()))
            .hint("put NAME.eml and NAME.toml there, or name another folder: --examples DIR"));
    }
    let mails = mails_below(&folder)?;
    if mails.is_empty() {
        return Err(Failure::new(Kind::NoInput, format!("there is no .eml file below {}", folder.display())));
    }
    let mut progress = context.ui.progress("Testing", Some(mails.len() as u64));
    let mut examples = Vec::new();
    for (number, mail) in mails.iter().enumerate() {
        let difference = judge(&policy, mail, context)?;
        let shown = mail.strip_prefix(&folder).unwrap_or(mail).with_extension("").display().to_string();
        examples.push(ExampleView { name: shown, passed: difference.is_none(), difference });
        progress.reach(number as u64 + 1);
    }
    drop(progress);
    let failed = examples.iter().filter(|example| !example.passed).count() as u64;
    let report =
        PolicyTestReport { policy: name(&policy), passed: examples.len() as u64 - failed, failed, examples };
    context.ui.report(&report, || page(&report))?;
    if failed == 0 {
        return Ok(());
    }
    let text = format!("{failed} of {} examples are judged otherwise", report.examples.len());
    let failure = Failure::new(Kind::BadPolicy, text);
    Err(if context.ui.is_json() { failure.already_reported() } else { failure })
}

/// Judges one example; returns what differs from what is expected.
fn judge(policy: &Policy, mail: &Path, context: &Context<'_>) -> Result<Option<String>> {
    let expected = mail.with_extension("toml");
    let example = Example::parse(&input::read_text(&expected, TEXT_MAX)?).map_err(|error| {
        Failure::from_error(Kind::BadPolicy, &error)
            .while_trying(format!("{} does not say what is expected", expected.display()))
    })?;
    let bad = |what: String| Failure::new(Kind::BadPolicy, format!("{}: {what}", expected.display()));
    let draft = Draft::parse(&input::read(mail, MAIL_MAX)?, &DraftOptions::default()).map_err(|error| {
        Failure::from_error(Kind::BadMail, &error).while_trying(format!("cannot read {}", mail.display()))
    })?;
    let history = example.history().map_err(&bad)?;
    let local_time = match example.local_time() {
        Some(at) => at.map_err(&bad)?,
        None => LocalTime { weekday: Weekday::Wed, minute: 600 },
    };
    let attached = Attached { material: inspecting::read_attachments(&draft)?, scans: example.scans(&draft) };
    let around = Circumstances {
        classic: Classic::Refuse,
        contacts: &Cards::new(context.paths()?),
        now: context.now(),
        history: history.as_ref(),
        local_time,
        accepted: &Acceptances::new(),
    };
    let examined = Examiner::new(policy).examine(&draft, &attached, &around);
    Ok(difference(&example, examined.judgement()))
}

fn difference(example: &Example, judgement: &Judgement) -> Option<String> {
    let mut fired: Vec<&str> = judgement.findings.iter().map(|finding| finding.rule.as_str()).collect();
    let mut wanted: Vec<&str> = example.rules.iter().map(String::as_str).collect();
    fired.sort_unstable();
    wanted.sort_unstable();
    let mut said = Vec::new();
    if judgement.verdict != example.verdict {
        said.push(format!("verdict {} in place of {}", judgement.verdict, example.verdict));
    }
    let missing: Vec<&str> = wanted.iter().filter(|rule| !fired.contains(rule)).copied().collect();
    let extra: Vec<&str> = fired.iter().filter(|rule| !wanted.contains(rule)).copied().collect();
    if !missing.is_empty() {
        said.push(format!("did not fire: {}", missing.join(", ")));
    }
    if !extra.is_empty() {
        said.push(format!("fired as well: {}", extra.join(", ")));
    }
    (!said.is_empty()).then(|| said.join("; "))
}

fn page(report: &PolicyTestReport) -> Page {
    let mut page = Page::new();
    let all = report.examples.len();
    if report.failed == 0 {
        page.heading(format!("All {all} examples are judged as expected"), Tone::Good);
    } else {
        page.heading(format!("{} of {all} examples are judged otherwise", report.failed), Tone::Bad);
    }
    page.field("Policy", format!("{}, issue {}", report.policy.name, report.policy.serial));
    for example in &report.examples {
        if let Some(difference) = &example.difference {
            page.toned("Differs", format!("{}: {difference}", example.name), Tone::Bad);
        }
    }
    page
}
