//! `zegel card`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use zegel_core::card::{CARD_MAX, Card};
use zegel_core::contacts::{Contact, Origin};
use zegel_core::{Address, Timestamp};
use zegel_store::cards::{Cards, Change, Pinned, Proof};
use zegel_store::staging::{Mode, write_atomically};
use zegel_wire::error::Kind;
use zegel_wire::report::{CardListView, CardRemovedView, CardState, CardView};

use crate::args::ForceArg;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::ui::{Page, Tone};
use crate::{input, keys, outputs};

/// What can be done with cards.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Show(ShowArgs),
    List(ListArgs),
    Export(ExportArgs),
    Import(ImportArgs),
    Verify(VerifyArgs),
    Forget(ForgetArgs),
}

/// Show a card: your own, or the one pinned for an address
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel card show bob@example.org")]
pub(crate) struct ShowArgs {
    /// Show the card of this address
    #[arg(value_name = "ADDRESS")]
    address: Option<Address>,
}

/// List the cards that are pinned
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel card list")]
pub(crate) struct ListArgs {}

/// Write a card as text, to hand it to somebody: your own, or the one pinned for an address
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel card export -o alice.card")]
pub(crate) struct ExportArgs {
    /// Write the card of this address
    #[arg(value_name = "ADDRESS")]
    address: Option<Address>,
    /// Write to this file; `-` or nothing is standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    force: ForceArg,
}

/// Pin somebody's card, after comparing its fingerprint
///
/// A card proves that its owner has its keys, never that the address is theirs. So compare the fingerprint over
/// another channel: on the phone, on paper. On a terminal the fingerprint is shown and confirmed by typing `yes`; a
/// script names it with --fingerprint, or says with --trust-file that the file itself came over a channel that proves it.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel card import bob.card --fingerprint abcd-efgh-ijkl-mnop-qrst-uvwx")]
pub(crate) struct ImportArgs {
    /// Read the card from this file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Accept only a card with this fingerprint (at least its first 24 characters)
    #[arg(long, value_name = "FINGERPRINT")]
    fingerprint: Option<String>,
    /// Accept the card without comparing, because this file comes from a trusted place
    #[arg(long, conflicts_with = "fingerprint")]
    trust_file: bool,
    /// Replace the card that is pinned for the address by another one
    #[arg(long)]
    replace: bool,
}

/// Compare a pinned card with the fingerprint its owner tells you
#[derive(Debug, Args)]
#[command(
    after_help = "Example: zegel card verify bob@example.org --fingerprint abcd-efgh-ijkl-mnop-qrst-uvwx"
)]
pub(crate) struct VerifyArgs {
    /// Compare the card of this address
    #[arg(value_name = "ADDRESS")]
    address: Address,
    /// Compare with this fingerprint (at least its first 24 characters)
    #[arg(long, value_name = "FINGERPRINT")]
    fingerprint: Option<String>,
}

/// Unpin the card of an address; nothing can be sealed to it afterwards
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel card forget bob@example.org")]
pub(crate) struct ForgetArgs {
    /// Forget the card of this address
    #[arg(value_name = "ADDRESS")]
    address: Address,
}

/// Does what was asked.
pub(crate) fn run(command: Command, context: &Context<'_>) -> Result<()> {
    match command {
        Command::Show(args) => show(&args, context),
        Command::List(ListArgs {}) => list(context),
        Command::Export(args) => export(&args, context),
        Command::Import(args) => import(&args, context),
        Command::Verify(args) => verify(&args, context),
        Command::Forget(args) => forget(&args, context),
    }
}

fn show(args: &ShowArgs, context: &Context<'_>) -> Result<()> {
    let view = find(args.address.as_ref(), context)?;
    context.ui.report(&view, || page_of(&view, format!("Card of {}", view.address), Tone::Plain))
}

fn list(context: &Context<'_>) -> Result<()> {
    let mut views = Vec::new();
    for entry in cards(context)?.list()? {
        match entry {
            Ok(contact) => views.push(view_of_contact(&contact, context.now())),
            // One damaged entry does not hide the others; what needs it refuses by itself.
            Err(error) => context.ui.warning(&Failure::from(error).sentence()),
        }
    }
    context.ui.report(&CardListView { cards: views.clone() }, || {
        let mut page = Page::new();
        if views.is_empty() {
            page.line("No card is pinned yet.").note("Pin one: zegel card import FILE", Tone::Note);
        }
        for view in &views {
            let (state, tone) = state_words(view);
            page.row(vec![
                (view.address.clone(), Tone::Plain),
                (view.readable_fingerprint.clone(), Tone::Plain),
                (state, tone),
            ]);
        }
        page
    })
}

fn export(args: &ExportArgs, context: &Context<'_>) -> Result<()> {
    let mut view = find(args.address.as_ref(), context)?;
    let text = view.card.clone().ok_or_else(|| {
        Failure::new(
            Kind::NoCard,
            format!("only the keys of {} are known, from a first message", view.address),
        )
        .hint("ask them for their card")
    })?;
    let Some(path) = args.output.as_deref().filter(|path| !input::is_stdio(path)) else {
        return if context.ui.is_json() {
            context.ui.report(&view, Page::new)
        } else {
            context.ui.data(text.as_bytes())
        };
    };
    outputs::check(path, [], args.force.overwrite())?;
    write_atomically(path, text.as_bytes(), Mode::Shared, args.force.overwrite())?;
    view.path = Some(path.display().to_string());
    context.ui.outcome(&view, || {
        let mut page = Page::new();
        page.heading(format!("Card of {} written to {}", view.address, path.display()), Tone::Good);
        page.field("Fingerprint", &view.readable_fingerprint);
        page.blank().note(
            "Tell people the fingerprint over another channel, so that they can compare it.",
            Tone::Note,
        );
        page
    });
    Ok(())
}

fn import(args: &ImportArgs, context: &Context<'_>) -> Result<()> {
    let bytes = input::read(&args.file, CARD_MAX as u64 + 1)?;
    let card = Card::parse(&bytes)?;
    card.check_period(context.now())?;
    let cards = cards(context)?;
    let pinned = cards.find(card.address())?;
    let proof = proof(args, &card, pinned.as_ref(), context)?;
    let change = if args.replace { Change::Replace } else { Change::Refuse };
    let basis = args.basis(proof);
    let done = cards.pin(&card, proof, change, context.now())?;
    let contact = cards
        .find(card.address())?
        .unwrap_or_else(|| Contact::from_card(&card, Origin::Imported, context.now()));
    let view = view_of_contact(&contact, context.now());
    let heading = pinned_words(&view.address, done);
    let basis = match done {
        Pinned::New | Pinned::Replaced(_) | Pinned::Rotated(_) => basis,
        // What made the key believed before may have been more than this.
        _ => None,
    };
    context.ui.outcome(&view, || page_for(&view, heading, basis));
    Ok(())
}

impl ImportArgs {
    /// Says what was done to believe a card; nothing where the answer was there before.
    fn basis(&self, proof: Proof<'_>) -> Option<&'static str> {
        match proof {
            Proof::Compared(_) => Some("its fingerprint was compared"),
            Proof::Confirmed if self.trust_file => {
                Some("the file was trusted (--trust-file); nobody compared the fingerprint")
            }
            Proof::Confirmed => Some("its fingerprint was confirmed by you"),
            _ => None,
        }
    }
}

/// Decides why the card may be believed; without a reason nothing is pinned.
fn proof<'a>(
    args: &'a ImportArgs,
    card: &Card,
    pinned: Option<&Contact>,
    context: &Context<'_>,
) -> Result<Proof<'a>> {
    if let Some(typed) = &args.fingerprint {
        return Ok(Proof::Compared(typed));
    }
    if args.trust_file {
        return Ok(Proof::Confirmed);
    }
    // The same keys again, or new keys that the pinned key signed for: nothing new has to be believed.
    let known =
        pinned.is_some_and(|old| old.fingerprint == card.fingerprint() || card.rotates(&old.signing_key));
    if known {
        return Ok(Proof::FirstUse);
    }
    if !context.ui.is_interactive() || input::is_stdio(&args.file) {
        return Err(Failure::usage("a card is pinned only after its fingerprint was compared")
            .hint("name the fingerprint that its owner told you: --fingerprint")
            .hint("or say that the file came over a channel that proves it: --trust-file"));
    }
    let view = view_of_card(card, context.now());
    context.ui.show(&page_of(&view, format!("Card of {}", view.address), Tone::Plain));
    if let Some(old) = pinned {
        context
            .ui
            .warning(&format!("another card is pinned for this address: {}", old.fingerprint.to_readable()));
    }
    if context.ui.confirm("Did its owner tell you this fingerprint in another way than by mail?")? {
        Ok(Proof::Confirmed)
    } else {
        Err(Failure::new(Kind::Usage, "the card was not pinned")
            .hint("compare the fingerprint, then import it again"))
    }
}

fn verify(args: &VerifyArgs, context: &Context<'_>) -> Result<()> {
    let cards = cards(context)?;
    let contact = cards.find(&args.address)?.ok_or_else(|| unknown(&args.address))?;
    let typed = match &args.fingerprint {
        Some(typed) => typed.clone(),
        None if context.ui.is_interactive() => {
            let view = view_of_contact(&contact, context.now());
            context.ui.show(&page_of(&view, format!("Card of {}", view.address), Tone::Plain));
            if !context.ui.confirm("Did its owner tell you this fingerprint in another way than by mail?")? {
                return Err(Failure::new(Kind::Usage, "nothing was changed"));
            }
            contact.fingerprint.to_string()
        }
        None => return Err(Failure::usage("name the fingerprint that the owner told you: --fingerprint")),
    };
    let contact = cards.verify(&args.address, &typed)?;
    let view = view_of_contact(&contact, context.now());
    let heading = format!("The card of {} is verified", view.address);
    context.ui.outcome(&view, || page_for(&view, heading, Some("its fingerprint was compared")));
    Ok(())
}

fn forget(args: &ForgetArgs, context: &Context<'_>) -> Result<()> {
    let cards = cards(context)?;
    // A damaged entry can be forgotten too; then its fingerprint is not known.
    let fingerprint =
        cards.find(&args.address).ok().flatten().map(|contact| contact.fingerprint.to_readable());
    if !cards.forget(&args.address)? {
        return Err(unknown(&args.address));
    }
    let view =
        CardRemovedView { address: args.address.to_string(), fingerprint: fingerprint.unwrap_or_default() };
    context.ui.outcome(&view, || {
        let mut page = Page::new();
        page.heading(format!("The card of {} is forgotten", view.address), Tone::Good);
        page.note("Nothing can be sealed for this address until a card is imported.", Tone::Note);
        page
    });
    Ok(())
}

fn cards(context: &Context<'_>) -> Result<Cards> {
    Ok(Cards::new(context.paths()?))
}

fn unknown(address: &Address) -> Failure {
    Failure::new(Kind::NoCard, format!("no card is pinned for {address}"))
        .hint("see which are: zegel card list")
}

/// Finds the pinned card of an address, or one's own.
fn find(address: Option<&Address>, context: &Context<'_>) -> Result<CardView> {
    let address = match address {
        Some(address) => address.clone(),
        None => keys::sender(context, None)?.address,
    };
    if let Some(contact) = cards(context)?.find(&address)? {
        return Ok(view_of_contact(&contact, context.now()));
    }
    let named_file = context.environment().path("ZEGEL_IDENTITY_FILE").is_some();
    if !named_file && keys::store(context)?.card(&address)?.is_none() {
        return Err(unknown(&address));
    }
    let card = keys::card(context, &address)?;
    let view = view_of_card(&card, context.now());
    let state = if card.check_period(context.now()).is_ok() { CardState::Valid } else { CardState::Expired };
    Ok(CardView { state, origin: Some("own".to_owned()), ..view })
}

fn view_of_card(card: &Card, now: Timestamp) -> CardView {
    CardView {
        address: card.address().to_string(),
        name: Some(card.name().to_owned()).filter(|name| !name.is_empty()),
        fingerprint: card.fingerprint().to_string(),
        readable_fingerprint: card.fingerprint().to_readable(),
        recipient: card.recipient().to_string(),
        signing_key: card.signing_key().to_string(),
        post_quantum: card.recipient().is_post_quantum(),
        state: if now >= card.expires() { CardState::Expired } else { CardState::Unpinned },
        origin: None,
        pinned: None,
        created: Some(card.created().to_string()),
        expires: Some(card.expires().to_string()),
        card: Some(card.text().to_owned()),
        path: None,
    }
}

fn view_of_contact(contact: &Contact, now: Timestamp) -> CardView {
    let card = contact.card.as_ref().and_then(|text| Card::parse(text.as_bytes()).ok());
    CardView {
        address: contact.address.to_string(),
        name: contact.name.clone(),
        fingerprint: contact.fingerprint.to_string(),
        readable_fingerprint: contact.fingerprint.to_readable(),
        recipient: contact.recipient.to_string(),
        signing_key: contact.signing_key.to_string(),
        post_quantum: contact.recipient.is_post_quantum(),
        state: if contact.is_expired(now) { CardState::Expired } else { CardState::Valid },
        origin: Some(origin_name(contact.origin).to_owned()),
        pinned: Some(contact.pinned.to_string()),
        created: card.map(|card| card.created().to_string()),
        expires: contact.expires.map(|expires| expires.to_string()),
        card: contact.card.clone(),
        path: None,
    }
}

/// Shows a card that was pinned just now, with what was done to believe it where that is known.
fn page_for(view: &CardView, heading: String, basis: Option<&str>) -> Page {
    page_with(view, heading, Tone::Good, basis.filter(|_| view.origin.as_deref() == Some("imported")))
}

fn page_of(view: &CardView, heading: String, tone: Tone) -> Page {
    page_with(view, heading, tone, None)
}

fn page_with(view: &CardView, heading: String, tone: Tone, basis: Option<&str>) -> Page {
    let (state, state_tone) = match basis {
        Some(basis) => (basis.to_owned(), Tone::Good),
        None => state_words(view),
    };
    let mut page = Page::new();
    page.heading(heading, tone);
    page.maybe("Name", view.name.as_deref());
    page.field("Fingerprint", &view.readable_fingerprint);
    page.toned("Trust", state, state_tone);
    if !view.post_quantum {
        page.toned("Encryption", "classic: not safe from a future quantum computer", Tone::Warn);
    }
    page.maybe("Pinned", view.pinned.as_deref());
    page.maybe("Expires", view.expires.as_deref());
    page
}

fn state_words(view: &CardView) -> (String, Tone) {
    match (view.state, view.origin.as_deref()) {
        (CardState::Expired, _) => ("expired: nothing is sealed to it".to_owned(), Tone::Bad),
        (CardState::Unpinned, _) => ("not pinned yet".to_owned(), Tone::Warn),
        (_, Some("own")) => ("your own".to_owned(), Tone::Good),
        // Compared by fingerprint, or the file was trusted: which of the two is not kept.
        (_, Some("imported")) => ("imported by you".to_owned(), Tone::Good),
        (_, Some("directory")) => ("from the directory of its domain".to_owned(), Tone::Good),
        _ => ("from a first message, proved by nobody".to_owned(), Tone::Warn),
    }
}

/// Returns the word for the origin of trust.
pub(crate) fn origin_name(origin: Origin) -> &'static str {
    match origin {
        Origin::Directory => "directory",
        Origin::FirstUse => "first-use",
        _ => "imported",
    }
}

fn pinned_words(address: &str, pinned: Pinned) -> String {
    match pinned {
        Pinned::New => format!("Pinned the card of {address}"),
        Pinned::Replaced(old) => {
            format!("Pinned another card of {address}, in place of {}", old.to_readable())
        }
        Pinned::Rotated(old) => {
            format!("{address} has new keys, signed by the old ones ({})", old.to_readable())
        }
        Pinned::Renewed => format!("Renewed the card of {address}"),
        _ => format!("The card of {address} was pinned already"),
    }
}
