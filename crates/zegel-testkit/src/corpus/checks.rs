//! The check digits and letters of what the corpus generates, written from their definitions.
//!
//! No detector may use this module, and it uses none: a mistake made once must not confirm itself.

mod companies;
mod persons;
#[cfg(test)]
mod tests;

use super::entity::Entity;
use super::values::IBANS;

pub(super) use self::companies::vat;
pub(super) use self::persons::{cf_letter, dni_letter, insz_key, nir_key};

/// Tells whether a text can be a value of an entity: its check for those that have one, else its rough shape.
pub(super) fn holds(entity: Entity, text: &str) -> bool {
    let value = compact(text);
    let count = value.chars().filter(char::is_ascii_digit).count();
    match entity {
        Entity::BelgianInsz => persons::insz(&value),
        Entity::Bsn | Entity::Rsin => eleven(&value),
        Entity::FrenchNir => persons::nir(&value),
        Entity::GermanIdnr => persons::idnr(&value),
        Entity::Iban => iban(&value),
        Entity::ItalianCf => persons::cf(&value),
        Entity::PaymentCard => card(&value),
        Entity::PolishPesel => persons::pesel(&value),
        Entity::Snomed => snomed(&value),
        Entity::SpanishDni => persons::dni(&value),
        Entity::UkNhs => persons::nhs(&value),
        Entity::VatNumber => vat(&value),
        Entity::Agb | Entity::Kvk => value.len() == 8 && count == 8,
        Entity::Atc => value.len() == 7 && count == 4,
        Entity::Big => value.len() == 11 && count == 11,
        Entity::Uzi => (8..=9).contains(&value.len()) && count == value.len(),
        Entity::BirthDate => (3..=8).contains(&count),
        Entity::CaseNumber | Entity::PatientNumber => count >= 4,
        Entity::DrivingLicence | Entity::IdentityCard | Entity::Passport => value.len() >= 8 && count >= 1,
        Entity::Icd10 => (3..=5).contains(&value.len()) && count >= 2,
        Entity::Phone => (9..=15).contains(&count),
        Entity::PostalAddress => count >= 1 && value.len() > count + 3,
        Entity::Postcode => (5..=8).contains(&value.len()) && count >= 2,
        Entity::PrivateKey => text.contains("PRIVATE KEY") || text.starts_with("AGE-SECRET-KEY-"),
        Entity::Token | Entity::EnvSecret => text.len() >= 8 && !text.contains(' '),
        Entity::Password => text.len() >= 6,
        Entity::Diagnosis | Entity::Medication => text.len() >= 2,
    }
}

/// Leaves only letters and digits, in capitals.
pub(super) fn compact(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
}

/// Reads a text of `count` digits.
pub(super) fn digits(value: &str, count: usize) -> Option<Vec<u32>> {
    let digits: Vec<u32> = value.chars().map(|letter| letter.to_digit(10)).collect::<Option<_>>()?;
    (digits.len() == count).then_some(digits)
}

/// The sum of digits times weights.
pub(super) fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// The test of eleven of BSN and RSIN: weights 9 to 2, and −1 for the last digit.
pub(super) fn eleven(value: &str) -> bool {
    digits(value, 9).is_some_and(|digits| {
        let sum = weighted(&digits[..8], &[9, 8, 7, 6, 5, 4, 3, 2]);
        sum > 0 && sum % 11 == digits[8]
    })
}

/// ISO 7064 mod 97-10: letters count as 10 to 35, the remainder is 1.
pub(super) fn mod_97(text: &str) -> u32 {
    text.chars().fold(0, |remainder, letter| {
        let number = letter.to_digit(36).expect("only letters and digits come here");
        (remainder * if number > 9 { 100 } else { 10 } + number) % 97
    })
}

fn iban(value: &str) -> bool {
    let Some((country, rest)) = value.split_at_checked(2) else { return false };
    let right_length = IBANS.iter().any(|(code, mask)| *code == country && mask.len() + 4 == value.len());
    right_length && mod_97(&format!("{}{country}{}", &rest[2..], &rest[..2])) == 1
}

/// Luhn's sum: every second digit from the right doubled, minus nine where that exceeds nine.
pub(super) fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match place % 2 {
            0 => *digit,
            _ if *digit > 4 => digit * 2 - 9,
            _ => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

fn card(value: &str) -> bool {
    let Some(all) = digits(value, value.len()) else { return false };
    if !(12..=19).contains(&all.len()) {
        return false;
    }
    let first: u32 = all[..6].iter().fold(0, |number, digit| number * 10 + digit);
    // Visa, Mastercard (two ranges), American Express, Discover, Diners, JCB, Maestro, UnionPay.
    let issuer = match (first, all.len()) {
        (400_000..=499_999, 13 | 16 | 19)
        | (510_000..=559_999 | 222_100..=272_099, 16)
        | (340_000..=349_999 | 370_000..=379_999, 15)
        | (601_100..=601_199 | 644_000..=659_999, 16..=19)
        | (300_000..=305_999 | 360_000..=369_999 | 380_000..=399_999, 14)
        | (352_800..=358_999 | 620_000..=629_999, 16..=19) => true,
        (first, 12..=19) => matches!(first / 100, 5018 | 5020 | 5038 | 5893 | 6304 | 6390 | 6700..=6799),
        _ => false,
    };
    issuer && luhn(&all)
}

/// The digit that Verhoeff's scheme appends.
pub(super) fn verhoeff_digit(digits: &[u32]) -> usize {
    let sum = verhoeff(digits, 1);
    (0..10).find(|digit| TIMES[sum][*digit] == 0).expect("a group has inverses")
}

fn verhoeff(digits: &[u32], place: usize) -> usize {
    digits.iter().rev().enumerate().fold(0, |sum, (from_right, digit)| {
        let digit = usize::try_from(*digit).expect("a digit fits");
        TIMES[sum][TURNED[(from_right + place) % 8][digit]]
    })
}

/// A SNOMED CT identifier: 6 to 18 digits, no leading zero, the two before the last say what it is of.
fn snomed(value: &str) -> bool {
    let Some(all) = digits(value, value.len()) else { return false };
    if !(6..=18).contains(&all.len()) || all[0] == 0 {
        return false;
    }
    let partition = &all[all.len() - 3..all.len() - 1];
    partition[0] <= 1 && partition[1] <= 2 && verhoeff(&all, 0) == 0
}

/// Multiplication in the symmetries of a pentagon.
const TIMES: [[usize; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];

/// Verhoeff's permutation, by place from the right.
const TURNED: [[usize; 10]; 8] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
    [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
    [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
    [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
    [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
    [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
];
