//! Everything a command needs from the world: clock, randomness, environment, folders. Nothing else reads them.

use std::cell::OnceCell;
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use rand_core::OsRng;
use zegel_core::Timestamp;
use zegel_store::config::Chosen;
use zegel_store::{Config, Environment, Paths};
use zegel_wire::error::Kind;
use zegel_wire::report::WordsView;

use crate::args::Globals;
use crate::error::{Failure, Result};
use crate::ui::Ui;

/// The clock of a test, in debug builds only.
const TEST_CLOCK: &str = "ZEGEL_TEST_CLOCK";
/// What an administrator settles, for a test; in debug builds only.
const TEST_MACHINE: &str = "ZEGEL_TEST_MACHINE";

/// The world as a command sees it.
pub(crate) struct Context<'a> {
    /// Where everything is printed.
    pub(crate) ui: &'a Ui,
    account: Option<String>,
    environment: Environment,
    fixed_clock: Option<Timestamp>,
    paths: OnceCell<Paths>,
    config: OnceCell<Config>,
}

impl<'a> Context<'a> {
    /// Looks at the environment once; options that name the same thing as a variable stand above it.
    pub(crate) fn new(ui: &'a Ui, globals: Globals) -> Result<Self> {
        let named =
            [("ZEGEL_IDENTITY_FILE", globals.identity), ("ZEGEL_PASSPHRASE_FILE", globals.passphrase_file)];
        let named =
            named.into_iter().filter_map(|(name, path)| Some((OsString::from(name), path?.into_os_string())));
        let variables = env::vars_os()
            .filter(|(name, _)| name != TEST_CLOCK && !(cfg!(debug_assertions) && name == TEST_MACHINE))
            .chain(named);
        Ok(Self {
            ui,
            account: globals.account,
            environment: Environment::of(variables),
            fixed_clock: test_clock()?,
            paths: OnceCell::new(),
            config: OnceCell::new(),
        })
    }

    /// Returns the time.
    pub(crate) fn now(&self) -> Timestamp {
        self.fixed_clock.unwrap_or_else(|| {
            let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Timestamp::from_unix(since_1970.as_secs())
        })
    }

    /// Returns how many minutes the clock on the wall is ahead of UTC.
    pub(crate) fn utc_offset_minutes(&self) -> i32 {
        if self.fixed_clock.is_some() {
            return 0;
        }
        local_offset_minutes()
    }

    /// Says whether a variable sets the clock on the wall, in place of the computer.
    pub(crate) fn has_own_time_zone(&self) -> bool {
        env::var_os("TZ").is_some_and(|zone| !zone.is_empty())
    }

    /// Returns the language that people here read (POSIX locale variables, in their order).
    pub(crate) fn language(&self) -> Language {
        let named = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()));
        if named.is_some_and(|value| value.starts_with("nl")) { Language::Dutch } else { Language::English }
    }

    /// Returns the operating system's random numbers.
    pub(crate) fn rng(&self) -> OsRng {
        OsRng
    }

    /// Returns the folder for files without a name that end with the command.
    pub(crate) fn temp_folder(&self) -> PathBuf {
        env::temp_dir()
    }

    /// Returns the variables.
    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Returns where things lie.
    pub(crate) fn paths(&self) -> Result<&Paths> {
        if let Some(paths) = self.paths.get() {
            return Ok(paths);
        }
        self.environment.check()?;
        let mut paths = Paths::find(&self.environment)?;
        if let Some(file) = env::var_os(TEST_MACHINE).filter(|_| cfg!(debug_assertions)) {
            paths = paths.with_machine_file(file.into());
        }
        Ok(self.paths.get_or_init(|| paths))
    }

    /// Returns the configuration.
    pub(crate) fn config(&self) -> Result<&Config> {
        if let Some(config) = self.config.get() {
            return Ok(config);
        }
        let config = Config::load(self.paths()?, &self.environment)?;
        Ok(self.config.get_or_init(|| config))
    }

    /// Returns the name of the account that was asked for on the command line.
    pub(crate) fn account_named(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Says whether an account was asked for, on the command line or by a variable.
    pub(crate) fn is_account_named(&self) -> bool {
        self.account.is_some() || self.environment.value("ZEGEL_ACCOUNT").is_some()
    }

    /// Returns the account to work with.
    pub(crate) fn account(&self) -> Result<Chosen> {
        Ok(self.config()?.choose(self.account_named(), &self.environment)?)
    }

    /// Returns the account to work with, or none where none is configured and none was asked for.
    ///
    /// Sealing and opening need an identity only; whoever has no mail server needs no account.
    pub(crate) fn maybe_account(&self) -> Result<Option<Chosen>> {
        match self.account() {
            Ok(chosen) => Ok(Some(chosen)),
            Err(failure)
                if failure.kind() == Kind::NoAccount
                    && !self.is_account_named()
                    && self.config()?.accounts().is_empty() =>
            {
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Returns the same, and none as well where there are several accounts and none was named.
    pub(crate) fn maybe_account_quietly(&self) -> Result<Option<Chosen>> {
        match self.account() {
            Err(failure) if failure.kind() == Kind::NoAccount && !self.is_account_named() => Ok(None),
            other => other.map(Some),
        }
    }
}

/// The languages of explanations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// Dutch.
    Dutch,
    /// English.
    English,
}

impl Language {
    /// Returns the text in this language.
    pub(crate) fn of(self, words: &WordsView) -> &str {
        match self {
            Self::Dutch => &words.nl,
            Self::English => &words.en,
        }
    }
}

/// Says whether colour is unwanted (no-color.org: any value that is not empty).
pub(crate) fn no_colour() -> bool {
    env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Returns how many minutes the local clock is ahead of UTC.
fn local_offset_minutes() -> i32 {
    chrono::Local::now().offset().local_minus_utc() / 60
}

/// Returns the clock of a test, in debug builds only.
///
/// A wrong clock would accept expired cards and date messages falsely. So a release build does not contain one, and
/// rather than going on with the true time without a word it refuses to run.
fn test_clock() -> Result<Option<Timestamp>> {
    let Some(text) = env::var_os(TEST_CLOCK) else { return Ok(None) };
    if !cfg!(debug_assertions) {
        let text = format!("{TEST_CLOCK} is set, but this build has no test clock");
        return Err(Failure::new(Kind::Configuration, text)
            .hint(format!("unset {TEST_CLOCK}; only debug builds can be given a clock")));
    }
    let time =
        text.to_str().unwrap_or_default().parse().map_err(|error: zegel_core::time::TimestampError| {
            Failure::from_error(Kind::Configuration, &error).while_trying(TEST_CLOCK)
        })?;
    Ok(Some(time))
}
