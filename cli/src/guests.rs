//! What the command line offers to recipients without a card.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use zegel_core::Address;
use zegel_core::mime::Draft;
use zegel_core::policy::{AccessCode, GuestFactor, GuestOffers, PhoneNumber};
use zegel_wire::error::Kind;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::{input, server};

/// Longest file of access codes.
const CODES_MAX: u64 = 256 << 10;

/// What recipients without a card must prove, and for how long they can read.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Recipients without a key")]
pub(crate) struct GuestArgs {
    /// Let this recipient in with a code by SMS to this number; can be repeated
    #[arg(long, value_name = "ADDRESS=NUMBER")]
    sms: Vec<Named>,
    /// Let recipients in with an access code that you agreed on: lines ADDRESS=CODE, or one code for all; `-` is standard input
    #[arg(long, value_name = "FILE")]
    access_code_file: Option<PathBuf>,
    /// Let this recipient in with a code by mail, where the policy says that this is enough; can be repeated
    #[arg(long, value_name = "ADDRESS")]
    mail_code: Vec<Address>,
    /// End the message for them after so many days, for example 30d
    #[arg(long, value_name = "DAYS")]
    expires: Option<Days>,
}

/// An address and something for it.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    address: Address,
    number: PhoneNumber,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, number) = text.rsplit_once('=').ok_or("write ADDRESS=NUMBER")?;
        let address = address.trim().parse::<Address>().map_err(|error| error.to_string())?;
        let number = number.parse::<PhoneNumber>().map_err(|error| error.to_string())?;
        Ok(Self { address, number })
    }
}

/// A number of days.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Days(pub(crate) u32);

impl FromStr for Days {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let number = text.strip_suffix('d').unwrap_or(text);
        match number.parse() {
            Ok(days @ 1..=400) => Ok(Self(days)),
            _ => Err("a number of days from 1 to 400, for example 30d"),
        }
    }
}

impl GuestArgs {
    fn is_empty(&self) -> bool {
        self.sms.is_empty()
            && self.access_code_file.is_none()
            && self.mail_code.is_empty()
            && self.expires.is_none()
    }

    /// Returns what is offered; nothing when the sender has no server.
    ///
    /// # Errors
    /// Code 64 for an address that is no recipient or stands twice, 65 for a code that is none, 66 for a file that is not there, 78
    /// when something is offered and there is no server.
    pub(crate) fn offers(&self, draft: &Draft, context: &Context<'_>) -> Result<Option<GuestOffers>> {
        let from = &draft.from().address;
        if !server::is_member(from, context)? {
            if self.is_empty() {
                return Ok(None);
            }
            return Err(Failure::new(
                Kind::NoServer,
                format!("{from} has no server that could keep a message for a recipient without a key"),
            )
            .hint(format!("ask your administrator for an invitation, then: zegel login --address {from}")));
        }
        let mut offers = GuestOffers { days: self.expires.map(|days| days.0), ..GuestOffers::default() };
        for Named { address, number } in &self.sms {
            add(&mut offers.factors, address, GuestFactor::Sms(number.clone()))?;
        }
        for address in &self.mail_code {
            add(&mut offers.factors, address, GuestFactor::Mail)?;
        }
        if let Some(path) = &self.access_code_file {
            let text = Zeroizing::new(input::read_text(path, CODES_MAX)?);
            self.read_codes(&text, &mut offers)?;
        }
        let recipients = [draft.to(), draft.cc(), draft.bcc()];
        let is_recipient = |address: &Address| {
            recipients.iter().any(|list| list.iter().any(|mailbox| mailbox.address == *address))
        };
        match offers.factors.keys().find(|address| !is_recipient(address)) {
            Some(stranger) => Err(Failure::usage(format!("{stranger} is no recipient of this mail"))),
            None => Ok(Some(offers)),
        }
    }

    fn read_codes(&self, text: &str, offers: &mut GuestOffers) -> Result<()> {
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let wrong = |number: usize, what: &dyn std::fmt::Display| {
            // Never the line itself: it holds a code.
            Failure::new(Kind::BadMail, format!("line {number} of the access codes: {what}"))
                .hint("lines ADDRESS=CODE, or one line with a code for all; nothing was sent")
        };
        for (number, line) in (1..).zip(&lines) {
            let (address, code) = match line.split_once('=') {
                Some((address, code)) => (Some(address), code),
                None if lines.len() == 1 => (None, *line),
                None => return Err(wrong(number, &"there is no address")),
            };
            let code = AccessCode::parse(code).map_err(|error| wrong(number, &error))?;
            match address {
                None => offers.otherwise = Some(GuestFactor::Code(code)),
                Some(address) => {
                    let address = address.trim().parse::<Address>().map_err(|error| wrong(number, &error))?;
                    add(&mut offers.factors, &address, GuestFactor::Code(code))?;
                }
            }
        }
        if lines.is_empty() { Err(wrong(1, &"there is no code")) } else { Ok(()) }
    }
}

fn add(factors: &mut BTreeMap<Address, GuestFactor>, address: &Address, factor: GuestFactor) -> Result<()> {
    match factors.insert(address.clone(), factor) {
        None => Ok(()),
        Some(_) => Err(Failure::usage(format!("{address} has more than one way to prove who they are"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Result<GuestOffers> {
        let mut offers = GuestOffers::default();
        GuestArgs::default().read_codes(text, &mut offers).map(|()| offers)
    }

    #[test]
    fn codes_are_for_all_or_for_each() {
        let all = codes("blauwe-maan-42\n").unwrap();
        assert!(all.factors.is_empty() && matches!(all.otherwise, Some(GuestFactor::Code(_))));
        let each = codes("bob@example.org=blauwe maan\n\ncarol@example.org = 123 456\n").unwrap();
        assert_eq!(each.factors.len(), 2);
        assert_eq!(each.otherwise, None);
        for bad in [
            "",
            "short",
            "bob@example.org=blauwe maan\nblauwe maan\n",
            "bob=blauwe maan",
            "a@b.example=12345",
        ] {
            let failure = codes(bad).unwrap_err();
            assert!(!failure.sentence().contains("maan"), "{}", failure.sentence());
        }
        assert!(codes("b@example.org=blauwe maan\nB@example.org=blauwe maan").is_err());
    }

    #[test]
    fn numbers_and_days_are_looked_at() {
        let named: Named = "bob@example.org=+31 6 0000 0001".parse().unwrap();
        assert_eq!(named.number.expose(), "+31600000001");
        for bad in ["bob@example.org", "bob=+31600000001", "bob@example.org=0600000001"] {
            assert!(bad.parse::<Named>().is_err(), "{bad}");
        }
        assert_eq!("30d".parse::<Days>().unwrap().0, 30);
        assert!(["0d", "401", "d", "-1", "1w"].iter().all(|bad| bad.parse::<Days>().is_err()));
    }
}
