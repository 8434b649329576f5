//! Rules in words, for `zegel policy explain`: what the file says, so that nobody has to read TOML to know why.

use super::rules::{AttachmentTest, Condition, ContentTest, Exception, Rule, TimeTest};
use crate::detect::Confidence;

impl Rule {
    /// Returns the conditions as sentences: first those that must all hold, then, after "unless", those that must not.
    pub fn describe(&self) -> Vec<String> {
        let when = self.when.iter().map(describe);
        let unless = self.unless.iter().map(|exception| {
            let text = match exception {
                Exception::AllRecipients(list) => format!("every recipient is {}", or(list)),
                Exception::Sender(list) => format!("the sender is {}", or(list)),
                Exception::Time(test) => time(test),
            };
            format!("unless {text}")
        });
        when.chain(unless).collect()
    }
}

fn describe(condition: &Condition) -> String {
    match condition {
        Condition::Attachments(test) => attachments(test),
        Condition::Content(test) => content(test),
        Condition::Header { name, contains } => format!("the header {name} contains {contains:?}"),
        Condition::Mistake(slips) => format!("a slip was found: {}", or(slips)),
        Condition::Recipients(test) => {
            let mut said = Vec::new();
            if !test.any.is_empty() {
                said.push(format!("some recipient is {}", or(&test.any)));
            }
            if let Some(most) = test.visible_more_than {
                said.push(format!("more than {most} people stand in To and Cc"));
            }
            if test.mixed {
                said.push("internal and other people are among the recipients".to_owned());
            }
            said.join(", and ")
        }
        Condition::Sender(list) => format!("the sender is {}", or(list)),
        Condition::Time(test) => time(test),
    }
}

fn content(test: &ContentTest) -> String {
    let what = or(&test.detectors);
    let mut text = match (test.count, test.different) {
        (1, 1) => format!("{what} was found"),
        (count, 1) => format!("{what} was found at least {count} times"),
        (1, different) => format!("at least {different} different values of {what} were found"),
        (count, different) => {
            format!("{what} was found at least {count} times, {different} of them different")
        }
    };
    let areas: Vec<String> = test.areas.iter().map(word).collect();
    text.push_str(&format!(" in {}", areas.join(", ")));
    match test.confidence {
        Confidence::Low => text.push_str(", even if it may be chance"),
        Confidence::Medium => {}
        Confidence::High => text.push_str(", beyond doubt"),
    }
    if let Some((others, within)) = &test.near {
        text.push_str(&format!(", within {within} bytes of {}", or(others)));
    }
    text
}

fn attachments(test: &AttachmentTest) -> String {
    let mut said = Vec::new();
    if !test.kinds.is_empty() {
        said.push(format!("is {}", test.kinds.iter().map(word).collect::<Vec<_>>().join(" or ")));
    }
    if !test.marks.is_empty() {
        said.push(format!("has {}", test.marks.iter().map(word).collect::<Vec<_>>().join(" or ")));
    }
    if !test.names.is_empty() {
        said.push(format!("is called {}", or(&test.names)));
    }
    if let Some(most) = test.larger_than {
        said.push(format!("is larger than {} MiB", most >> 20));
    }
    if let Some(reasons) = &test.unread {
        let why = reasons.iter().map(word).collect::<Vec<_>>().join(" or ");
        said.push(if why.is_empty() {
            "was not examined".to_owned()
        } else {
            format!("was not examined: {why}")
        });
    }
    if test.infected {
        said.push("is infected".to_owned());
    }
    if test.not_scanned {
        said.push("was not scanned for viruses".to_owned());
    }
    format!("some file {}", said.join(" and "))
}

fn time(test: &TimeTest) -> String {
    let (from, before) = (clock(test.from), clock(test.before));
    let days: Vec<String> = test.days.iter().map(word).collect();
    let days = if days.is_empty() { "any day".to_owned() } else { days.join(", ") };
    format!("it is {days}, from {from} and before {before} where the sender is")
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn or<T: ToString>(list: impl IntoIterator<Item = T>) -> String {
    list.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(" or ")
}

/// Returns the word that stands for a value in policy files.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
