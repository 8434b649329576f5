//! `zegel doctor`

mod checks;
mod rights;
mod rules;

use clap::Args;
use zegel_wire::error::Kind;
use zegel_wire::report::{CheckState, DoctorView};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::text;
use crate::ui::{Page, Tone};

use checks::Checks;

/// Explain the setup and find what is wrong with it
///
/// Ends with code 78 when something is wrong.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel doctor --fix --online")]
pub(crate) struct DoctorArgs {
    /// Repair what can be repaired without asking: folders, permissions, the memory of opened messages
    #[arg(long)]
    fix: bool,
    /// Also connect to the mail server of every account
    #[arg(long)]
    online: bool,
}

/// Looks at everything, one thing after the other; what is broken does not hide what comes after it.
pub(crate) fn run(args: &DoctorArgs, context: &Context<'_>) -> Result<()> {
    let repair = if args.fix { checks::Repair::Yes } else { checks::Repair::No };
    let mut checks = Checks::new(context, repair);
    checks.environment();
    checks.folders();
    checks.configuration();
    checks.keyring();
    checks.identities();
    checks.cards();
    checks.memory();
    checks.policy();
    checks.scanner();
    checks.inspector();
    checks.accounts();
    if args.online {
        checks.servers();
    }
    let checks = checks.finish();
    let wrong = checks.iter().filter(|check| check.state == CheckState::Fail).count();
    let view = DoctorView { healthy: wrong == 0, checks };
    context.ui.report(&view, || page(&view))?;
    if wrong == 0 {
        return Ok(());
    }
    let failure = Failure::new(Kind::Configuration, format!("{} found", text::count(wrong, "problem")));
    let failure = if args.fix {
        failure
    } else {
        failure.hint(
            "folders, permissions and the memory of opened messages can be repaired: zegel doctor --fix",
        )
    };
    Err(failure.already_reported())
}

fn page(view: &DoctorView) -> Page {
    let mut page = Page::new();
    if view.healthy {
        page.heading("All is well", Tone::Good);
    } else {
        page.heading("Something is wrong", Tone::Bad);
    }
    for check in &view.checks {
        let (mark, tone) = match check.state {
            CheckState::Ok => ("ok", Tone::Good),
            CheckState::Fixed => ("fixed", Tone::Good),
            CheckState::Warn => ("look", Tone::Warn),
            CheckState::Skipped => ("-", Tone::Note),
            _ => ("wrong", Tone::Bad),
        };
        page.row(vec![
            (mark.to_owned(), tone),
            (check.name.clone(), Tone::Plain),
            (check.detail.clone(), Tone::Plain),
        ]);
    }
    let hints: Vec<_> = view.checks.iter().filter_map(|check| Some((check, check.hint.as_ref()?))).collect();
    if !hints.is_empty() {
        page.blank();
    }
    for (check, hint) in hints {
        page.note(format!("{}: {hint}", check.name), Tone::Note);
    }
    page
}
