//! Accounts, the doctor and the smoke test.

use serde::{Deserialize, Serialize};

use crate::error::ErrorView;

/// One account: whom mail is from and how it is submitted. Never a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// Its name.
    pub name: String,
    /// The sender's address.
    pub address: String,
    /// Whether it is used when none is named.
    pub default: bool,
    /// The SMTP server.
    pub server: String,
    /// The port.
    pub port: u16,
    /// `tls`, `starttls` or `none`.
    pub security: String,
    /// The user name, when the server wants one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<String>,
    /// Where the password comes from: `keyring`, `file`, `command` or `none`.
    pub password: String,
    /// Where sent copies go.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sent_copy: Option<String>,
}

/// `account list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountListView {
    /// The accounts, ordered by name.
    pub accounts: Vec<AccountView>,
}

/// `account test`: the server was reached and accepted the login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountTestView {
    /// The account.
    pub name: String,
    /// The SMTP server and port.
    pub server: String,
    /// How the connection is protected.
    pub security: String,
    /// Whether a login was tried and accepted.
    pub authenticated: bool,
    /// How long it took.
    pub millis: u64,
}

/// The outcome of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CheckState {
    /// Something is wrong.
    Fail,
    /// Something was wrong and is repaired.
    Fixed,
    /// All is well.
    Ok,
    /// Not looked at.
    Skipped,
    /// It works, but should be looked at.
    Warn,
}

/// One check of `doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckView {
    /// What was checked.
    pub name: String,
    /// How it is.
    pub state: CheckState,
    /// What was found.
    pub detail: String,
    /// What can be done.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}

/// `doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoctorView {
    /// Whether nothing is wrong.
    pub healthy: bool,
    /// The checks, in order.
    pub checks: Vec<CheckView>,
}

/// One step of `smoke`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmokeStep {
    /// What was done.
    pub name: String,
    /// Whether it worked; a step that was not reached did not.
    pub passed: bool,
    /// Whether it was not reached.
    pub skipped: bool,
    /// How long it took, in microseconds.
    pub micros: u64,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<ErrorView>,
}

/// `smoke`: the whole chain, step by step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmokeReport {
    /// Whether every step passed.
    pub passed: bool,
    /// The program's version.
    pub version: String,
    /// What was tested: `embedded` or the name of an account.
    pub target: String,
    /// When it began.
    pub started: String,
    /// The steps, in order.
    pub steps: Vec<SmokeStep>,
    /// How long everything took, in microseconds.
    pub micros: u64,
}
