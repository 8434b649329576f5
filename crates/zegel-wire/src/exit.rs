//! Exit codes: what a script sees (sysexits, as sendmail and msmtp use them). Numbers are never re-used.

use serde::Serialize;

/// Why a program ended; the number is its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
#[repr(u8)]
pub enum Exit {
    /// 0: everything asked for was done.
    Done = 0,
    /// 1: some rows or mails of several were not sent; the report names each.
    SomeFailed = 1,
    /// 64: the command line is wrong.
    Usage = 64,
    /// 65: the input is not what it should be: a broken mail, a forged or damaged message.
    BadData = 65,
    /// 66: a file that was named does not exist or cannot be read.
    NoInput = 66,
    /// 67: there is no route to a recipient, or no key here opens the message.
    NoRoute = 67,
    /// 69: a server refused for good, or cannot be trusted (certificate).
    Unavailable = 69,
    /// 70: a bug of ours.
    Bug = 70,
    /// 74: reading or writing failed: disk full, permission, broken pipe.
    Io = 74,
    /// 75: a passing fault; the same command may work later.
    TryLater = 75,
    /// 77: the policy refused.
    Policy = 77,
    /// 78: the configuration is missing or wrong.
    Config = 78,
}

impl Exit {
    /// All codes, in order.
    pub const ALL: [Self; 12] = [
        Self::Done,
        Self::SomeFailed,
        Self::Usage,
        Self::BadData,
        Self::NoInput,
        Self::NoRoute,
        Self::Unavailable,
        Self::Bug,
        Self::Io,
        Self::TryLater,
        Self::Policy,
        Self::Config,
    ];

    /// Returns the number the operating system gets.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// Returns one sentence for the table in `docs/exit-codes.md`.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "everything asked for was done",
            Self::SomeFailed => "some rows or mails of several were not sent; the report names each",
            Self::Usage => "the command line is wrong",
            Self::BadData => "the input is broken, damaged or forged",
            Self::NoInput => "a file that was named does not exist or cannot be read",
            Self::NoRoute => "no route to a recipient, or no key here opens the message",
            Self::Unavailable => "a server refused for good, or its certificate cannot be trusted",
            Self::Bug => "a bug in Zegel; please report it",
            Self::Io => "reading or writing failed",
            Self::TryLater => "a passing fault; the same command may work later",
            Self::Policy => "the policy refused",
            Self::Config => "the configuration is missing or wrong",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_sysexits_and_in_order() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|e| e.code()).collect();
        assert_eq!(codes, [0, 1, 64, 65, 66, 67, 69, 70, 74, 75, 77, 78]);
    }
}
