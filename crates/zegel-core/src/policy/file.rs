//! The policy file as it is written (`docs/formats/policy.md` section 1): shapes only, nothing is judged here.

use serde::Deserialize;

/// Longest policy file in bytes; the TOML reader takes up to eighty times that in memory.
pub(super) const FILE_MAX: usize = 512 << 10;
/// The only format there is.
pub(super) const FORMAT: &str = "zegel/policy/v1";

/// A whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) format: String,
    pub(super) name: String,
    pub(super) serial: u64,
    #[serde(default)]
    pub(super) organisation: Organisation,
    #[serde(default)]
    pub(super) class: Vec<Class>,
    #[serde(default)]
    pub(super) rule: Vec<Rule>,
    #[serde(default)]
    pub(super) detector: Vec<Detector>,
}

/// Who belongs to whom.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Organisation {
    pub(super) domains: Vec<String>,
    pub(super) partners: Vec<String>,
    pub(super) freemail: Vec<String>,
    pub(super) disposable: Vec<String>,
    pub(super) roles: Vec<String>,
    pub(super) denied: Vec<String>,
    pub(super) visible_max: Option<u32>,
}

/// A text in the languages of the product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) nl: String,
    pub(super) en: String,
}

/// A class of data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Class {
    pub(super) id: String,
    pub(super) level: super::Level,
    pub(super) label: Words,
    pub(super) second_factor: Option<super::SecondFactor>,
    pub(super) expires_days: Option<u32>,
    #[serde(default)]
    pub(super) plain: Vec<String>,
    pub(super) archive: Option<Archive>,
}

/// A card that everything of a class is sealed to as well.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Archive {
    pub(super) address: String,
    pub(super) fingerprint: String,
}

/// A rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) class: Option<String>,
    pub(super) action: super::Action,
    pub(super) explain: Words,
    pub(super) accept: Option<super::Accept>,
    pub(super) when: Vec<When>,
    #[serde(default)]
    pub(super) unless: Vec<Unless>,
}

/// A condition: exactly one of these.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) enum When {
    Attachments(Attachments),
    Content(Content),
    Header(Header),
    Mistake(Vec<String>),
    Recipients(RecipientsAny),
    Sender(Vec<String>),
    Time(Time),
}

/// An exception: exactly one of these. None of them can come true by adding something to a draft.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) enum Unless {
    Recipients(RecipientsAll),
    Sender(Vec<String>),
    Time(Time),
}

/// What stands in the draft.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    pub(super) detectors: Vec<String>,
    pub(super) confidence: Option<String>,
    pub(super) count: Option<u32>,
    pub(super) different: Option<u32>,
    #[serde(rename = "in")]
    pub(super) places: Option<Vec<super::Area>>,
    pub(super) near: Option<Near>,
}

/// Another finding close by.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Near {
    pub(super) detectors: Vec<String>,
    pub(super) within: u32,
}

/// Some recipient, or the recipients together.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RecipientsAny {
    pub(super) any: Vec<String>,
    pub(super) visible_more_than: Option<u32>,
    pub(super) mixed: Option<Only>,
}

/// Every recipient.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecipientsAll {
    pub(super) all: Vec<String>,
}

/// A key that is `true` or not there: `false` would only look like a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "bool")]
pub(super) struct Only;

impl TryFrom<bool> for Only {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, Self::Error> {
        if value { Ok(Self) } else { Err("leave the key out in place of setting it to false") }
    }
}

/// A header field.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) contains: String,
}

/// The sender's local time.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Time {
    pub(super) days: Vec<super::Weekday>,
    pub(super) from: Option<String>,
    pub(super) before: Option<String>,
}

/// Some file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Attachments {
    pub(super) kind: Vec<crate::material::FileKind>,
    pub(super) mark: Vec<crate::material::Mark>,
    pub(super) name: Vec<String>,
    pub(super) larger_than_mb: Option<u32>,
    pub(super) unread: Vec<String>,
    pub(super) infected: Option<Only>,
    pub(super) not_scanned: Option<Only>,
}

/// A detector of one's own: exactly one of template, words and regex.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Detector {
    pub(super) id: String,
    pub(super) template: Option<OneOrMore>,
    pub(super) check: Option<Check>,
    pub(super) words: Option<Vec<String>>,
    pub(super) regex: Option<String>,
    pub(super) confidence: Option<crate::detect::Confidence>,
    #[serde(default)]
    pub(super) context: Context,
}

/// One text or a list of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    More(Vec<String>),
    One(String),
}

impl OneOrMore {
    /// Returns all of them.
    pub(super) fn to_list(&self) -> Vec<String> {
        match self {
            Self::More(list) => list.clone(),
            Self::One(one) => vec![one.clone()],
        }
    }
}

/// What the digits of a template must satisfy.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Check {
    Eleven,
    Luhn,
    Mod97,
}

impl From<Check> for crate::detect::Check {
    fn from(check: Check) -> Self {
        match check {
            Check::Eleven => Self::Eleven,
            Check::Luhn => Self::Luhn,
            Check::Mod97 => Self::Mod97,
        }
    }
}

/// Words around a finding that make it surer or less so.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Context {
    pub(super) raise: Vec<String>,
    pub(super) lower: Vec<String>,
    pub(super) within: Option<u32>,
}
