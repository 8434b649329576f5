//! Guests: recipients without a card, and what the sender says each of them must prove.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::address::Address;
use crate::guest::{GuestError, normalize_code};

/// Fewest digits of a phone number, its country code included.
const DIGITS_MIN: usize = 8;
/// Most digits of a phone number (ITU-T E.164 section 6).
const DIGITS_MAX: usize = 15;

/// How long a guest can read, unless the sender or the policy says otherwise: days.
pub const GUEST_DAYS: u32 = 90;
/// How long a guest can read at most: days.
pub const GUEST_DAYS_MAX: u32 = 400;

/// Tells that a text is not a phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a phone number begins with + and the country code, for example +31 6 0000 0000")]
pub struct PhoneNumberError;

/// A phone number (E.164) that a code is sent to. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber(Zeroizing<String>);

impl PhoneNumber {
    /// Returns the number with its plus sign, digits only.
    pub fn expose(&self) -> &str {
        // EXPOSE: this is the function that hands the number to the server.
        &self.0
    }
}

impl FromStr for PhoneNumber {
    type Err = PhoneNumberError;

    /// Reads a number as people write it: blanks, hyphens, dots and parentheses do not count.
    fn from_str(text: &str) -> Result<Self, PhoneNumberError> {
        let digits = text.trim().strip_prefix('+').ok_or(PhoneNumberError)?;
        let mut number = Zeroizing::new(String::with_capacity(text.len()));
        number.push('+');
        for c in digits.chars() {
            match c {
                '0'..='9' => number.push(c),
                ' ' | '-' | '.' | '(' | ')' => {}
                _ => return Err(PhoneNumberError),
            }
        }
        // E.164: no country code begins with 0. That also catches "+06…".
        let fits = (DIGITS_MIN..=DIGITS_MAX).contains(&(number.len() - 1)) && !number.starts_with("+0");
        if fits { Ok(Self(number)) } else { Err(PhoneNumberError) }
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(…)")
    }
}

/// An access code that sender and guest agreed on, as it was typed. `Debug` does not show it.
#[derive(Clone)]
pub struct AccessCode(Zeroizing<String>);

impl AccessCode {
    /// Takes a code that is long enough.
    ///
    /// # Errors
    /// [`GuestError::Code`].
    pub fn parse(text: &str) -> Result<Self, GuestError> {
        normalize_code(text).map(Self)
    }

    /// Returns the normalised code.
    pub fn expose(&self) -> &str {
        // EXPOSE: this is the function that hands the code to the derivation of its keys.
        &self.0
    }
}

impl fmt::Debug for AccessCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessCode(…)")
    }
}

impl PartialEq for AccessCode {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for AccessCode {}

/// What a guest must prove besides having the link.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GuestFactor {
    /// That they know the access code.
    Code(AccessCode),
    /// That they have the mailbox the link went to: no second factor, and only where the policy says so.
    Mail,
    /// That they have the phone.
    Sms(PhoneNumber),
}

impl GuestFactor {
    /// Says whether it is a factor other than the mailbox.
    pub fn is_strong(&self) -> bool {
        !matches!(self, Self::Mail)
    }

    /// Returns the word for reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Code(_) => "code",
            Self::Mail => "mail",
            Self::Sms(_) => "sms",
        }
    }
}

/// What the sender offers to recipients without a card: a factor for each, and for how long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GuestOffers {
    /// The factor of each address.
    pub factors: BTreeMap<Address, GuestFactor>,
    /// The factor of everybody else.
    pub otherwise: Option<GuestFactor>,
    /// How many days they can read it; as the policy says when absent.
    pub days: Option<u32>,
}

impl GuestOffers {
    /// Returns what an address must prove.
    pub(super) fn factor(&self, address: &Address) -> Option<&GuestFactor> {
        self.factors.get(address).or(self.otherwise.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_international() {
        for text in ["+31600000001", "+31 6 0000 00-01", " +31 (6) 00.00.00.01"] {
            assert_eq!(text.parse::<PhoneNumber>().unwrap().expose(), "+31600000001", "{text}");
        }
        for text in [
            "",
            "0600000001",
            "+",
            "+0600000001",
            "+3160",
            "+1234567890123456",
            "+31 6 call me",
            "++316000000",
        ] {
            assert!(text.parse::<PhoneNumber>().is_err(), "{text}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let factors = [
            GuestFactor::Code(AccessCode::parse("blauwe-maan-42").unwrap()),
            GuestFactor::Sms("+31600000001".parse().unwrap()),
        ];
        let shown = format!("{factors:?}");
        assert!(!shown.contains("42") && !shown.contains("600"), "{shown}");
    }
}
