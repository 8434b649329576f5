//! Whose keys a command works with, and how they are unlocked.

use std::io;
use std::path::Path;

use secrecy::SecretString;
use zegel_core::card::Card;
use zegel_core::identity::Identity;
use zegel_core::{Address, Mailbox};
use zegel_store::config::{IdentitySource, Password, Purpose};
use zegel_store::identity::{IdentityStore, read_identity_file};
use zegel_wire::error::Kind;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::{input, secrets};

/// Names the store of identities.
pub(crate) fn store(context: &Context<'_>) -> Result<IdentityStore> {
    Ok(IdentityStore::new(context.paths()?))
}

/// Returns whom a message is from when it does not say so itself: the address named, else the account's, else the
/// owner of the identity file, else the only identity there is.
///
/// # Errors
/// Code 78 when there is nobody, or more than one.
pub(crate) fn sender(context: &Context<'_>, named: Option<&Address>) -> Result<Mailbox> {
    if let Some(address) = named {
        let account = context.maybe_account_quietly()?;
        let name = account.filter(|chosen| chosen.account.address() == address);
        let name = name.and_then(|chosen| chosen.account.name().map(str::to_owned));
        let name = name.or_else(|| card_name(context, address));
        return Ok(Mailbox { address: address.clone(), name });
    }
    if let Some(chosen) = context.maybe_account()? {
        let address = chosen.account.address().clone();
        let name = chosen.account.name().map(str::to_owned).or_else(|| card_name(context, &address));
        return Ok(Mailbox { address, name });
    }
    if let Some(path) = context.environment().path("ZEGEL_IDENTITY_FILE") {
        let identity = read_file(context, &path)?;
        let name = Some(identity.name().to_owned()).filter(|name| !name.is_empty());
        return Ok(Mailbox { address: identity.address().clone(), name });
    }
    let card = only_card(context)?;
    let name = Some(card.name().to_owned()).filter(|name| !name.is_empty());
    Ok(Mailbox { address: card.address().clone(), name })
}

fn card_name(context: &Context<'_>, address: &Address) -> Option<String> {
    let card = store(context).ok()?.card(address).ok().flatten()?;
    Some(card.name().to_owned()).filter(|name| !name.is_empty())
}

fn only_card(context: &Context<'_>) -> Result<Card> {
    let mut kept = store(context)?.list()?.into_iter().filter(|kept| !kept.replaced);
    match (kept.next(), kept.next()) {
        (Some(only), None) => Ok(only.card),
        (None, _) => Err(none_at_all()),
        (Some(one), Some(other)) => Err(Failure::new(
            Kind::NoIdentity,
            format!(
                "there are several identities ({}, {}, …) and none was named",
                one.card.address(),
                other.card.address()
            ),
        )
        .hint("name the address, or set up an account: zegel account add")),
    }
}

fn none_at_all() -> Failure {
    Failure::new(Kind::NoIdentity, "there is no identity yet")
        .hint("make one: zegel identity new --address you@example.org --name \"Your Name\"")
}

/// Unlocks the identity of an address.
///
/// # Errors
/// Code 78 when there is none or it cannot be unlocked, 65 when what is kept is not an identity.
pub(crate) fn identity(context: &Context<'_>, address: &Address) -> Result<Identity> {
    let source = source(context, address)?;
    let store = store(context)?;
    let loaded = with_passphrase(context, |ask| store.load(address, &source, ask))?;
    Ok(loaded.identity)
}

/// Returns the card of the own identity of an address, unlocking it only where that cannot be avoided.
///
/// # Errors
/// As [`identity`].
pub(crate) fn card(context: &Context<'_>, address: &Address) -> Result<Card> {
    let source = source(context, address)?;
    if !matches!(source, IdentitySource::Path(_))
        && let Some(card) = store(context)?.card(address)?
    {
        return Ok(card);
    }
    Ok(identity(context, address)?.card().clone())
}

/// Says where the identity of an address is: in the file named, or where the account of that address has it.
///
/// # Errors
/// Code 78 when the configuration cannot be read.
pub(crate) fn source(context: &Context<'_>, address: &Address) -> Result<IdentitySource> {
    if let Some(path) = context.environment().path("ZEGEL_IDENTITY_FILE") {
        return Ok(IdentitySource::Path(path));
    }
    let chosen = context.maybe_account_quietly()?.filter(|chosen| chosen.account.address() == address);
    if let Some(chosen) = chosen {
        return Ok(chosen.account.identity().clone());
    }
    let source = context.config()?.account_of(address).map(|(_, account)| account.identity().clone());
    Ok(source.unwrap_or_default())
}

/// Returns the addresses whose identities may open a message, the account's first.
///
/// # Errors
/// Code 78 when there is no identity at all.
pub(crate) fn openers(context: &Context<'_>) -> Result<Vec<Address>> {
    if let Some(path) = context.environment().path("ZEGEL_IDENTITY_FILE") {
        return Ok(vec![read_file(context, &path)?.address().clone()]);
    }
    let account = context.maybe_account_quietly()?.map(|chosen| chosen.account.address().clone());
    if context.account_named().is_some()
        && let Some(address) = account
    {
        return Ok(vec![address]);
    }
    let mut addresses: Vec<Address> = Vec::new();
    let kept = store(context)?.list()?.into_iter().filter(|kept| !kept.replaced);
    for address in account.into_iter().chain(kept.map(|kept| kept.card.address().clone())) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() { Err(none_at_all()) } else { Ok(addresses) }
}

/// Reads an identity from a file outside the store.
///
/// # Errors
/// As [`identity`].
pub(crate) fn read_file(context: &Context<'_>, path: &Path) -> Result<Identity> {
    let (identity, _) = with_passphrase(context, |ask| read_identity_file(path, ask))?;
    Ok(identity)
}

/// Runs something that may need a passphrase, and asks for it only then.
pub(crate) fn with_passphrase<T, E: Into<Failure>>(
    context: &Context<'_>,
    action: impl FnOnce(&mut dyn FnMut(&Path) -> io::Result<SecretString>) -> std::result::Result<T, E>,
) -> Result<T> {
    // The store knows only I/O errors of asking; the failure itself is kept here and returned in its place.
    let mut refusal: Option<Failure> = None;
    let mut ask = |path: &Path| {
        let prompt = format!("Passphrase of {}: ", path.display());
        passphrase(context, &prompt).map_err(|failure| {
            let text = failure.sentence();
            refusal = Some(failure);
            io::Error::other(text)
        })
    };
    let outcome = action(&mut ask);
    outcome.map_err(|error| refusal.unwrap_or_else(|| error.into()))
}

/// Returns the passphrase from where it was said to be, else asks for it.
///
/// # Errors
/// Code 78 when it cannot be read, or nobody can be asked.
pub(crate) fn passphrase(context: &Context<'_>, prompt: &str) -> Result<SecretString> {
    match given_passphrase(context)? {
        Some(passphrase) => Ok(passphrase),
        None => secrets::ask(context.ui, prompt).map_err(|failure| {
            failure.hint("name a file that holds it: --passphrase-file or ZEGEL_PASSPHRASE_FILE")
        }),
    }
}

/// Returns a passphrase for something new: as given, else asked for twice.
///
/// # Errors
/// As [`passphrase`].
pub(crate) fn new_passphrase(context: &Context<'_>) -> Result<SecretString> {
    match given_passphrase(context)? {
        Some(passphrase) => Ok(passphrase),
        None => secrets::ask_twice(context.ui, "New passphrase: ").map_err(|failure| {
            failure.hint("name a file that holds it: --passphrase-file or ZEGEL_PASSPHRASE_FILE")
        }),
    }
}

fn given_passphrase(context: &Context<'_>) -> Result<Option<SecretString>> {
    let environment = context.environment();
    let place = match environment.path("ZEGEL_PASSPHRASE_FILE") {
        Some(path) if input::is_stdio(&path) => return secrets::read_line().map(Some),
        Some(path) => Password::File { path },
        None if environment.value("ZEGEL_PASSPHRASE").is_some() => {
            Password::Env { name: "ZEGEL_PASSPHRASE".to_owned() }
        }
        None => return Ok(None),
    };
    // A passphrase is read with the same care as a password: owner, mode, one line. The account's name is not used.
    let nobody = "passphrase".parse()?;
    place.fetch(&nobody, Purpose::Smtp, environment).map(Some).map_err(|error| {
        let failure =
            Failure::from_error(Kind::Passphrase, &error).while_trying("cannot read the passphrase");
        error.hint().into_iter().fold(failure, Failure::hint)
    })
}
