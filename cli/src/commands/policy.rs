//! `zegel policy`

mod test;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use zegel_core::Address;
use zegel_core::keys::VerifyingKey;
use zegel_core::policy::{self, Authority, Policy, PolicyError, SignedPolicy, SigningError};
use zegel_core::sshsig::Signature;
use zegel_store::policy as files;
use zegel_store::staging::{Mode, write_atomically};
use zegel_wire::error::Kind;
use zegel_wire::report::{ClassView, PolicyInitView, PolicySignedView, PolicyView, RuleView, WordsView};

use crate::args::ForceArg;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::input;
use crate::judging::{self, name, word};
use crate::keys;
use crate::ui::{Page, Tone};

/// The rules that decide what may leave.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Explain(ExplainArgs),
    Init(InitArgs),
    Lint(LintArgs),
    Show(ShowArgs),
    Sign(SignArgs),
    Test(test::TestArgs),
}

/// Say in words what a rule does and why
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel policy explain many-bsn")]
pub(crate) struct ExplainArgs {
    /// Explain this rule
    #[arg(value_name = "RULE")]
    rule: String,
    /// Look in this policy file in place of the one in force
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

/// Write a policy to start from
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel policy init --template health --output policy.toml")]
pub(crate) struct InitArgs {
    /// Start from this one
    #[arg(long, value_enum, default_value_t = Template::Minimal)]
    template: Template,
    /// Write to this file; `-` is standard output
    #[arg(long, short, value_name = "FILE", default_value = "policy.toml")]
    output: PathBuf,
    #[command(flatten)]
    force: ForceArg,
}

/// Check a policy file, and its signature when there is one
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel policy lint policy.toml")]
pub(crate) struct LintArgs {
    /// Check this file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Show the policy in force: where it comes from, its classes and rules
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel policy show")]
pub(crate) struct ShowArgs {}

/// Sign a policy with your own identity, for an organisation whose configurations name its key
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel policy sign policy.toml --identity policy@example.org")]
pub(crate) struct SignArgs {
    /// Sign this file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Sign with the identity of this address
    #[arg(long = "as", value_name = "ADDRESS")]
    signer: Address,
    #[command(flatten)]
    force: ForceArg,
}

/// The policies that come with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// Schools and universities
    Education,
    /// Government bodies
    Government,
    /// Health care
    Health,
    /// The least that everybody should have
    Minimal,
}

impl Template {
    fn text(self) -> &'static str {
        match self {
            Self::Education => policy::defaults::EDUCATION,
            Self::Government => policy::defaults::GOVERNMENT,
            Self::Health => policy::defaults::HEALTH,
            Self::Minimal => policy::defaults::MINIMAL,
        }
    }
}

/// Does what was asked.
pub(crate) fn run(command: Command, context: &Context<'_>) -> Result<()> {
    match command {
        Command::Explain(args) => explain(&args, context),
        Command::Init(args) => init(&args, context),
        Command::Lint(args) => lint(&args, context),
        Command::Show(ShowArgs {}) => show(context),
        Command::Sign(args) => sign(&args, context),
        Command::Test(args) => test::run(&args, context),
    }
}

/// Reads a policy file that was named on the command line; one with a signature beside it may have an archive.
///
/// # Errors
/// Code 66 when it is not there, 65 when it cannot be used.
pub(crate) fn read(path: &Path, context: &Context<'_>) -> Result<Policy> {
    Ok(read_signed(path, context)?.0)
}

/// Reads a policy file, and says who signed it: the configured signer, or where none is configured whoever the signature
/// names.
fn read_signed(path: &Path, context: &Context<'_>) -> Result<(Policy, Option<VerifyingKey>)> {
    let text = files::read(path)?;
    let unusable = |error| unusable(path, &error);
    if !files::signature_path(path).exists() {
        return Ok((Policy::parse(&text, Authority::Unsigned).map_err(unusable)?, None));
    }
    let armour = files::read_signature(path)?;
    let claimed = Signature::parse(&armour).map_err(|_| unusable(PolicyError::Signature))?.claimed_key();
    // A signature by somebody else than the configured signer is none.
    let signer = context.config()?.policy().signer().copied().unwrap_or(claimed);
    let policy = SignedPolicy { text: &text, signature: &armour }.verify(&signer).map_err(unusable)?;
    Ok((policy, Some(signer)))
}

fn unusable(path: &Path, error: &PolicyError) -> Failure {
    Failure::from_error(Kind::BadPolicy, error).while_trying(format!("{} cannot be used", path.display()))
}

fn explain(args: &ExplainArgs, context: &Context<'_>) -> Result<()> {
    let policy = match &args.policy {
        Some(path) => read(path, context)?,
        None => judging::in_force(context)?.policy,
    };
    let Some(rule) = policy.rules().iter().find(|rule| rule.id == args.rule) else {
        let known: Vec<&str> = policy.rules().iter().map(|rule| rule.id.as_str()).collect();
        let failure = Failure::usage(format!("the policy {:?} has no rule {:?}", policy.name(), args.rule));
        return Err(if known.is_empty() {
            failure.hint("it has no rules at all")
        } else {
            failure.hint(format!("it has: {}", known.join(", ")))
        });
    };
    let view = rule_view(rule);
    context.ui.report(&view, || {
        let mut page = Page::new();
        page.heading(format!("{}: {}", view.id, context.language().of(&view.explain)), Tone::Plain);
        page.field(
            "Action",
            match view.accept.as_str() {
                "by-name" => format!("{}; can be accepted: --accept {}", view.action, view.id),
                "justify" => {
                    format!("{}; can be accepted with a reason: --accept {}=REASON", view.action, view.id)
                }
                _ => view.action.clone(),
            },
        );
        page.maybe("Class", view.class.as_deref());
        for (number, condition) in view.conditions.iter().enumerate() {
            page.field(if number == 0 { "Fires when" } else { "" }, condition);
        }
        page
    })
}

fn init(args: &InitArgs, context: &Context<'_>) -> Result<()> {
    let text = args.template.text();
    if input::is_stdio(&args.output) {
        return context.ui.data(text.as_bytes());
    }
    write_atomically(&args.output, text.as_bytes(), Mode::Shared, args.force.overwrite())?;
    let view =
        PolicyInitView { path: Some(args.output.display().to_string()), template: word_of(args.template) };
    context.ui.outcome(&view, || {
        let mut page = Page::new();
        page.heading("A policy to start from", Tone::Good);
        page.maybe("File", view.path.as_deref());
        page.field("Next", "put your domains in [organisation], then: zegel policy lint, zegel policy test");
        page
    });
    Ok(())
}

fn word_of(template: Template) -> String {
    template.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn lint(args: &LintArgs, context: &Context<'_>) -> Result<()> {
    let configured = context.config()?.policy().signer().copied();
    let (policy, signer) = read_signed(&args.file, context)?;
    let mut view = policy_view(&policy);
    view.path = Some(args.file.display().to_string());
    view.signer = signer.map(|key| key.to_string());
    context.ui.report(&view, || {
        let mut page = Page::new();
        page.heading("This policy can be used", Tone::Good);
        add_policy(&mut page, &view);
        match (&view.signer, configured) {
            (Some(signer), Some(_)) => {
                page.toned("Signed", format!("by the configured signer {signer}"), Tone::Good)
            }
            (Some(signer), None) => page.toned(
                "Signed",
                format!(
                    "by {signer}; no signer is configured here, so nothing says that this is the right one"
                ),
                Tone::Warn,
            ),
            (None, _) => page.field("Signed", "no"),
        };
        page
    })
}

fn show(context: &Context<'_>) -> Result<()> {
    let in_force = judging::in_force(context)?;
    let mut view = policy_view(&in_force.policy);
    view.path = in_force.path.map(|path| path.display().to_string());
    view.signer = in_force.signer.map(|key| key.to_string());
    view.own = in_force.own.map(|path| path.display().to_string());
    context.ui.report(&view, || {
        let mut page = Page::new();
        page.heading("The policy in force", Tone::Plain);
        add_policy(&mut page, &view);
        page.maybe("File", view.path.as_deref());
        page.field("Signed by", view.signer.as_deref().unwrap_or("nobody"));
        page.maybe("Your own", view.own.as_deref());
        page.blank();
        for rule in &view.rules {
            page.row(vec![
                (rule.id.clone(), Tone::Plain),
                (rule.action.clone(), Tone::Note),
                (context.language().of(&rule.explain).to_owned(), Tone::Note),
            ]);
        }
        if view.rules.is_empty() {
            page.line("Every recipient is sealed to, or nothing leaves. There are no rules over content.");
        }
        page
    })
}

fn sign(args: &SignArgs, context: &Context<'_>) -> Result<()> {
    let text = files::read(&args.file)?;
    let policy = Policy::parse(&text, Authority::Signed).map_err(|error| unusable(&args.file, &error))?;
    let identity = keys::identity(context, &args.signer)?;
    let armour = policy::sign(&text, identity.current().signing()).map_err(|error| match error {
        SigningError::Policy(error) => unusable(&args.file, &error),
        other => Failure::from_error(Kind::Bug, &other),
    })?;
    let path = files::signature_path(&args.file);
    write_atomically(&path, armour.as_bytes(), Mode::Shared, args.force.overwrite())?;
    let view = PolicySignedView {
        policy: name(&policy),
        path: path.display().to_string(),
        signer: identity.card().signing_key().to_string(),
    };
    context.ui.outcome(&view, || {
        let mut page = Page::new();
        page.heading("Signed", Tone::Good);
        page.field("Policy", format!("{}, issue {}", view.policy.name, view.policy.serial));
        page.field("Signature", &view.path);
        page.field("Signer", &view.signer);
        page.field(
            "Next",
            "name this signer in [policy] of every configuration; raise `serial` with each issue",
        );
        page
    });
    Ok(())
}

fn policy_view(policy: &Policy) -> PolicyView {
    PolicyView {
        policy: name(policy),
        path: None,
        signer: None,
        own: None,
        classes: policy
            .classes()
            .map(|class| ClassView {
                id: class.id.clone(),
                level: word(&class.level),
                label: WordsView { nl: class.label.nl.clone(), en: class.label.en.clone() },
                archive: class.archive.as_ref().map(|archive| archive.address.to_string()),
            })
            .collect(),
        rules: policy.rules().iter().map(rule_view).collect(),
    }
}

fn rule_view(rule: &policy::Rule) -> RuleView {
    RuleView {
        id: rule.id.clone(),
        action: word(&rule.action),
        class: rule.class.clone(),
        accept: word(&rule.accept),
        explain: WordsView { nl: rule.explain.nl.clone(), en: rule.explain.en.clone() },
        conditions: rule.describe(),
    }
}

fn add_policy(page: &mut Page, view: &PolicyView) {
    page.field("Policy", format!("{}, issue {}", view.policy.name, view.policy.serial));
    page.field("Classes", view.classes.len().to_string());
    page.field("Rules", view.rules.len().to_string());
}
