//! How a command of the program fails.

use std::error::Error;
use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;

use zegel_wire::exit::Exit;

/// A failed command: an exit code, what was tried, its causes, and hints.
#[derive(Debug)]
pub(crate) struct Failure {
    code: Exit,
    text: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
    hints: Vec<&'static str>,
}

impl Failure {
    fn new(code: Exit, text: impl fmt::Display) -> Self {
        Self { code, text: text.to_string(), cause: None, hints: Vec::new() }
    }

    /// The configuration is wrong (78).
    pub(crate) fn configuration(text: impl fmt::Display) -> Self {
        Self::new(Exit::Config, text)
    }

    /// An argument is wrong (64).
    pub(crate) fn usage(text: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, text)
    }

    /// There is no such thing (66).
    pub(crate) fn no_input(text: impl fmt::Display) -> Self {
        Self::new(Exit::NoInput, text)
    }

    /// What is stored is damaged (65).
    pub(crate) fn data(text: impl fmt::Display) -> Self {
        Self::new(Exit::BadData, text)
    }

    /// A file or socket failed (74).
    pub(crate) fn io(text: impl fmt::Display) -> Self {
        Self::new(Exit::Io, text)
    }

    /// Adds the cause.
    pub(crate) fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Adds what could help.
    pub(crate) fn hint(mut self, hint: &'static str) -> Self {
        self.hints.push(hint);
        self
    }

    /// Prints the failure to standard error and returns its exit code.
    pub(crate) fn print(&self) -> ExitCode {
        let mut text = format!("error: {}", self.text);
        let mut cause = self.cause.as_deref().map(|cause| cause as &dyn Error);
        while let Some(error) = cause {
            text.push_str(&format!(": {}", error.to_string().trim_end()));
            cause = error.source();
        }
        text.push('\n');
        for hint in &self.hints {
            text.push_str(&format!("hint: {hint}\n"));
        }
        // There is nobody to tell when standard error is gone.
        let _ = std::io::stderr().write_all(text.as_bytes());
        ExitCode::from(self.code.code())
    }
}
