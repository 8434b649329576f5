//! Passphrases and passwords: asked for on a terminal or read from a file, never taken as an argument.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use secrecy::{ExposeSecret, SecretString};
use zegel_wire::error::Kind;
use zeroize::Zeroizing;

use crate::error::{Failure, Result};
use crate::ui::Ui;

/// Longest secret that is read from standard input.
const LINE_MAX: usize = 4096;

/// Asks for a secret on the terminal, without showing it.
///
/// # Errors
/// Code 78 when there is no terminal to ask on, or nothing was typed.
pub(crate) fn ask(ui: &Ui, prompt: &str) -> Result<SecretString> {
    if !ui.is_interactive() || !io::stdin().is_terminal() {
        return Err(Failure::new(
            Kind::Passphrase,
            "a secret is needed and there is no terminal to ask for it",
        ));
    }
    let typed = rpassword::prompt_password(prompt)
        .map_err(|error| Failure::io("cannot read from the terminal", &error))?;
    let typed = Zeroizing::new(typed);
    if typed.is_empty() {
        return Err(Failure::new(Kind::Passphrase, "nothing was typed"));
    }
    Ok(SecretString::from(typed.as_str()))
}

/// Asks on the terminal for something that may be seen.
///
/// # Errors
/// Code 78 when there is no terminal to ask on, or nothing was typed.
pub(crate) fn ask_shown(ui: &Ui, prompt: &str) -> Result<String> {
    if !ui.is_interactive() {
        return Err(Failure::new(
            Kind::Passphrase,
            "an answer is needed and there is no terminal to ask for it",
        ));
    }
    let unread = |error: io::Error| Failure::io("cannot read from the terminal", &error);
    io::stderr().lock().write_all(prompt.as_bytes()).map_err(unread)?;
    let mut typed = String::new();
    io::stdin().lock().take(LINE_MAX as u64).read_line(&mut typed).map_err(unread)?;
    match typed.trim() {
        "" => Err(Failure::new(Kind::Passphrase, "nothing was typed")),
        typed => Ok(typed.to_owned()),
    }
}

/// Reads a secret from the first line of standard input.
///
/// # Errors
/// Code 78 when there is none.
pub(crate) fn read_line() -> Result<SecretString> {
    // Room for the longest line from the start, so that no copy is left behind by growing.
    let mut line = Zeroizing::new(Vec::with_capacity(LINE_MAX));
    let mut stdin = io::stdin().lock();
    for byte in stdin.by_ref().bytes().take(LINE_MAX) {
        match byte {
            Ok(b'\n') => break,
            Ok(byte) => line.push(byte),
            Err(error) => return Err(Failure::io("cannot read standard input", &error)),
        }
    }
    let line = line.strip_suffix(b"\r").unwrap_or(&line);
    match std::str::from_utf8(line) {
        Ok(text) if !text.is_empty() => Ok(SecretString::from(text)),
        _ => Err(Failure::new(Kind::Passphrase, "the first line of standard input is no passphrase")),
    }
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
