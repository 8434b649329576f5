//! What the doctor looks at.

use std::path::Path;

use zegel_core::Timestamp;
use zegel_delivery::smtp::account_test_blocking;
use zegel_store::cards::Cards;
use zegel_store::config::{IdentitySource, Sent};
use zegel_store::identity::{IdentityPlace, Kept};
use zegel_store::keyring;
use zegel_store::seen::SeenLog;
use zegel_store::{FileError, check_around};
use zegel_wire::report::{CheckState, CheckView};

use super::rights::{below, close, is_foreign, open_to_others};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::{keys, mailer, text};

/// A card that ends sooner is worth a word: a month.
const SOON: u64 = 30 * 86_400;

/// Whether to repair what can be repaired without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repair {
    No,
    Yes,
}

/// The findings so far.
pub(super) struct Checks<'a> {
    pub(super) context: &'a Context<'a>,
    repair: Repair,
    found: Vec<CheckView>,
}

impl<'a> Checks<'a> {
    pub(super) fn new(context: &'a Context<'a>, repair: Repair) -> Self {
        Self { context, repair, found: Vec::new() }
    }

    pub(super) fn finish(self) -> Vec<CheckView> {
        self.found
    }

    pub(super) fn add(&mut self, name: &str, state: CheckState, detail: impl Into<String>) -> &mut Self {
        self.found.push(CheckView { name: name.to_owned(), state, detail: detail.into(), hint: None });
        self
    }

    pub(super) fn hint(&mut self, hint: impl Into<String>) {
        if let Some(last) = self.found.last_mut() {
            last.hint = Some(hint.into());
        }
    }

    pub(super) fn fail(&mut self, name: &str, failure: &Failure) {
        self.add(name, CheckState::Fail, failure.sentence());
        if let Some(hint) = failure.hints().first().copied() {
            self.hint(hint);
        }
    }

    /// Variables that begin with `ZEGEL_` must be known.
    pub(super) fn environment(&mut self) {
        match self.context.environment().check() {
            Ok(()) => {
                self.add("environment", CheckState::Ok, "every ZEGEL_ variable is known");
            }
            Err(error) => self.fail("environment", &error.into()),
        }
    }

    /// Folders are there and private.
    pub(super) fn folders(&mut self) {
        let paths = match self.context.paths() {
            Ok(paths) => paths.clone(),
            Err(failure) => return self.fail("folders", &failure),
        };
        self.home();
        // The configuration holds no secrets: others may read it, but not change it.
        let named = [
            ("configuration", paths.config(), 0o022),
            ("data", paths.data(), 0o077),
            ("state", paths.state(), 0o077),
        ];
        for (name, folder, forbidden) in named {
            let name = format!("{name} folder");
            if !folder.is_dir() {
                if self.repair == Repair::No {
                    self.add(&name, CheckState::Skipped, format!("{} is not there yet", folder.display()));
                    continue;
                }
                match paths.make() {
                    Ok(()) => self.add(&name, CheckState::Fixed, format!("{} was made", folder.display())),
                    Err(error) => {
                        self.fail(&name, &error.into());
                        continue;
                    }
                };
                continue;
            }
            self.permissions(&name, folder, forbidden);
        }
    }

    /// The folder around all, where one was chosen: whoever may rename in it can take ours away. What lies further out is
    /// not ours to change.
    fn home(&mut self) {
        let Some(home) = self.context.environment().path("ZEGEL_HOME") else { return };
        let Ok(home) = home.canonicalize() else { return };
        match check_around(&home.join("data")) {
            Err(FileError::Exposed { path, .. }) if path == home && self.repair == Repair::Yes => {
                match close(&home, 0o022) {
                    Ok(()) => {
                        let closed = format!("{} closed to others", home.display());
                        self.add("home folder", CheckState::Fixed, closed)
                    }
                    Err(wrong) => self.add("home folder", CheckState::Fail, wrong),
                };
            }
            Err(error) => self.fail("home folder", &error.into()),
            Ok(()) => {}
        }
    }

    /// Looks at one folder and everything below it, and takes rights away from others where that was asked for.
    fn permissions(&mut self, name: &str, folder: &Path, forbidden: u32) {
        if let Some(foreign) = below(folder).iter().find(|path| is_foreign(path)) {
            // Only root can give it back, and what its owner put there is not for us to judge.
            self.add(name, CheckState::Fail, format!("{} belongs to another user", foreign.display()));
            return self.hint("look at what it holds, then give it to yourself with chown, or remove it");
        }
        let open = open_to_others(folder, forbidden);
        match (open.first(), self.repair) {
            (None, _) => {
                self.add(name, CheckState::Ok, format!("{} is private", folder.display()));
            }
            (Some(first), Repair::No) => {
                self.add(name, CheckState::Fail, format!("others can reach {}", first.display()));
                self.hint("run: zegel doctor --fix");
            }
            (Some(_), Repair::Yes) => {
                let wrong: Vec<String> =
                    open.iter().filter_map(|path| close(path, forbidden).err()).collect();
                match wrong.first() {
                    None => self.add(
                        name,
                        CheckState::Fixed,
                        format!("{} closed to others", text::count(open.len(), "path")),
                    ),
                    Some(wrong) => self.add(name, CheckState::Fail, wrong),
                };
            }
        }
    }

    /// The configuration can be read.
    pub(super) fn configuration(&mut self) {
        match self.context.config() {
            Ok(config) => {
                let count = config.accounts().len();
                self.add("configuration", CheckState::Ok, text::count(count, "account"));
            }
            Err(failure) => self.fail("configuration", &failure),
        }
    }

    /// The keyring answers; it is only missed where something is kept in it.
    pub(super) fn keyring(&mut self) {
        match keyring::probe() {
            Ok(()) => {
                self.add("keyring", CheckState::Ok, "answers");
            }
            Err(error) => {
                self.add("keyring", CheckState::Warn, Failure::from(error).sentence());
                self.hint("keys can be kept in a file instead: --store file");
            }
        }
    }

    /// Every identity can be read, and its card counts.
    pub(super) fn identities(&mut self) {
        let kept = keys::store(self.context).and_then(|store| Ok(store.list()?));
        let kept: Vec<Kept> = match kept {
            Ok(kept) => kept.into_iter().filter(|kept| !kept.replaced).collect(),
            Err(failure) => return self.fail("identity", &failure),
        };
        if let Some(path) = self.context.environment().path("ZEGEL_IDENTITY_FILE") {
            match keys::read_file(self.context, &path) {
                Ok(identity) => {
                    let detail = format!("{} in {}", identity.address(), path.display());
                    self.card_period("identity", identity.card().expires(), detail);
                }
                Err(failure) => self.fail("identity", &failure),
            }
        } else if kept.is_empty() {
            self.add("identity", CheckState::Fail, "there is none");
            self.hint("run: zegel identity new --address you@example.org --name \"Your Name\"");
        }
        for one in kept {
            let address = one.card.address().to_string();
            let name = format!("identity {address}");
            // A sealed file is not opened just to look: that would ask for the passphrase.
            let readable = match one.place {
                IdentityPlace::SealedFile => Ok(()),
                _ => keys::identity(self.context, one.card.address()).map(drop),
            };
            match readable {
                Ok(()) => self.card_period(&name, one.card.expires(), one.place.as_str().to_owned()),
                Err(failure) => self.fail(&name, &failure),
            }
        }
    }

    fn card_period(&mut self, name: &str, expires: Timestamp, detail: String) {
        let now = self.context.now();
        let rotate = "make new keys: zegel identity rotate";
        if now >= expires {
            self.add(name, CheckState::Fail, format!("{detail}, card expired on {expires}")).hint(rotate);
        } else if now.plus_seconds(SOON) >= expires {
            self.add(name, CheckState::Warn, format!("{detail}, card expires on {expires}")).hint(rotate);
        } else {
            self.add(name, CheckState::Ok, format!("{detail}, card valid to {expires}"));
        }
    }

    /// Every pinned card can be read.
    pub(super) fn cards(&mut self) {
        let entries = self.context.paths().and_then(|paths| Ok(Cards::new(paths).list()?));
        let entries = match entries {
            Ok(entries) => entries,
            Err(failure) => return self.fail("cards", &failure),
        };
        let (mut valid, mut expired, mut unproved) = (0, 0, 0);
        for entry in entries {
            match entry {
                Ok(contact) if contact.is_expired(self.context.now()) => expired += 1,
                Ok(contact) => {
                    valid += 1;
                    unproved += usize::from(contact.origin == zegel_core::contacts::Origin::FirstUse);
                }
                Err(error) => self.fail("card", &error.into()),
            }
        }
        let detail = format!("{} pinned, {unproved} of them from first messages", text::count(valid, "card"));
        self.add("cards", CheckState::Ok, detail);
        if expired > 0 {
            self.add("expired cards", CheckState::Warn, text::count(expired, "card"));
            self.hint("see which: zegel card list; then ask their owners for new ones");
        }
    }

    /// What is remembered of opened messages can be read: else a message that is sent again could not be told.
    pub(super) fn memory(&mut self) {
        let Ok(paths) = self.context.paths() else { return };
        let log = SeenLog::new(paths);
        let mended = match self.repair {
            Repair::No => Ok(0),
            Repair::Yes => log.repair(),
        };
        match mended.and_then(|mended| Ok((mended, log.check()?))) {
            Ok((0, count)) => {
                let detail = format!("{} remembered", text::count(count, "message"));
                self.add("opened messages", CheckState::Ok, detail);
            }
            Ok((mended, _)) => {
                let detail = format!("{} mended; as it was: *.log.damaged", text::count(mended, "file"));
                self.add("opened messages", CheckState::Fixed, detail);
            }
            Err(error) => {
                self.fail("opened messages", &error.into());
                if self.repair == Repair::No {
                    self.hint(
                        "take out what cannot be read, and keep the file as it was: zegel doctor --fix",
                    );
                }
            }
        }
    }

    /// Every account has an identity, a password and a place for sent copies.
    pub(super) fn accounts(&mut self) {
        let Ok(config) = self.context.config() else { return };
        let names: Vec<String> = config.accounts().keys().map(ToString::to_string).collect();
        for name in names {
            match self.account(&name) {
                Ok(detail) => {
                    self.add(&format!("account {name}"), CheckState::Ok, detail);
                }
                Err(failure) => self.fail(&format!("account {name}"), &failure),
            }
        }
    }

    fn account(&self, name: &str) -> Result<String> {
        let chosen = self.context.config()?.choose(Some(name), self.context.environment())?;
        let address = chosen.account.address();
        let named_file = matches!(chosen.account.identity(), IdentitySource::Path(_));
        if !named_file && keys::store(self.context)?.card(address)?.is_none() {
            keys::identity(self.context, address)?;
        }
        if chosen.account.smtp().is_none() {
            return Ok(format!("{address}, no mail server: can seal, but not send"));
        }
        let settings = mailer::submission_settings(&chosen, self.context)?;
        if let Sent::Maildir(folder) = chosen.account.sent()
            && !folder.is_dir()
        {
            return Ok(format!("{address}, sent mail will go to {}, to be made", folder.display()));
        }
        Ok(format!("{address} by {}:{}", settings.endpoint().host(), settings.endpoint().port()))
    }

    /// Every mail server can be reached and accepts the login.
    pub(super) fn servers(&mut self) {
        let Ok(config) = self.context.config() else { return };
        let names: Vec<String> = config.accounts().keys().map(ToString::to_string).collect();
        for name in names {
            let check = format!("server of {name}");
            match self.server(&name) {
                Ok(detail) => {
                    self.add(&check, CheckState::Ok, detail);
                }
                Err(failure) => self.fail(&check, &failure),
            }
        }
    }

    fn server(&self, name: &str) -> Result<String> {
        let chosen = self.context.config()?.choose(Some(name), self.context.environment())?;
        let report = account_test_blocking(&mailer::submission_settings(&chosen, self.context)?)?;
        let login = report
            .logged_in
            .map_or_else(|| "no login".to_owned(), |mechanism| format!("login by {mechanism}"));
        Ok(format!("{}, {login}", report.tls.unwrap_or_else(|| "no TLS (this machine)".to_owned())))
    }
}
