//! `zegel identity`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use secrecy::{ExposeSecret, SecretString};
use zegel_core::Address;
use zegel_core::card::Card;
use zegel_core::identity::{IDENTITY_MAX, Identity};
use zegel_store::config::IdentitySource;
use zegel_store::identity::{
    Existing, IdentityPlace, Keep as StoreKeep, read_identity_file, write_identity_file,
};
use zegel_store::staging::{Mode, Overwrite, write_atomically};
use zegel_wire::error::Kind;
use zegel_wire::report::{IdentityExportView, IdentityView};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::{Failure, Hint, Result};
use crate::ui::{Page, Tone};
use crate::{input, keys};

/// Seconds in a day.
const DAY: u64 = 86_400;

/// What can be done with your own keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    New(NewArgs),
    Show(ShowArgs),
    Export(ExportArgs),
    Import(ImportArgs),
    Rotate(RotateArgs),
}

/// Make keys for an address
///
/// The keys are kept in the system's keyring unless --store says otherwise. `file` seals them with a passphrase, `plain` leaves them
/// readable to this user alone (mode 0600), for servers and scripts.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel identity new --address alice@example.org --name \"Alice Jansen\"")]
pub(crate) struct NewArgs {
    /// Make them for this address
    #[arg(long, value_name = "ADDRESS")]
    address: Address,
    /// Put this name on the card; people see it beside the address
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Keep the private keys here
    #[arg(long, value_enum, default_value_t = Keep::Keyring)]
    store: Keep,
    /// Let the card expire after so many days
    #[arg(long, value_name = "DAYS", default_value_t = 730, value_parser = clap::value_parser!(u64).range(1..=3650))]
    valid_days: u64,
}

/// Where private keys are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Keep {
    /// In the system's keyring
    Keyring,
    /// In a file sealed with a passphrase
    File,
    /// In a file that only this user can read, without a passphrase
    Plain,
}

/// Show the public half of your keys and where the private half is
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel identity show")]
pub(crate) struct ShowArgs {
    /// Show the keys for this address
    #[arg(value_name = "ADDRESS")]
    address: Option<Address>,
}

/// Write your private keys to a file, to keep or to move them
///
/// Whoever has this file can read your mail and sign as you. Formats `age` and `ssh` hold the one key that those tools need.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel identity export -o alice.zegel-identity")]
pub(crate) struct ExportArgs {
    /// Export the keys for this address
    #[arg(value_name = "ADDRESS")]
    address: Option<Address>,
    /// Write it in this form
    #[arg(long, value_enum, default_value_t = Format::Zegel)]
    format: Format,
    /// Write to this new file (mode 0600); `-` is standard output, when that is no terminal
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Seal the file with a passphrase; only for the format `zegel`
    #[arg(long)]
    sealed: bool,
}

/// The form of exported private keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Everything, for `zegel identity import`
    Zegel,
    /// The decryption key, for age and its kin
    Age,
    /// The signing key, for OpenSSH
    Ssh,
}

/// Take in private keys that were exported elsewhere
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel identity import alice.zegel-identity")]
pub(crate) struct ImportArgs {
    /// Read this file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Keep the private keys here
    #[arg(long, value_enum, default_value_t = Keep::Keyring)]
    store: Keep,
    /// Take the place of the identity that the address has; its keys are kept for old mail
    #[arg(long)]
    replace: bool,
}

/// Make new keys for an address and keep the old ones for old mail
///
/// The new card is signed by the old key too, so that people who pinned the old card can follow.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel identity rotate")]
pub(crate) struct RotateArgs {
    /// Renew the keys for this address
    #[arg(value_name = "ADDRESS")]
    address: Option<Address>,
    /// Let the new card expire after so many days
    #[arg(long, value_name = "DAYS", default_value_t = 730, value_parser = clap::value_parser!(u64).range(1..=3650))]
    valid_days: u64,
}

/// Does what was asked.
pub(crate) fn run(command: Command, context: &Context<'_>) -> Result<()> {
    match command {
        Command::New(args) => new(args, context),
        Command::Show(args) => show(&args, context),
        Command::Export(args) => export(&args, context),
        Command::Import(args) => import(&args, context),
        Command::Rotate(args) => rotate(&args, context),
    }
}

fn new(args: NewArgs, context: &Context<'_>) -> Result<()> {
    // Looked at before a passphrase is asked for and keys are made.
    if keys::store(context)?.card(&args.address)?.is_some() {
        return Err(Failure::new(Kind::Exists, format!("there is an identity of {} already", args.address))
            .hint("new keys for the same address: zegel identity rotate"));
    }
    let name = args.name.unwrap_or_default();
    let seconds = args.valid_days.saturating_mul(DAY);
    let identity = Identity::make(args.address, &name, context.now(), seconds, &mut context.rng())?;
    save(&identity, args.store, Existing::Refuse, context)?;
    let view = view(&identity, Some(args.store));
    context.ui.outcome(&view, || {
        let mut page = Page::new();
        page.heading(format!("New identity of {}", view.address), Tone::Good);
        describe(&mut page, &view);
        page.blank().note("Hand out your card: zegel card export -o my.card", Tone::Note);
        page.note("Keep a copy of your keys in a safe place: zegel identity export", Tone::Note);
        page
    });
    Ok(())
}

fn show(args: &ShowArgs, context: &Context<'_>) -> Result<()> {
    let address = address(args.address.as_ref(), context)?;
    if let Some(path) = context.environment().path("ZEGEL_IDENTITY_FILE") {
        let identity = keys::read_file(context, &path)?;
        let mut view = view(&identity, None);
        view.path = Some(path.display().to_string());
        return print(&view, context);
    }
    let kept = keys::store(context)?.list()?;
    let (current, replaced): (Vec<_>, Vec<_>) =
        kept.into_iter().filter(|kept| *kept.card.address() == address).partition(|kept| !kept.replaced);
    let current = current.first().ok_or_else(|| {
        Failure::new(Kind::NoIdentity, format!("there is no identity of {address}"))
            .hint("see which there are: zegel doctor")
    })?;
    let earlier = replaced.iter().map(|kept| kept.card.fingerprint().to_readable()).collect();
    let view = IdentityView { earlier, ..view_of_card(&current.card, Some(keep_of(current.place))) };
    print(&view, context)
}

fn print(view: &IdentityView, context: &Context<'_>) -> Result<()> {
    context.ui.report(view, || {
        let mut page = Page::new();
        page.heading(format!("Identity of {}", view.address), Tone::Plain);
        describe(&mut page, view);
        page
    })
}

fn export(args: &ExportArgs, context: &Context<'_>) -> Result<()> {
    if args.sealed && args.format != Format::Zegel {
        return Err(Failure::usage("only the format zegel can be sealed with a passphrase"));
    }
    let to_stdout = input::is_stdio(&args.output);
    if to_stdout && (context.ui.is_output_terminal() || context.ui.is_json() || args.sealed) {
        return Err(Failure::usage(
            "private keys go to a file or a pipe, never to a terminal or into a report",
        )
        .hint("name a file: --output FILE"));
    }
    if !to_stdout && args.output.exists() {
        return Err(Failure::new(Kind::Exists, format!("{} exists already", args.output.display()))
            .hint("name another file; private keys are never written over a file"));
    }
    let identity = keys::identity(context, &address(args.address.as_ref(), context)?)?;
    if args.sealed {
        let passphrase = keys::new_passphrase(context)?;
        write_identity_file(&args.output, &identity, Some(&passphrase), Overwrite::Forbid)?;
    } else {
        let text = export_text(&identity, args.format)?;
        // EXPOSE: handing out the private keys is what was asked for.
        let bytes = text.expose_secret().as_bytes();
        if to_stdout {
            return context.ui.data(bytes);
        }
        write_atomically(&args.output, bytes, Mode::Private, Overwrite::Forbid)?;
    }
    let view = IdentityExportView {
        address: identity.address().to_string(),
        format: format_name(args.format).to_owned(),
        path: args.output.display().to_string(),
    };
    context.ui.outcome(&view, || {
        let mut page = Page::new();
        page.heading(format!("Private keys of {} written to {}", view.address, view.path), Tone::Warn);
        page.note("Whoever has this file can read your mail and sign as you.", Tone::Note);
        page
    });
    Ok(())
}

fn export_text(identity: &Identity, format: Format) -> Result<SecretString> {
    match format {
        Format::Zegel => {
            let secret = identity.to_secret_text()?;
            // EXPOSE: the line is given its line feed; the copy is wiped.
            Ok(SecretString::from(format!("{}\n", secret.expose_secret())))
        }
        Format::Age => {
            let mut text = Zeroizing::new(String::with_capacity(1 << 16));
            for set in identity.key_sets() {
                let secret = set.age().to_secret_text();
                // EXPOSE: the text goes to the file that was asked for; the copy is wiped.
                let lines = [
                    &format!("# Zegel identity of {}, made {}\n", identity.address(), set.card().created()),
                    "# public key: ",
                    &set.card().recipient().to_string(),
                    "\n",
                    secret.expose_secret(),
                    "\n",
                ];
                lines.into_iter().for_each(|line| text.push_str(line));
            }
            Ok(SecretString::from(text.as_str()))
        }
        Format::Ssh => {
            identity.current().signing().to_openssh().map_err(|error| Failure::from_error(Kind::Bug, &error))
        }
    }
}

fn import(args: &ImportArgs, context: &Context<'_>) -> Result<()> {
    let identity = if input::is_stdio(&args.file) {
        let bytes = Zeroizing::new(input::read_stdin(IDENTITY_MAX as u64)?);
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| Failure::new(Kind::BadIdentity, "standard input is not a Zegel identity"))?;
        Identity::parse(&SecretString::from(text))?
    } else {
        input::open(&args.file)?;
        keys::with_passphrase(context, |ask| read_identity_file(&args.file, ask))?.0
    };
    let existing = if args.replace { Existing::Replace } else { Existing::Refuse };
    save(&identity, args.store, existing, context).or_hint("take its place by name: --replace")?;
    let view = view(&identity, Some(args.store));
    context.ui.outcome(&view, || {
        let mut page = Page::new();
        page.heading(format!("Imported the identity of {}", view.address), Tone::Good);
        describe(&mut page, &view);
        page
    });
    Ok(())
}

fn rotate(args: &RotateArgs, context: &Context<'_>) -> Result<()> {
    let address = address(args.address.as_ref(), context)?;
    let seconds = args.valid_days.saturating_mul(DAY);
    let source = keys::source(context, &address)?;
    // A sealed file is sealed again with the passphrase that opened it.
    let mut used: Option<SecretString> = None;
    let store = keys::store(context)?;
    let loaded = keys::with_passphrase(context, |ask| {
        let mut keep = |path: &Path| {
            let passphrase = ask(path)?;
            used = Some(passphrase.clone());
            Ok(passphrase)
        };
        store.load(&address, &source, &mut keep)
    })?;
    let renewed = loaded.identity.rotate(context.now(), seconds, &mut context.rng())?;
    let keep = match (loaded.place, &used) {
        (IdentityPlace::PlainFile, _) => StoreKeep::PlainFile,
        (IdentityPlace::SealedFile, Some(passphrase)) => StoreKeep::SealedFile(passphrase),
        _ => StoreKeep::Keyring,
    };
    match &source {
        IdentitySource::Path(path) => {
            write_identity_file(path, &renewed, used.as_ref(), Overwrite::Allow)?;
        }
        _ => store.save(&renewed, keep, Existing::Replace)?,
    }
    let view = view(&renewed, Some(keep_of(loaded.place)));
    context.ui.outcome(&view, || {
        let mut page = Page::new();
        page.heading(format!("New keys for {}", view.address), Tone::Good);
        describe(&mut page, &view);
        page.blank().note("The old keys are kept, so that old mail still opens.", Tone::Note);
        page.note("Hand out your new card: zegel card export -o my.card", Tone::Note);
        page
    });
    Ok(())
}

/// Saves an identity where it was asked for; says what else there is when there is no keyring.
fn save(identity: &Identity, keep: Keep, existing: Existing, context: &Context<'_>) -> Result<()> {
    let store = keys::store(context)?;
    match keep {
        Keep::File => {
            let passphrase = keys::new_passphrase(context)?;
            Ok(store.save(identity, StoreKeep::SealedFile(&passphrase), existing)?)
        }
        Keep::Keyring => store.save(identity, StoreKeep::Keyring, existing).map_err(|error| {
            let failure = Failure::from(error);
            if failure.kind() != Kind::Keyring {
                return failure;
            }
            Failure::new(Kind::Keyring, failure.sentence())
                .hint("seal the keys with a passphrase in a file: --store file")
                .hint("or keep them in a file that only this user can read: --store plain")
        }),
        Keep::Plain => Ok(store.save(identity, StoreKeep::PlainFile, existing)?),
    }
}

fn address(named: Option<&Address>, context: &Context<'_>) -> Result<Address> {
    match named {
        Some(address) => Ok(address.clone()),
        None => Ok(keys::sender(context, None)?.address),
    }
}

fn view(identity: &Identity, keep: Option<Keep>) -> IdentityView {
    let earlier = identity.key_sets().skip(1).map(|set| set.fingerprint().to_readable()).collect();
    IdentityView { earlier, ..view_of_card(identity.card(), keep) }
}

fn view_of_card(card: &Card, keep: Option<Keep>) -> IdentityView {
    IdentityView {
        address: card.address().to_string(),
        name: Some(card.name().to_owned()).filter(|name| !name.is_empty()),
        fingerprint: card.fingerprint().to_string(),
        readable_fingerprint: card.fingerprint().to_readable(),
        recipient: card.recipient().to_string(),
        signing_key: card.signing_key().to_string(),
        created: card.created().to_string(),
        expires: card.expires().to_string(),
        serial: card.serial(),
        store: keep.map(|keep| keep_name(keep).to_owned()),
        path: None,
        earlier: Vec::new(),
    }
}

fn describe(page: &mut Page, view: &IdentityView) {
    page.maybe("Name", view.name.as_deref());
    page.field("Fingerprint", &view.readable_fingerprint);
    page.field("Valid", format!("{} to {}", view.created, view.expires));
    match view.store.as_deref() {
        Some("keyring") => page.field("Keys", "in the system's keyring"),
        Some("file") => page.field("Keys", "in a file sealed with a passphrase"),
        Some("plain") => {
            page.toned("Keys", "in a file without a passphrase, readable to this user alone", Tone::Warn)
        }
        _ => page.maybe("Keys", view.path.as_deref()),
    };
    for fingerprint in &view.earlier {
        page.field("Before", fingerprint);
    }
}

fn keep_of(place: IdentityPlace) -> Keep {
    match place {
        IdentityPlace::PlainFile => Keep::Plain,
        IdentityPlace::SealedFile => Keep::File,
        _ => Keep::Keyring,
    }
}

fn keep_name(keep: Keep) -> &'static str {
    match keep {
        Keep::File => "file",
        Keep::Keyring => "keyring",
        Keep::Plain => "plain",
    }
}

fn format_name(format: Format) -> &'static str {
    match format {
        Format::Age => "age",
        Format::Ssh => "ssh",
        Format::Zegel => "zegel",
    }
}
