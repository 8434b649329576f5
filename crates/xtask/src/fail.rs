//! What a command that could not do its work says: one error line, then hints.

use crate::ui;

/// Why a command ended without doing its work.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hints: Vec<String>,
    code: u8,
}

impl Failure {
    /// Makes a failure of the work itself (exit code 1).
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new(), code: 1 }
    }

    /// Makes a failure of the command line (exit code 64).
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hints: vec!["`cargo xtask help` lists the commands".to_owned()],
            code: 64,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Returns the exit code of the process.
    pub(crate) fn code(&self) -> u8 {
        self.code
    }

    /// Returns the error line.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Writes the error and its hints to standard error.
    pub(crate) fn print(&self) {
        ui::note(&format!("error: {}", self.message));
        for hint in &self.hints {
            ui::note(&format!("hint: {hint}"));
        }
    }
}
