//! `zegel smoke`

mod account;
mod embedded;
mod junit;
mod steps;

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use zegel_store::staging::{Mode, Overwrite, write_atomically};
use zegel_wire::report::{SmokeReport, SmokeStep};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::ui::{Page, Tone};
use crate::{outputs, text};

use steps::Steps;

/// Prove the whole chain from key to opened mail, step by step
///
/// With --embedded, throw-away people write to each other through a mail server inside the program. Otherwise the
/// account sends a sealed mail to its own address.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel smoke --embedded --json --junit smoke.xml")]
pub(crate) struct SmokeArgs {
    /// Use throw-away identities and a mail server inside the program
    #[arg(long)]
    embedded: bool,
    /// Write a JUnit report to this file; an older one is replaced
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// Takes every step until one fails, and ends with the code of that one.
pub(crate) fn run(args: &SmokeArgs, context: &Context<'_>) -> Result<()> {
    let (began, started) = (Instant::now(), context.now().to_string());
    let (mut steps, target) = if args.embedded {
        (Steps::new(&embedded::STEPS), "embedded".to_owned())
    } else {
        (Steps::new(&account::STEPS), context.account_named().unwrap_or("default account").to_owned())
    };
    // What a step returns as missing is recorded in the steps.
    let _ =
        if args.embedded { embedded::run(&mut steps, context) } else { account::run(&mut steps, context) };
    let (steps, failure) = steps.finish();
    let report = SmokeReport {
        passed: failure.is_none(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        target,
        started,
        steps,
        micros: micros(began),
    };
    if let Some(path) = &args.junit {
        outputs::check(path, [], Overwrite::Allow)?;
        write_atomically(path, junit::render(&report).as_bytes(), Mode::Shared, Overwrite::Allow)?;
    }
    context.ui.report(&report, || page(&report))?;
    failure.map_or(Ok(()), |failure| Err(Failure::already_reported(failure)))
}

fn micros(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn page(report: &SmokeReport) -> Page {
    let mut page = Page::new();
    let passed = report.steps.iter().filter(|step| step.passed).count();
    let heading =
        format!("{passed} of {} passed ({})", text::count(report.steps.len(), "step"), report.target);
    page.heading(heading, if report.passed { Tone::Good } else { Tone::Bad });
    for step in &report.steps {
        let (mark, tone) = match step {
            SmokeStep { passed: true, .. } => ("ok", Tone::Good),
            SmokeStep { skipped: true, .. } => ("skipped", Tone::Note),
            _ => ("failed", Tone::Bad),
        };
        let took = if step.skipped {
            String::new()
        } else {
            format!("{}.{} ms", step.micros / 1000, step.micros % 1000 / 100)
        };
        let error = step.error.as_ref().map(|error| error.error.clone());
        let detail = error.or_else(|| step.detail.clone()).unwrap_or_default();
        page.row(vec![
            (mark.to_owned(), tone),
            (step.name.clone(), Tone::Plain),
            (took, Tone::Note),
            (detail, Tone::Note),
        ]);
    }
    page
}
