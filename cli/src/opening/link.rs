//! Opening a guest's link without the page: the same proof to the server, the same verification as of a mail.

use std::path::PathBuf;

use clap::Args;
use secrecy::ExposeSecret;
use zegel_core::Address;
use zegel_core::guest::{CodeKeys, GuestLinkUrl, LinkError, derive_code_keys};
use zegel_core::message::{FirstUse, GuestKey, assemble, open_as_guest};
use zegel_core::receipt::{OpenerId, Receipt};
use zegel_delivery::server::{GuestAccess, Released, ServerError};
use zegel_store::cards::Cards;
use zegel_wire::error::Kind;
use zegel_wire::server::FactorKind;

use super::{Carried, Container, Staging, Verified};
use crate::commands::login::secret;
use crate::context::{Context, Language};
use crate::error::{Failure, Hint, Result};
use crate::secrets;
use crate::server::{Reached, ca_file};
use crate::spool::Spool;

/// Most parts of a message, as in the manifest.
const PARTS_MAX: usize = 1000;
/// What the archive around the parts needs at most beside them.
const AROUND: u64 = 2 << 20;

/// How a guest proves who they are.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Opening a link")]
pub(crate) struct LinkArgs {
    /// The address that received the mail with the link; else it is asked for
    #[arg(long, value_name = "ADDRESS")]
    address: Option<Address>,
    /// The last three digits of the phone that gets the code; else they are asked for
    #[arg(long, value_name = "DIGITS")]
    digits: Option<String>,
    /// Read the code from the first line of this file, after it was sent; `-` is standard input; else it is asked for
    #[arg(long, value_name = "FILE")]
    code_file: Option<PathBuf>,
}

/// Says whether what was named is a link, and reads it.
///
/// # Errors
/// Code 64 for a link that is not whole. The link itself is not repeated: it is a secret.
pub(crate) fn find(named: &std::path::Path) -> Result<Option<GuestLinkUrl>> {
    let Some(text) =
        named.to_str().filter(|text| text.starts_with("https://") || text.starts_with("http://"))
    else {
        return Ok(None);
    };
    GuestLinkUrl::parse(text).map(Some).map_err(|error: LinkError| {
        Failure::usage(error)
            .hint("put the whole link between single quotes, so that the shell leaves the # alone")
    })
}

/// What the server released to a guest, still sealed.
pub(crate) struct Fetched {
    /// As a mail would have carried it.
    pub(crate) carried: Carried,
    key: GuestKey,
    access: GuestAccess,
    reached: Reached,
}

impl Fetched {
    /// Proves who the guest is, and fetches what the server releases.
    ///
    /// # Errors
    /// Code 69 when it is gone, 75 when the server is away, 78 when what was typed is wrong.
    pub(crate) fn get(link: &GuestLinkUrl, args: &LinkArgs, context: &Context<'_>) -> Result<Self> {
        let reached = Reached::new(&link.origin, ca_file(context).as_deref())?;
        let address = match &args.address {
            Some(address) => address.to_string(),
            None => secrets::ask_shown(context.ui, "Address that received the mail: ")
                .or_hint("name it: --address ADDRESS")?,
        };
        let access = reached.wait(reached.server.guest(link.message, &address))?;
        let (released, code) = prove(&reached, &access, link, args, context)?;
        let key =
            GuestKey::derive(link.message, access.guest(), &link.secret, &released.share, code.as_ref());
        let carried = fetch(&reached, &access, &released, context)?;
        Ok(Self { carried, key, access, reached })
    }

    /// Opens it and verifies everything, as of a mail.
    ///
    /// # Errors
    /// As opening a mail.
    pub(crate) fn open(
        &mut self,
        stage: &Staging,
        first_use: FirstUse,
        context: &Context<'_>,
    ) -> Result<Verified> {
        let cards = Cards::new(context.paths()?);
        let mut progress = context.ui.progress("Opening", Some(self.carried.length));
        let told = &mut |done| progress.reach(done);
        let container = self.carried.container()?;
        Ok(open_as_guest(container, &self.key, &cards, first_use, context.now(), stage.clone(), told)?)
    }

    /// Writes the receipt of an opened message.
    ///
    /// # Errors
    /// Only bugs.
    pub(crate) fn receipt(&self, opened: &Verified, context: &Context<'_>) -> Result<String> {
        let receipt = Receipt {
            id: opened.manifest.id,
            opened_at: context.now(),
            opener: OpenerId::Guest(self.access.guest()),
        };
        let bytes = receipt
            .to_json(&opened.manifest.receipt_key.0)
            .map_err(|error| Failure::from_error(Kind::Bug, &error))?;
        String::from_utf8(bytes).map_err(|error| Failure::from_error(Kind::Bug, &error))
    }

    /// Posts the receipt: the message was shown, so a failure is only told.
    pub(crate) fn post(&self, receipt: &str, context: &Context<'_>) {
        if let Err(error) = self.reached.wait(self.access.receipt(receipt)) {
            context.ui.warning(&format!(
                "the sender is not told that you opened it: {}",
                Failure::from(error).sentence()
            ));
        }
    }
}

/// Does what the server asks for, and returns what it releases and the keys of the access code, if there is one.
fn prove(
    reached: &Reached,
    access: &GuestAccess,
    link: &GuestLinkUrl,
    args: &LinkArgs,
    context: &Context<'_>,
) -> Result<(Released, Option<CodeKeys>)> {
    let code_file = args.code_file.as_ref();
    if access.factor() == FactorKind::Code {
        let code = secret(code_file, "Access code: ", context).or_hint("name a file: --code-file FILE")?;
        // EXPOSE: the code is hashed here and goes nowhere.
        let keys = derive_code_keys(code.expose_secret(), link.message, access.guest())
            .map_err(|error| Failure::from_error(Kind::Authentication, &error))?;
        let released = reached.wait(access.open_with_verifier(&keys.verify))?;
        return Ok((released, Some(keys)));
    }
    let digits = match (access.factor(), &args.digits) {
        (FactorKind::Sms, Some(digits)) => Some(digits.clone()),
        (FactorKind::Sms, None) => Some(
            secrets::ask_shown(context.ui, "Last three digits of your phone number: ")
                .or_hint("name them: --digits DIGITS")?,
        ),
        _ => None,
    };
    let language = if context.language() == Language::Dutch { "nl" } else { "en" };
    let seconds = reached.wait(access.send_code(digits.as_deref(), language))?;
    context.ui.status(&format!("A code was sent; it counts for {} minutes.", seconds / 60));
    let code = secret(code_file, "Code: ", context).or_hint("name a file: --code-file FILE")?;
    // EXPOSE: the code is what the server is asked to judge.
    let code: String = code.expose_secret().split_whitespace().collect();
    Ok((reached.wait(access.open_with_code(&code))?, None))
}

/// Fetches every part into a container, as a mail would have carried it: ciphertext, in memory or in a file without a name.
fn fetch(
    reached: &Reached,
    access: &GuestAccess,
    released: &Released,
    context: &Context<'_>,
) -> Result<Carried> {
    let refuse = || Failure::new(Kind::Refused, "the server names more than a message can have");
    let size = released.parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(part.size));
    let size = size.filter(|_| released.parts.len() <= PARTS_MAX).ok_or_else(refuse)?;
    let mut spool = Spool::make(size, &context.temp_folder())?;
    let mut progress = context.ui.progress("Fetching", Some(size));
    let mut done = 0;
    assemble::<_, ServerError>(&mut spool, released.parts.len(), &released.envelope, |index, out| {
        let part = released.parts.get(index).ok_or_else(|| std::io::Error::other("no such part"))?;
        reached
            .wait_for(access.part(index, part, out, &mut |bytes| progress.reach(done + bytes)))
            .inspect(|()| done += part.size)
    })
    .map_err(Failure::from)?;
    let length = size.saturating_add(AROUND);
    Ok(Carried { container: Container::Spool(spool), outer: None, mail: Vec::new(), length })
}
