//! `zegel login`

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret, SecretString};
use zegel_core::Address;
use zegel_core::guest::ServerOrigin;
use zegel_delivery::server::discover;
use zegel_store::devices::{Device, TokenStore};
use zegel_store::staging::{Mode, Overwrite, write_atomically};
use zegel_wire::error::Kind;
use zegel_wire::report::LoginReport;
use zegel_wire::server::{ConfirmRequest, EnrolRequest, SecretText};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::{Failure, Hint, Result};
use crate::server::{Reached, ca_file, devices};
use crate::ui::{Page, Tone};
use crate::{input, keys, outputs, secrets};

/// Longest file with an invitation or a code.
const SECRET_MAX: u64 = 4096;

/// Make this computer known to your Zegel server
///
/// An administrator, or another device of yours (`zegel device invite`), hands out the invitation. At the first login the server gives
/// a secret for an authenticator app and, once, recovery codes for the day on which that app is lost.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel login --address alice@example.org --recovery-file recovery.txt")]
pub(crate) struct LoginArgs {
    /// Log in as this member
    #[arg(long, value_name = "ADDRESS")]
    address: Option<Address>,
    /// Read the invitation from this file; `-` is standard input; else it is asked for
    #[arg(long, value_name = "FILE")]
    invitation_file: Option<PathBuf>,
    /// Read the code of the authenticator app from the first line of this file, after the link for the app was shown; `-` is standard
    /// input; else it is asked for
    #[arg(long, value_name = "FILE")]
    code_file: Option<PathBuf>,
    /// Use a recovery code in the place of the authenticator app
    #[arg(long)]
    recovery: bool,
    /// Speak to this server, in place of zegel.DOMAIN
    #[arg(long, value_name = "URL")]
    server: Option<ServerOrigin>,
    /// Call this computer so in the list of devices
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// Keep the device's token here
    #[arg(long, value_enum, default_value_t = Keep::Keyring)]
    store: Keep,
    /// Write the recovery codes to this new file (mode 0600)
    #[arg(long, value_name = "FILE")]
    recovery_file: Option<PathBuf>,
}

/// Where the token is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Keep {
    /// In the system's keyring
    Keyring,
    /// In a file that only this user can read
    File,
}

/// Enrols this computer: invitation, then a code, then the token is kept.
pub(crate) fn run(args: &LoginArgs, context: &Context<'_>) -> Result<()> {
    let address = match &args.address {
        Some(address) => address.clone(),
        None => keys::sender(context, None).or_hint("name the member: --address ADDRESS")?.address,
    };
    let origin = match &args.server {
        Some(origin) => origin.clone(),
        None => discover(address.domain()).ok_or_else(|| {
            Failure::new(Kind::NoServer, "the address has no domain that could have a server")
                .hint("name the server: --server https://zegel.example.org")
        })?,
    };
    if let Some(path) = &args.recovery_file {
        outputs::check(path, [], Overwrite::Forbid)?;
    }
    let authority = ca_file(context);
    let reached = Reached::new(&origin, authority.as_deref())?;
    let invitation = secret(args.invitation_file.as_ref(), "Invitation: ", context)
        .or_hint("name a file that holds it: --invitation-file FILE")?;
    let request = EnrolRequest {
        address: address.to_string(),
        // EXPOSE: the invitation is what the server is asked to take.
        invitation: SecretText::new(invitation.expose_secret().trim()),
        device: device_name(args),
    };
    let enrolment = reached.wait(reached.server.enrol(&request))?;
    if let Some(link) = &enrolment.totp {
        show_link(link.expose())?;
    }
    let prompt = if args.recovery { "Recovery code: " } else { "Code of the authenticator app: " };
    let code = secret(args.code_file.as_ref(), prompt, context)?;
    // EXPOSE: the code is what the server is asked to judge.
    let code = SecretText::new(code.expose_secret().split_whitespace().collect::<String>());
    let (totp, recovery_code) = if args.recovery { (None, Some(code)) } else { (Some(code), None) };
    let confirm = ConfirmRequest { enrolment: enrolment.enrolment, totp, recovery_code };
    let grant = reached.wait(reached.server.confirm(&confirm))?;
    let device = Device {
        address: address.clone(),
        origin: origin.clone(),
        ca_file: authority.map(|path| std::path::absolute(&path).unwrap_or(path)),
        device: grant.device.clone(),
        token: SecretString::from(grant.token.expose()),
    };
    let store = match args.store {
        Keep::File => TokenStore::File,
        Keep::Keyring => TokenStore::Keyring,
    };
    let kept = devices(context)?.save(&device, store);
    if let Err(error) = kept {
        // A token that nobody has is of no use to anybody.
        let member = reached.server.member(device.token.clone());
        let _ = reached.wait(member.revoke_device(&device.device));
        return Err(Failure::from(error)
            .hint("keep the token in a file: --store file; the invitation is used up, ask for another"));
    }
    let written = match &args.recovery_file {
        Some(path) if !grant.recovery_codes.is_empty() => match write_codes(path, &grant.recovery_codes) {
            Ok(()) => Some(path.display().to_string()),
            Err(failure) => {
                // They exist this once: losing them for a file that cannot be written would be worse than showing them.
                context.ui.alarm(&format!("the recovery codes are shown instead: {}", failure.sentence()));
                None
            }
        },
        _ => None,
    };
    let report = LoginReport {
        address: address.to_string(),
        server: origin.to_string(),
        device: grant.device,
        store: if args.store == Keep::File { "file" } else { "keyring" }.to_owned(),
        recovery_codes: if written.is_some() { Vec::new() } else { grant.recovery_codes },
        recovery_file: written,
    };
    context.ui.report(&report, || page(&report))
}

/// Reads a secret from a file or standard input, else asks.
pub(crate) fn secret(file: Option<&PathBuf>, prompt: &str, context: &Context<'_>) -> Result<SecretString> {
    match file {
        Some(path) if input::is_stdio(path) => secrets::read_line(),
        Some(path) => {
            let text = Zeroizing::new(input::read_text(path, SECRET_MAX)?);
            let line = text.lines().next().unwrap_or_default().trim();
            if line.is_empty() {
                return Err(Failure::new(Kind::Passphrase, format!("{} is empty", path.display())));
            }
            Ok(SecretString::from(line))
        }
        None => secrets::ask(context.ui, prompt),
    }
}

/// Shows the link for the authenticator app, before its code is asked for: the report comes only after that.
fn show_link(link: &str) -> Result<()> {
    // EXPOSE: the person takes it into their app, this once; it is no log and no report.
    let clean: Zeroizing<String> = Zeroizing::new(link.chars().filter(|c| c.is_ascii_graphic()).collect());
    let text = Zeroizing::new(format!("Add this to your authenticator app:\n\n{}\n\n", clean.as_str()));
    io::stderr()
        .lock()
        .write_all(text.as_bytes())
        .map_err(|error| Failure::io("cannot show the link for the authenticator app", &error))
}

fn write_codes(path: &std::path::Path, codes: &[SecretText]) -> Result<()> {
    let mut text = Zeroizing::new(String::new());
    for code in codes {
        text.push_str(code.expose());
        text.push('\n');
    }
    Ok(write_atomically(path, text.as_bytes(), Mode::Private, Overwrite::Forbid)?)
}

fn device_name(args: &LoginArgs) -> String {
    let own = || std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = args.device.clone().unwrap_or_else(own);
    let name: String = name.trim().chars().filter(|c| !c.is_control()).take(64).collect();
    if name.is_empty() { "computer".to_owned() } else { name }
}

fn page(report: &LoginReport) -> Page {
    let mut page = Page::new();
    page.heading("This computer is known to your server", Tone::Good);
    page.field("Member", &report.address);
    page.field("Server", &report.server);
    page.field("Device", &report.device);
    page.field("Token", format!("in the {}", report.store));
    page.maybe("Recovery codes", report.recovery_file.as_deref());
    if !report.recovery_codes.is_empty() {
        page.blank();
        page.note("Keep these recovery codes somewhere safe. They are not shown again.", Tone::Warn);
        for code in &report.recovery_codes {
            // EXPOSE: shown once, to the person they are for.
            page.field("", code.expose());
        }
    }
    page
}
