//! Errors of the configuration, with file, line, column and field but never with a value or a line of the file: whoever
//! types a password in the wrong place sends the error to somebody for help.

use std::path::Path;

use thiserror::Error;

use crate::environment::EnvironmentError;
use crate::private::FileError;

/// Tells why the configuration cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A name that cannot be an account's.
    #[error("an account's name is 1 to 64 letters, digits, - or _")]
    AccountName,
    /// No account is configured, and the variables do not make one.
    #[error("there is no account")]
    NoAccount,
    /// There are several accounts and none was named.
    #[error("there are several accounts and none was named: {names}")]
    Several {
        /// Their names.
        names: String,
    },
    /// An account of that name exists already.
    #[error("there is an account {name} already")]
    AccountExists {
        /// The name.
        name: String,
    },
    /// No account has that name.
    #[error("there is no account {name}")]
    UnknownAccount {
        /// The name.
        name: String,
    },
    /// The text is not as documented.
    #[error("{file}:{line}:{column}: {field}{separator}{message}", separator = if field.is_empty() { "" } else { ": " })]
    Text {
        /// The file, or `configuration` for text from elsewhere.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// The character in the line, counted from 1.
        column: usize,
        /// The field or table, where it is known.
        field: String,
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<&'static str>,
    },
    /// A variable's value is wrong.
    #[error("{name}: {message}")]
    Variable {
        /// The variable.
        name: &'static str,
        /// What is wrong with its value.
        message: String,
    },
    /// The account, with the variables applied, does not fit together.
    #[error("account {name}, changed by ZEGEL_* variables: {message}")]
    Override {
        /// The account.
        name: String,
        /// What is wrong.
        message: String,
    },
    /// A variable that is not known, or not text.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

impl ConfigError {
    pub(super) fn too_long(cap: usize) -> Self {
        Self::Text {
            file: "configuration".to_owned(),
            line: 1,
            column: 1,
            field: String::new(),
            message: format!("longer than {cap} bytes"),
            hint: None,
        }
    }

    /// Returns what the person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoAccount => {
                Some("run: zegel account add, or set ZEGEL_ADDRESS and ZEGEL_SMTP_HOST".to_owned())
            }
            Self::Several { .. } => {
                Some("name one with --account, ZEGEL_ACCOUNT or default_account".to_owned())
            }
            Self::UnknownAccount { .. } => Some("run: zegel account list".to_owned()),
            Self::AccountExists { .. } => {
                Some("choose another name, or ask for replacing by name".to_owned())
            }
            Self::Text { hint, .. } => hint.map(str::to_owned),
            Self::Environment(error) => error.hint(),
            Self::File(error) => error.hint(),
            Self::AccountName | Self::Variable { .. } | Self::Override { .. } => None,
        }
    }

    /// What is wrong with the configuration of the computer, or with the user's beside it.
    pub(super) fn machine(path: &Path, message: &str) -> Self {
        Self::Text {
            file: path.display().to_string(),
            line: 1,
            column: 1,
            field: String::new(),
            message: message.to_owned(),
            hint: Some("ask whoever keeps this computer; nothing is sent until both agree"),
        }
    }

    pub(super) fn in_file(self, path: &Path) -> Self {
        match self {
            Self::Text { line, column, field, message, hint, .. } => {
                Self::Text { file: path.display().to_string(), line, column, field, message, hint }
            }
            other => other,
        }
    }

    pub(super) fn from_toml(text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let message = error.message();
        Self::Text {
            file: "configuration".to_owned(),
            line,
            column,
            field: field_at(text, before, line).to_owned(),
            hint: hint_for(message),
            message: without_value(message),
        }
    }
}

/// Takes the value out of what serde says is wrong with it: `invalid type: string "hunter2", expected u16`.
///
/// What was expected is our own text and stands last; a value that contains the same words stands before it.
fn without_value(message: &str) -> String {
    if let Some((name, expected)) =
        message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'))
        && !(name.len() <= 20 && name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    {
        // No field of ours looks like that, so that it need not be a slip of the pen.
        return format!("unknown field{expected}");
    }
    let names_value = ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant "]
        .iter()
        .any(|start| message.starts_with(start));
    match message.rsplit_once(", expected ") {
        Some((_, expected)) if names_value => format!("not what belongs here, expected {expected}"),
        None if names_value => "not what belongs here".to_owned(),
        _ => message.lines().collect::<Vec<_>>().join(", "),
    }
}

/// Returns the key or table header on a line. The value is left out: somebody may have put a password there.
fn field_at<'a>(text: &'a str, before: &str, line: usize) -> &'a str {
    // Inside a text of several lines there are no keys, whatever it looks like.
    let inside = |quote: &str| before.matches(quote.repeat(3).as_str()).count() % 2 == 1;
    if inside("\"") || inside("'") {
        return "";
    }
    let content = text.lines().nth(line.saturating_sub(1)).unwrap_or_default().trim();
    let field = match content.split_once('=') {
        Some((key, _)) => key.trim(),
        None if content.starts_with('[') => content.trim_matches(['[', ']']),
        None => "",
    };
    if is_known(field) { field } else { "" }
}

/// Says whether a key or header is made of our own words: any other line may be a password that was pasted there, and a
/// base64 one ends with `=`, as a key does.
fn is_known(field: &str) -> bool {
    let (table, account) = match field.strip_prefix("account.") {
        Some(rest) => rest.split_once('.').map_or(("", rest), |(account, table)| (table, account)),
        None => (field, "-"),
    };
    let words = table.split('.').map(str::trim);
    account.parse::<super::AccountName>().is_ok()
        && (table.is_empty() && field != table || words.clone().all(|word| WORDS.contains(&word)))
}

fn hint_for(message: &str) -> Option<&'static str> {
    if message.contains("`allow_classic`") {
        return Some("sealing for a classic key is asked for by name each time: --allow-classic");
    }
    if message.contains("unknown field `pass")
        || message.contains("password never")
        || message.contains("a password comes from")
    {
        return Some(super::password::HINT);
    }
    message.contains("missing field `version`").then_some("the first line of the file is: version = 1")
}

/// All keys and tables there are; nothing else is repeated from the text as the name of a field.
const WORDS: [&str; 23] = [
    "account",
    "address",
    "auth",
    "ca_file",
    "default_account",
    "folder",
    "from",
    "host",
    "identity",
    "kind",
    "name",
    "part_threshold",
    "password",
    "path",
    "port",
    "seal",
    "sent",
    "smtp",
    "subject",
    "timeout_seconds",
    "tls",
    "username",
    "version",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_words_are_a_field() {
        for known in ["version", "seal", "seal.subject", "account.work", "account.work.smtp", "password.from"]
        {
            assert_eq!(field_at(&format!("[{known}]"), "", 1), known);
            assert_eq!(field_at(&format!("{known} = 1"), "", 1), known);
        }
        for line in [
            "cGFzc3dvcmQ=",
            "cGFzc3dvcmQ==",
            "cGFzc3dvcmQ= 1",
            "[cGFzc3dvcmQ=]",
            "[hunter2]",
            "account.work.hunter2 = 1",
            "smtp.hunter2 = 1",
            "hunter2",
            "= 1",
        ] {
            assert_eq!(field_at(line, "", 1), "", "{line}");
        }
    }

    #[test]
    fn a_base64_password_on_a_line_of_its_own_is_not_shown() {
        for line in
            ["cGFzc3dvcmQ=", "cGFzc3dvcmQ==", "cGFzc3dvcmQ= 1", "cGFzc3dvcmQ", "hunter2 = 1", "[hunter2]"]
        {
            for before in
                ["version = 1\n", "version = 1\n[account.a]\naddress = \"a@b.c\"\n[account.a.smtp]\n"]
            {
                let error = super::super::Config::parse(&format!("{before}{line}\n")).unwrap_err();
                let shown = format!("{error} {error:?} {:?}", error.hint());
                assert!(!shown.contains("cGFzc3") && !shown.contains("hunter2"), "{line}: {shown}");
            }
        }
    }
}
