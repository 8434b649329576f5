mod groups;
mod ledger;
mod lookalike;

use super::*;
use crate::address::{Address, Domain, Mailbox};
use crate::time::Timestamp;

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn domain(text: &str) -> Domain {
    text.parse().unwrap()
}

/// Reads `Name <address>` or an address.
fn mailbox(text: &str) -> Mailbox {
    match text.split_once(" <") {
        Some((name, rest)) => {
            Mailbox { address: address(rest.trim_end_matches('>')), name: Some(name.to_owned()) }
        }
        None => Mailbox::from(address(text)),
    }
}

fn mailboxes(texts: &[&str]) -> Vec<Mailbox> {
    texts.iter().map(|text| mailbox(text)).collect()
}

fn organisation() -> Organisation {
    Organisation {
        domains: vec!["ziekenhuis.example".parse().unwrap(), ".ziekenhuis.example".parse().unwrap()],
        partners: vec!["huisarts.example".parse().unwrap()],
        roles: ["Poortwachter".to_owned()].into(),
        denied: vec!["@concurrent.example".parse().unwrap()],
        ..Organisation::default()
    }
}

/// Makes a history of mails, each to these people.
fn history(mails: &[&[&str]]) -> Ledger {
    let mut ledger = Ledger::new([7; 32]);
    for (number, to) in mails.iter().enumerate() {
        let at = Timestamp::from_unix(1_000 + number as u64);
        assert!(ledger.record(&Mail { at, id: None, to: &mailboxes(to) }));
    }
    ledger
}

fn names(groups: &Groups) -> String {
    groups.iter().map(Group::name).collect::<Vec<_>>().join(" ")
}

fn classify_one(text: &str, history: &dyn History) -> Groups {
    classify(&address("alice@ziekenhuis.example"), &[mailbox(text)], &organisation(), history).remove(0)
}
