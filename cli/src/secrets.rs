//! Passphrases and passwords: asked for on a terminal or read from a file, never taken as an argument.

use std::io::{self, IsTerminal};

use secrecy::{ExposeSecret, SecretString};
use zegel_wire::error::Kind;
use zeroize::Zeroizing;

use crate::error::{Failure, Result};
use crate::ui::Ui;

/// Asks for a secret on the terminal, without showing it.
///
/// # Errors
/// Code 78 when there is no terminal to ask on, or nothing was typed.
pub(crate) fn ask(ui: &Ui, prompt: &str) -> Result<SecretString> {
    if !ui.is_interactive() || !io::stdin().is_terminal() {
        return Err(Failure::new(Kind::Passphrase, "a secret is needed and there is no terminal to ask for it"));
    }
    let typed = rpassword::prompt_password(prompt)
        .map_err(|error| Failure::io("cannot read from the terminal", &error))?;
    let typed = Zeroizing::new(typed);
    if typed.is_empty() {
        return Err(Failure::new(Kind::Passphrase, "nothing was typed"));
    }
    Ok(SecretString::from(typed.as_str()))
}

/// Asks for a new secret twice.
///
/// # Errors
/// As [`ask`], and when the two differ.
pub(crate) fn ask_twice(ui: &Ui, prompt: &str) -> Result<SecretString> {
    let first = ask(ui, prompt)?;
    let second = ask(ui, "Once more: ")?;
    // EXPOSE: both were typed just now by the person at the terminal; they are compared with each other.
    if first.expose_secret() == second.expose_secret() {
        Ok(first)
    } else {
        Err(Failure::new(Kind::Passphrase, "the two differ; nothing was changed"))
    }
}
