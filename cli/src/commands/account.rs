//! `zegel account`

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, Subcommand, ValueEnum};
use zegel_core::Address;
use zegel_delivery::smtp::account_test_blocking;
use zegel_store::Config;
use zegel_store::config::{
    Account, AccountChange, AccountFields, AccountName, AuthKind, Host, Imap, ImapFields, Password, Purpose,
    Sent, Smtp, SmtpFields, Tls,
};
use zegel_wire::error::Kind;
use zegel_wire::report::{AccountListView, AccountTestView, AccountView};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::mailer;
use crate::secrets;
use crate::ui::{Page, Tone};

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Add(Box<AddArgs>),
    List(ListArgs),
    Test(TestArgs),
}

/// Add an account to send from
///
/// The password never stands in the configuration: it is asked for on a terminal and kept in the keyring, or
/// --password-file or --password-env says where it will be found.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: zegel account add work --address alice@example.org --server mail.example.org --user alice"
)]
pub(crate) struct AddArgs {
    /// Name the account
    #[arg(value_name = "NAME")]
    name: AccountName,
    /// Send from this address
    #[arg(long, value_name = "ADDRESS")]
    address: Address,
    /// Show this name beside the address
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// Submit mail to this server
    #[arg(long, value_name = "HOST")]
    server: Option<Host>,
    /// Connect to this port, when it is not the usual one
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Protect the connection this way; `none` is for this machine only
    #[arg(long, value_enum, default_value_t = TlsArg::Implicit)]
    tls: TlsArg,
    /// Log in as this user
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Log in this way
    #[arg(long, value_enum, default_value_t = AuthArg::Plain, requires = "user")]
    auth: AuthArg,
    /// Read the password from this file (mode 0600) whenever it is needed
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// Read the password from this environment variable whenever it is needed
    #[arg(long, value_name = "VARIABLE", requires = "user", conflicts_with = "password_file")]
    password_env: Option<String>,
    /// Trust this certificate authority too (PEM)
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Keep a copy of sent mail in this Maildir
    #[arg(long, value_name = "DIR", conflicts_with = "sent_imap")]
    sent_maildir: Option<PathBuf>,
    /// Keep a copy of sent mail on this IMAP server, as the same user with the same password
    #[arg(long, value_name = "HOST", requires = "user")]
    sent_imap: Option<Host>,
    /// Keep the copy in this folder of the IMAP server
    #[arg(long, value_name = "FOLDER", default_value = "Sent", requires = "sent_imap")]
    sent_folder: String,
    /// Replace the account of this name
    #[arg(long)]
    force: bool,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TlsArg {
    /// TLS from the first byte (usually port 465)
    Implicit,
    /// TLS after STARTTLS, or nothing is sent (usually port 587)
    Starttls,
    /// No TLS, to this machine only (usually port 25)
    None,
}

/// How a login is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuthArg {
    /// User and password in one step
    Plain,
    /// User and password in two steps, for old servers
    Login,
    /// User and access token, for Google and Microsoft
    Xoauth2,
}

/// List the accounts
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel account list")]
pub(crate) struct ListArgs {}

/// Connect and log in to the mail server of an account, without sending anything
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel account test work")]
pub(crate) struct TestArgs {
    /// Test this account, in place of the one that would be used
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

impl From<TlsArg> for Tls {
    fn from(tls: TlsArg) -> Self {
        match tls {
            TlsArg::Implicit => Self::Implicit,
            TlsArg::Starttls => Self::StartTls,
            TlsArg::None => Self::None,
        }
    }
}

impl From<AuthArg> for AuthKind {
    fn from(auth: AuthArg) -> Self {
        match auth {
            AuthArg::Plain => Self::Plain,
            AuthArg::Login => Self::Login,
            AuthArg::Xoauth2 => Self::XOAuth2,
        }
    }
}

/// Does what was asked.
pub(crate) fn run(command: Command, context: &Context<'_>) -> Result<()> {
    match command {
        Command::Add(args) => add(*args, context),
        Command::List(ListArgs {}) => list(context),
        Command::Test(args) => test(&args, context),
    }
}

/// Checks the account as a whole, keeps its password, and only then writes it down.
fn add(args: AddArgs, context: &Context<'_>) -> Result<()> {
    let name = args.name.clone();
    let force = args.force;
    if !force && context.config()?.accounts().contains_key(&name) {
        return Err(Failure::new(Kind::Exists, format!("there is an account {name} already"))
            .hint("choose another name, or add --force to replace it"));
    }
    let args = absolute(args)?;
    let password = password_place(&args);
    let account = account_of(args, password.as_ref())?;
    if password == Some(Password::Keyring) {
        let user = account.smtp().and_then(|smtp| smtp.auth().credentials()).map_or("", |(user, _)| user);
        let secret = secrets::ask(context.ui, &format!("Password of {user}: ")).map_err(|failure| {
            failure.hint("a script says where the password is: --password-file or --password-env")
        })?;
        Password::store(&name, Purpose::Smtp, &secret)?;
        if matches!(account.sent(), Sent::Imap(_)) {
            Password::store(&name, Purpose::Imap, &secret)?;
        }
    }
    let change = if force { AccountChange::Replace } else { AccountChange::Add };
    let config = Config::save_account(context.paths()?, &name, &account, change)?;
    let view = view(&config, &name, &account);
    context.ui.outcome(&view, || {
        let mut page = Page::new();
        page.heading(format!("Account {name} is set up"), Tone::Good);
        describe(&mut page, &view);
        page.blank().note(format!("Try it: zegel account test {name}"), Tone::Note);
        page
    });
    Ok(())
}

/// Makes paths independent of the folder the command was given in, since they are written down.
fn absolute(mut args: AddArgs) -> Result<AddArgs> {
    for path in [&mut args.password_file, &mut args.ca_file, &mut args.sent_maildir].into_iter().flatten() {
        *path = std::path::absolute(&*path)
            .map_err(|error| Failure::io(format!("cannot tell where {} is", path.display()), &error))?;
    }
    Ok(args)
}

fn password_place(args: &AddArgs) -> Option<Password> {
    args.user.as_ref()?;
    Some(match (&args.password_file, &args.password_env) {
        (Some(path), _) => Password::File { path: path.clone() },
        (None, Some(name)) => Password::Env { name: name.clone() },
        (None, None) => Password::Keyring,
    })
}

fn account_of(args: AddArgs, password: Option<&Password>) -> Result<Account> {
    let misfit = |reason: &'static str| Failure::usage(reason);
    let smtp = match args.server {
        Some(host) => Some(
            Smtp::try_from(SmtpFields {
                host: Some(host),
                port: args.port,
                tls: Some(args.tls.into()),
                auth: args.user.is_some().then(|| args.auth.into()),
                username: args.user.clone(),
                password: password.cloned(),
                ca_file: args.ca_file.clone(),
                timeout_seconds: None,
            })
            .map_err(misfit)?,
        ),
        None if args.user.is_some() => {
            return Err(Failure::usage("a user needs a server").hint("add --server HOST"));
        }
        None => None,
    };
    let sent = match (args.sent_maildir, args.sent_imap) {
        (Some(folder), _) => Sent::Maildir(folder),
        (None, Some(host)) => Sent::Imap(
            Imap::try_from(ImapFields {
                host: Some(host),
                port: None,
                tls: None,
                username: args.user,
                folder: Some(args.sent_folder),
                ca_file: args.ca_file,
                password: password.cloned(),
            })
            .map_err(misfit)?,
        ),
        (None, None) => Sent::None,
    };
    let fields = AccountFields {
        address: Some(args.address),
        name: args.display_name,
        smtp,
        sent,
        ..Default::default()
    };
    Account::try_from(fields).map_err(misfit)
}

fn list(context: &Context<'_>) -> Result<()> {
    let config = context.config()?;
    let views: Vec<AccountView> =
        config.accounts().iter().map(|(name, account)| view(config, name, account)).collect();
    context.ui.report(&AccountListView { accounts: views.clone() }, || {
        let mut page = Page::new();
        if views.is_empty() {
            page.line("There is no account yet.")
                .note("Make one: zegel account add NAME --address … --server …", Tone::Note);
        }
        for view in &views {
            let (mark, tone) =
                if view.default { ("used when none is named", Tone::Good) } else { ("", Tone::Plain) };
            let server = if view.server.is_empty() {
                "no server".to_owned()
            } else {
                format!("{}:{}", view.server, view.port)
            };
            page.row(vec![
                (view.name.clone(), Tone::Plain),
                (view.address.clone(), Tone::Plain),
                (server, Tone::Plain),
                (view.security.clone(), Tone::Note),
                (mark.to_owned(), tone),
            ]);
        }
        page
    })
}

fn test(args: &TestArgs, context: &Context<'_>) -> Result<()> {
    let named = args.name.as_deref().or_else(|| context.account_named());
    let chosen = context.config()?.choose(named, context.environment())?;
    let settings = mailer::submission_settings(&chosen, context)?;
    let began = Instant::now();
    let report = account_test_blocking(&settings)?;
    let view = AccountTestView {
        name: chosen.name.to_string(),
        server: format!("{}:{}", settings.endpoint().host(), settings.endpoint().port()),
        security: report.tls.clone().unwrap_or_else(|| "none (this machine only)".to_owned()),
        authenticated: report.logged_in.is_some(),
        millis: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    context.ui.report(&view, || {
        let mut page = Page::new();
        page.heading(format!("Account {} works", view.name), Tone::Good);
        page.field("Server", &view.server).field("Protection", &view.security);
        page.field("Login", report.logged_in.unwrap_or("none, and none is configured"));
        page.field("Took", format!("{} ms", view.millis));
        page
    })
}

/// Describes an account without its password.
fn view(config: &Config, name: &AccountName, account: &Account) -> AccountView {
    let smtp = account.smtp();
    let credentials = smtp.and_then(|smtp| smtp.auth().credentials());
    AccountView {
        name: name.to_string(),
        address: account.address().to_string(),
        default: config.default_account() == Some(name),
        server: smtp.map(|smtp| smtp.host().to_string()).unwrap_or_default(),
        port: smtp.map_or(0, Smtp::port),
        security: smtp.map_or("none", |smtp| tls_name(smtp.tls())).to_owned(),
        user: credentials.map(|(user, _)| user.to_owned()),
        password: credentials.map_or("none", |(_, password)| password_name(password)).to_owned(),
        sent_copy: sent_name(account.sent()),
    }
}

fn describe(page: &mut Page, view: &AccountView) {
    page.field("Address", &view.address);
    if view.server.is_empty() {
        page.field("Server", "none: this account can seal, but not send");
    } else {
        page.field("Server", format!("{}:{} ({})", view.server, view.port, view.security));
    }
    page.maybe("User", view.user.as_deref());
    page.field("Password", &view.password);
    page.maybe("Sent copy", view.sent_copy.as_deref());
}

fn tls_name(tls: Tls) -> &'static str {
    match tls {
        Tls::Implicit => "tls",
        Tls::StartTls => "starttls",
        _ => "none",
    }
}

fn password_name(password: &Password) -> &'static str {
    match password {
        Password::Env { .. } => "environment",
        Password::File { .. } => "file",
        _ => "keyring",
    }
}

fn sent_name(sent: &Sent) -> Option<String> {
    match sent {
        Sent::Maildir(folder) => Some(format!("maildir:{}", folder.display())),
        Sent::Imap(imap) => Some(format!("imap:{}/{}", imap.host(), imap.folder())),
        _ => None,
    }
}
