//! Changing the file in place: comments and order of what is not changed stay as they are.

use std::path::Path;

use toml_edit::{DocumentMut, Item, Table};

use super::{Account, AccountName, CONFIG_MAX, Config, ConfigError, VERSION};
use crate::lock::Lock;
use crate::paths::Paths;
use crate::private::{self, FileError, Holds};
use crate::staging::{Mode, Overwrite, folder_of, write_atomically};

/// What becomes of an account that has the name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountChange {
    /// It stays, and adding is refused.
    Add,
    /// It is replaced.
    Replace,
}

impl Config {
    /// Writes the configuration to a file that does not exist yet.
    ///
    /// # Errors
    /// Refuses to overwrite a file, which may hold comments; fails when it cannot be written.
    pub fn save(&self, paths: &Paths) -> Result<(), ConfigError> {
        let path = paths.config_file();
        private::make_folder(folder_of(path), Holds::Settings)?;
        write_atomically(path, self.to_toml().as_bytes(), Mode::Private, Overwrite::Forbid)?;
        Ok(())
    }

    /// Puts an account into the file, which is made when it does not exist; the first account becomes the default.
    ///
    /// # Errors
    /// Refuses a name that is taken unless replacing was asked for, and to touch a file that is not valid.
    pub fn save_account(
        paths: &Paths,
        name: &AccountName,
        account: &Account,
        change: AccountChange,
    ) -> Result<Self, ConfigError> {
        edit(paths, |document, config| {
            if change == AccountChange::Add && config.accounts.contains_key(name) {
                return Err(ConfigError::AccountExists { name: name.to_string() });
            }
            let accounts = accounts_of(document)?;
            let mut table = table_of(account)?;
            if let Some(old) = accounts.get(name.as_str()).and_then(Item::as_table) {
                // The comment above the header belongs to the account, not to its old settings.
                *table.decor_mut() = old.decor().clone();
            }
            accounts.insert(name.as_str(), Item::Table(table));
            if config.accounts.is_empty() && config.default_account.is_none() {
                document.insert("default_account", toml_edit::value(name.as_str()));
            }
            Ok(())
        })
    }

    /// Takes an account out of the file; a default that pointed to it goes too.
    ///
    /// # Errors
    /// Fails when there is no such account, or the file cannot be read or written.
    pub fn remove_account(paths: &Paths, name: &AccountName) -> Result<Self, ConfigError> {
        edit(paths, |document, config| {
            if accounts_of(document)?.remove(name.as_str()).is_none() {
                return Err(ConfigError::UnknownAccount { name: name.to_string() });
            }
            if config.default_account.as_ref() == Some(name) {
                document.remove("default_account");
            }
            Ok(())
        })
    }
}

/// Reads, changes, checks and writes the file, alone.
fn edit(
    paths: &Paths,
    change: impl FnOnce(&mut DocumentMut, &Config) -> Result<(), ConfigError>,
) -> Result<Config, ConfigError> {
    let path = paths.config_file();
    private::make_folder(folder_of(path), Holds::Settings)?;
    let _lock = Lock::take(&folder_of(path).join(".config.lock"))?;
    let text = match private::read_file(path, CONFIG_MAX, Holds::Settings) {
        Ok(bytes) => std::str::from_utf8(&bytes)
            .map_err(|_| FileError::damaged(path, "it is not UTF-8 text"))?
            .to_owned(),
        Err(error) if error.is_missing() => format!("version = {VERSION}\n"),
        Err(error) => return Err(error.into()),
    };
    let config = Config::parse(&text).map_err(|error| error.in_file(path))?;
    let mut document: DocumentMut = text.parse().map_err(|_| damaged(path))?;
    change(&mut document, &config)?;
    let text = document.to_string();
    // Nothing is written that could not be read again.
    let config = Config::parse(&text)?;
    // A symbolic link (a folder of dot files under version control) stays one: what it points to is replaced.
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    write_atomically(&target, text.as_bytes(), Mode::Private, Overwrite::Allow)?;
    Ok(config)
}

fn damaged(path: &Path) -> ConfigError {
    FileError::damaged(path, "it is not TOML").into()
}

fn accounts_of(document: &mut DocumentMut) -> Result<&mut Table, ConfigError> {
    let accounts = document.entry("account").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    accounts.as_table_mut().ok_or_else(|| ConfigError::Text {
        file: "configuration".to_owned(),
        line: 1,
        column: 1,
        field: "account".to_owned(),
        message: "accounts written in one line cannot be changed by the program".to_owned(),
        hint: Some("write each account under its own [account.NAME] header"),
    })
}

fn table_of(account: &Account) -> Result<Table, ConfigError> {
    let text = toml::to_string(account).expect("every part of an account has a TOML form");
    let document: DocumentMut = text.parse().expect("what was just written is TOML");
    let mut table = document.as_table().clone();
    inline_passwords(&mut table);
    table.set_implicit(false);
    Ok(table)
}

/// Writes `password = { from = … }` on one line, as the documentation shows it.
fn inline_passwords(table: &mut Table) {
    if let Some(Item::Table(password)) = table.remove("password") {
        table.insert("password", toml_edit::value(password.into_inline_table()));
    }
    for (_, item) in table.iter_mut() {
        if let Item::Table(inner) = item {
            inline_passwords(inner);
        }
    }
}
