//! Examples beside a policy: a mail, and what is expected of it (`docs/formats/policy.md` section 7).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::PolicyError;
use super::facts::ScanResult;
use super::terms::{LocalTime, Verdict};
use crate::material::Origin;
use crate::mime::Draft;
use crate::people::{Everybody, History, Ledger, Mail};
use crate::time::Timestamp;
use crate::{Address, Mailbox};

/// What is expected of one example.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The verdict that is expected.
    pub verdict: Verdict,
    /// The rules that are to fire: exactly these.
    pub rules: Vec<String>,
    /// Who was written to before; without it, everybody.
    history: Option<Vec<String>>,
    /// Who was written to together before: each list is the people of one mail, sent often. They count as written to as well.
    #[serde(default)]
    together: Vec<Vec<String>>,
    /// The sender's local time, RFC 3339; without it, a Wednesday at ten.
    at: Option<String>,
    /// What the virus scanner says of files by their name: `clean`, or the name of what it found. It did not look at a file
    /// that is `not scanned`, or not mentioned. Without this table no scanner is configured.
    scan: Option<BTreeMap<String, String>>,
}

impl Example {
    /// Reads what is expected.
    ///
    /// # Errors
    /// When it is not TOML of that form.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        toml::from_str(text).map_err(|error| PolicyError::syntax(text, &error))
    }

    /// Returns the history that the example supposes.
    ///
    /// # Errors
    /// Says which address is none.
    pub fn history(&self) -> Result<Box<dyn History>, String> {
        if self.history.is_none() && self.together.is_empty() {
            return Ok(Box::new(Everybody));
        }
        let mut ledger = Ledger::new([0; 32]);
        let alone = self.history.iter().flatten().map(std::slice::from_ref);
        for mail in alone.chain(self.together.iter().map(Vec::as_slice)) {
            // An address, or a name with it: namesakes are told by their names.
            let person = |text: &String| {
                let bare = |text: &str| text.parse::<Address>().ok().map(Mailbox::from);
                let named = text.strip_suffix('>').and_then(|text| text.split_once('<'));
                let mailbox = match named {
                    Some((name, address)) => {
                        bare(address).map(|mailbox| Mailbox { name: Some(name.trim().to_owned()), ..mailbox })
                    }
                    None => bare(text),
                };
                mailbox.ok_or_else(|| format!("{text:?} is no address"))
            };
            let to = mail.iter().map(person).collect::<Result<Vec<_>, _>>()?;
            // Often enough to count as somebody one knows.
            for _ in 0..4 {
                ledger.record(&Mail { at: Timestamp::from_unix(1_700_000_000), id: None, to: &to });
            }
        }
        Ok(Box::new(ledger))
    }

    /// Returns the sender's local time, when the example names one.
    pub fn local_time(&self) -> Option<Result<LocalTime, String>> {
        self.at.as_deref().map(|text| read_time(text).ok_or_else(|| format!("{text:?} is no RFC 3339 time")))
    }

    /// Returns what the virus scanner says of a draft; its text is always clean.
    pub fn scans(&self, draft: &Draft) -> Option<BTreeMap<Origin, ScanResult>> {
        let said = self.scan.as_ref()?;
        let result = |name: &str| match said.get(name).map(String::as_str) {
            Some("clean") => ScanResult::Clean,
            None | Some("not scanned") => ScanResult::NotScanned("the example says so".to_owned()),
            Some(found) => ScanResult::Infected(found.to_owned()),
        };
        let files = draft.attachments().into_iter().map(|one| (one.origin(), result(&one.name)));
        Some(files.chain([(Origin::Body, ScanResult::Clean)]).collect())
    }
}

/// Reads `2026-11-21T10:00:00+01:00` or the same with `Z`, as the hour that the clock on the wall shows.
fn read_time(text: &str) -> Option<LocalTime> {
    let (moment, offset) = text.split_at_checked(19)?;
    let moment: Timestamp = format!("{moment}Z").parse().ok()?;
    let good = offset == "Z"
        || (offset.len() == 6
            && offset.starts_with(['+', '-'])
            && offset.chars().skip(1).all(|c| c.is_ascii_digit() || c == ':'));
    // What is written is the local time already; the offset says how far that is from UTC.
    good.then(|| LocalTime::at(moment, 0))
}
