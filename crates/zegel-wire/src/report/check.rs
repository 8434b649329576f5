//! What the policy says of drafts, and of itself.

use serde::{Deserialize, Serialize};

/// A text in the languages of the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordsView {
    /// Dutch.
    pub nl: String,
    /// English.
    pub en: String,
}

/// `check`: what the policy says of one draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// The file; absent for standard input.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// The policy's name and issue.
    pub policy: PolicyNameView,
    /// `allow`, `seal`, `warn` or `block`.
    pub verdict: String,
    /// Every rule that fired, strictest first.
    pub findings: Vec<FindingView>,
    /// The classes of the message.
    pub classes: Vec<String>,
    /// The highest level among them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub level: Option<String>,
    /// What a guest would have to prove: `strong` or `mailed`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub second_factor: Option<String>,
    /// How many days a guest could read it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_days: Option<u32>,
    /// The archives it would be sealed to as well.
    pub archives: Vec<String>,
    /// Who may get it unsealed.
    pub plain: Vec<String>,
    /// What nobody looked into.
    pub not_examined: Vec<UnreadView>,
}

/// Which policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyNameView {
    /// Its name.
    pub name: String,
    /// Its issue.
    pub serial: u64,
}

/// A rule that fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingView {
    /// The rule.
    pub rule: String,
    /// `allow`, `seal`, `warn` or `block`.
    pub action: String,
    /// The class it puts the message in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub class: Option<String>,
    /// Why it is a rule.
    pub explain: WordsView,
    /// How it can be overruled: `by-name`, `justify` or `never`.
    pub accept: String,
    /// Whether the sender accepted it.
    pub accepted: bool,
    /// How much it rests on.
    pub count: u64,
    /// How many different values that is.
    pub different: u64,
    /// What it rests on; at most 50 of them.
    pub evidence: Vec<EvidenceView>,
}

/// One thing that a rule rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceView {
    /// Where, for people.
    pub place: String,
    /// The words, hidden in part when that was asked for, or what is the case.
    pub words: String,
    /// The detector.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detector: Option<String>,
    /// `low`, `medium` or `high`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confidence: Option<String>,
    /// The line, counted from 1, where there are lines.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
}

/// Something that nobody looked into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadView {
    /// Where.
    pub place: String,
    /// Why: `encrypted`, `image-only`, …
    pub reason: String,
}

/// `policy show`, `policy lint`: a policy and its rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyView {
    /// The policy.
    pub policy: PolicyNameView,
    /// The file; absent for the built-in one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// The key that signed it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signer: Option<String>,
    /// The user's own policy that was added.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub own: Option<String>,
    /// Its classes.
    pub classes: Vec<ClassView>,
    /// Its rules.
    pub rules: Vec<RuleView>,
}

/// A class of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassView {
    /// Its name.
    pub id: String,
    /// `low`, `middle` or `high`.
    pub level: String,
    /// For people.
    pub label: WordsView,
    /// The archive that everything of it is sealed to as well.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub archive: Option<String>,
}

/// A rule of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleView {
    /// Its name.
    pub id: String,
    /// What it does.
    pub action: String,
    /// Its class.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub class: Option<String>,
    /// How it can be overruled.
    pub accept: String,
    /// Why.
    pub explain: WordsView,
    /// Its conditions, in words.
    pub conditions: Vec<String>,
}

/// `policy test`: the examples beside a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyTestReport {
    /// The policy.
    pub policy: PolicyNameView,
    /// Every example.
    pub examples: Vec<ExampleView>,
    /// How many were judged as expected.
    pub passed: u64,
    /// How many were not.
    pub failed: u64,
}

/// One example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExampleView {
    /// Its name.
    pub name: String,
    /// Whether it was judged as expected.
    pub passed: bool,
    /// What differs, when it was not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub difference: Option<String>,
}

/// `policy sign`: what was signed and with which key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicySignedView {
    /// The policy.
    pub policy: PolicyNameView,
    /// The signature.
    pub path: String,
    /// The key, as the configuration of everybody in the organisation has to name it.
    pub signer: String,
}

/// `policy init`: the file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyInitView {
    /// The file; absent for standard output.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// The template.
    pub template: String,
}
