//! Where a message to be sealed comes from: shared by `seal`, `send` and `plan`.

use std::path::{Path, PathBuf};

use clap::Args;
use zegel_core::Address;

/// A mail in a file or on standard input, or one made from its pieces.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Message")]
pub(crate) struct MessageArgs {
    /// Read the mail from this file (RFC 5322, `.eml`); `-` or nothing is standard input
    #[arg(value_name = "MAIL", conflicts_with_all = ["to", "cc", "bcc", "subject", "body", "body_file", "html_file", "attach"])]
    pub(crate) eml: Option<PathBuf>,
    /// Send to this address; can be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Vec<Recipient>,
    /// Send a copy to this address; can be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) cc: Vec<Recipient>,
    /// Send a blind copy to this address, in a mail of its own; can be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) bcc: Vec<Recipient>,
    /// Set the subject; it is sealed too
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: Option<String>,
    /// Set the text; other users of this machine may see it, so prefer --body-file
    #[arg(long, value_name = "TEXT", conflicts_with = "body_file")]
    pub(crate) body: Option<String>,
    /// Read the text from this file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) body_file: Option<PathBuf>,
    /// Add an HTML form of the text from this file
    #[arg(long, value_name = "FILE")]
    pub(crate) html_file: Option<PathBuf>,
    /// Attach this file; can be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) attach: Vec<PathBuf>,
    /// Send from this address, where several identities are at hand
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: Option<Address>,
}

/// A recipient on the command line: `bob@example.org` or `Bob <bob@example.org>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recipient(pub(crate) zegel_core::Mailbox);

impl std::str::FromStr for Recipient {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
            Some((name, address)) => (name.trim().trim_matches('"'), address),
            None => ("", text),
        };
        let address = address.trim().parse::<Address>().map_err(|error| error.to_string())?;
        if name.chars().any(char::is_control) {
            return Err("a name has no line breaks".to_owned());
        }
        let name = if name.is_empty() { None } else { Some(name.to_owned()) };
        Ok(Self(zegel_core::Mailbox { address, name }))
    }
}

impl MessageArgs {
    /// Says whether there is anything to make a message from, besides recipients.
    pub(crate) fn has_pieces(&self) -> bool {
        self.subject.is_some()
            || self.body.is_some()
            || self.body_file.is_some()
            || self.html_file.is_some()
            || !self.attach.is_empty()
    }

    /// Returns the files that are read.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Path> {
        let single = [&self.eml, &self.body_file, &self.html_file].into_iter().flatten();
        single.chain(&self.attach).map(PathBuf::as_path)
    }

    /// Says whether the message is made from pieces.
    pub(crate) fn is_composed(&self) -> bool {
        !self.to.is_empty() || !self.cc.is_empty() || !self.bcc.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_may_have_names() {
        let parsed: Recipient = "Bob B. <bob@example.org>".parse().unwrap();
        assert_eq!(parsed.0.name.as_deref(), Some("Bob B."));
        assert_eq!(parsed.0.address.to_string(), "bob@example.org");
        let parsed: Recipient = "bob@example.org".parse().unwrap();
        assert_eq!(parsed.0.name, None);
        for bad in [
            "Bob",
            "Bob <bob>",
            "a\nb <bob@example.org>",
            "<bob@example.org",
            "bob@example.org,carol@example.org",
        ] {
            assert!(bad.parse::<Recipient>().is_err(), "{bad:?}");
        }
    }
}
