//! Right values of the entities that have a check, in capitals and without separators.

use super::checks::{cf_letter, dni_letter, holds, insz_key, nir_key, vat, verhoeff_digit};
use super::draw::Draw;
use super::entity::Entity;

/// Draws a right value. `None` for an entity without a check.
pub(super) fn value(entity: Entity, draw: &mut Draw) -> Option<String> {
    Some(match entity {
        Entity::BelgianInsz => insz(draw),
        Entity::Bsn | Entity::Rsin => bsn(entity, draw),
        Entity::FrenchNir => nir(draw),
        Entity::GermanIdnr => idnr(draw),
        Entity::Iban => iban(draw),
        Entity::ItalianCf => cf(draw),
        Entity::PaymentCard => card(draw),
        Entity::PolishPesel => pesel(draw),
        Entity::Snomed => snomed(draw),
        Entity::SpanishDni => dni(draw),
        Entity::UkNhs => last_digit(Entity::UkNhs, draw, "*########"),
        Entity::VatNumber => vat_number(draw),
        _ => return None,
    })
}

/// Draws a value that is wrong by one digit or by two that changed places.
pub(super) fn wrong(entity: Entity, draw: &mut Draw) -> Option<String> {
    loop {
        let mut letters: Vec<char> = value(entity, draw)?.chars().collect();
        // The country and what stands for a kind of card stay: the fault is further on.
        let place = draw.between(4, u32::try_from(letters.len()).expect("it is short") - 2);
        let place = usize::try_from(place).expect("it fits");
        if draw.chance(50) {
            letters.swap(place, place + 1);
        } else if letters[place].is_ascii_digit() {
            letters[place] = char::from(*draw.pick(b"0123456789"));
        }
        let changed: String = letters.into_iter().collect();
        if !holds(entity, &changed) {
            return Some(changed);
        }
    }
}

/// Tries all last digits, and other masks, until the check holds.
fn last_digit(entity: Entity, draw: &mut Draw, mask: &str) -> String {
    last_digits(draw, mask, 1, &|value| holds(entity, value))
}

/// Appends the digits that make a value right; draws again where none do.
fn last_digits(draw: &mut Draw, mask: &str, count: usize, right: &dyn Fn(&str) -> bool) -> String {
    loop {
        let first = draw.mask(mask);
        let mut endings = (0..10_u32.pow(u32::try_from(count).expect("it is 1 or 2")))
            .map(|end| format!("{first}{end:0count$}"));
        if let Some(found) = endings.find(|value| right(value)) {
            return found;
        }
    }
}

fn bsn(entity: Entity, draw: &mut Draw) -> String {
    // Legal persons have the numbers from 800000000; a number of a person begins with 0 to 3.
    let mask = match entity {
        Entity::Rsin => "8#######",
        _ if draw.chance(20) => "0*######",
        _ => *draw.pick(&["1#######", "2#######", "3#######"]),
    };
    last_digit(entity, draw, mask)
}

/// A date of birth as digits: year, month and day.
fn birthday(draw: &mut Draw, last: u32) -> (u32, u32, u32) {
    (draw.between(1931, last), draw.between(1, 12), draw.between(1, 28))
}

fn insz(draw: &mut Draw) -> String {
    let (year, month, day) = birthday(draw, 2023);
    // Somebody without a residence in Belgium has a bis number: 40 is added to the month.
    let month = if draw.chance(8) { month + 40 } else { month };
    let first = format!("{:02}{month:02}{day:02}{:03}", year % 100, draw.between(1, 997));
    let key = insz_key(&first, if year >= 2000 { "2" } else { "" });
    first + &key
}

fn idnr(draw: &mut Draw) -> String {
    loop {
        let mut pool: Vec<u8> = b"0123456789".to_vec();
        let extra = if draw.chance(25) { 2 } else { 1 };
        for _ in 0..extra {
            let place = draw.below(pool.len());
            pool.remove(place);
        }
        let twice = *draw.pick(&pool);
        pool.extend(std::iter::repeat_n(twice, extra));
        for last in (1..pool.len()).rev() {
            pool.swap(last, draw.below(last + 1));
        }
        let thrice_in_a_row = pool.windows(3).any(|three| three.iter().all(|digit| *digit == twice));
        let first: String = pool.into_iter().map(char::from).collect();
        if !first.starts_with('0') && !thrice_in_a_row {
            return last_digit(Entity::GermanIdnr, draw, &first);
        }
    }
}

fn nir(draw: &mut Draw) -> String {
    let (year, month, _) = birthday(draw, 2023);
    let place = match draw.below(12) {
        0 => "2A".to_owned(),
        1 => "2B".to_owned(),
        _ => format!("{:02}", draw.between(1, 95)),
    };
    // There is no department 20 any more.
    let place = if place == "20" { "21".to_owned() } else { place };
    let sex = draw.between(1, 2);
    let first = format!(
        "{sex}{:02}{month:02}{place}{:03}{:03}",
        year % 100,
        draw.between(1, 600),
        draw.between(1, 900)
    );
    let key = nir_key(&first).expect("it has the shape");
    first + &key
}

fn dni(draw: &mut Draw) -> String {
    let mask = *draw.pick(&["########", "########", "X#######", "Y#######", "Z#######"]);
    let first = draw.mask(mask);
    let letter = dni_letter(&first).expect("it has the shape");
    format!("{first}{letter}")
}

fn cf(draw: &mut Draw) -> String {
    const CONSONANTS: &[u8] = b"BCDFGLMNPRSTVZ";
    let mut first: String = (0..6).map(|_| char::from(*draw.pick(CONSONANTS))).collect();
    let (year, month, day) = birthday(draw, 2023);
    let month = char::from(b"ABCDEHLMPRST"[usize::try_from(month - 1).expect("it is small")]);
    // A woman's day of birth has 40 added.
    let day = if draw.chance(50) { day + 40 } else { day };
    let place = char::from(*draw.pick(b"ADFHLZ"));
    first += &format!("{:02}{month}{day:02}{place}{:03}", year % 100, draw.between(1, 950));
    if draw.chance(10) {
        // Omocodia: two people with the same code; in one of them a digit becomes a letter, from the right.
        let last = first.pop().and_then(|digit| digit.to_digit(10)).expect("it ends in a digit");
        first.push(char::from(b"LMNPQRSTUV"[usize::try_from(last).expect("it is a digit")]));
    }
    let letter = cf_letter(&first);
    format!("{first}{letter}")
}

fn pesel(draw: &mut Draw) -> String {
    let (year, month, day) = birthday(draw, 2023);
    let month = if year >= 2000 { month + 20 } else { month };
    last_digit(Entity::PolishPesel, draw, &format!("{:02}{month:02}{day:02}####", year % 100))
}

fn snomed(draw: &mut Draw) -> String {
    // The two digits before the last: 00 for a concept of the international edition, 10 for one of a country, which
    // has the seven digits of a namespace before them (11000146 and others for the Netherlands).
    let first = match draw.below(4) {
        0 => draw.mask("*####") + "1000146" + "10",
        1 => draw.mask("*########") + "00",
        _ => draw.mask("*#####") + "00",
    };
    let digits: Vec<u32> = first.chars().filter_map(|letter| letter.to_digit(10)).collect();
    format!("{first}{}", verhoeff_digit(&digits))
}

fn card(draw: &mut Draw) -> String {
    let issuers = [
        "4", "4", "4", "51", "52", "53", "54", "55", "2221", "2345", "2699", "34", "37", "6011", "65", "36",
        "38", "3530", "3566", "5018", "6304", "6759", "62",
    ];
    let issuer = *draw.pick(&issuers);
    let length = match issuer {
        "34" | "37" => 15,
        "36" | "38" => 14,
        _ => 16,
    };
    last_digit(Entity::PaymentCard, draw, &format!("{issuer}{}", "#".repeat(length - 1 - issuer.len())))
}

fn iban(draw: &mut Draw) -> String {
    // Half of them Dutch, a quarter from the neighbours, the rest from everywhere.
    let among = match draw.below(4) {
        0 | 1 => &IBANS[..8],
        2 => &IBANS[8..13],
        _ => IBANS,
    };
    let (country, mask) = draw.pick(among);
    let account = draw.mask(mask);
    let rest = super::checks::mod_97(&format!("{account}{country}00"));
    format!("{country}{:02}{account}", 98 - rest)
}

fn vat_number(draw: &mut Draw) -> String {
    let right = |value: &str| vat(value);
    let (mask, count) = *draw.pick(&[
        ("NL8########B", 2),
        ("NL#########B", 2),
        ("BE0*######", 2),
        ("DE*#######", 1),
        ("FR*#*########", 0),
        ("IT0######0##", 1),
        ("PL*########", 1),
        ("LU1#####", 2),
        ("ATU#######", 1),
        ("DK*######", 1),
    ]);
    match mask.as_bytes() {
        // The two digits of the key come before the number of the company.
        [b'F', b'R', ..] => {
            let company = loop {
                let company = draw.mask("*########");
                let digits: Vec<u32> = company.chars().filter_map(|letter| letter.to_digit(10)).collect();
                if super::checks::luhn(&digits) {
                    break company;
                }
            };
            let number: u64 = company.parse().expect("nine digits are a number");
            format!("FR{:02}{company}", (12 + 3 * (number % 97)) % 97)
        }
        [b'N', b'L', b'8', ..] => format!("NL{}B{:02}", bsn(Entity::Rsin, draw), draw.between(1, 12)),
        _ => last_digits(draw, mask, count, &right),
    }
}

/// Countries and what follows their check digits, after the SWIFT IBAN registry. The Netherlands come first.
/// Check digits inside the account number, which some countries have, are drawn like any other.
pub(super) const IBANS: &[(&str, &str)] = &[
    ("NL", "ABNA0#########"),
    ("NL", "INGB000#######"),
    ("NL", "RABO0#########"),
    ("NL", "SNSB0#########"),
    ("NL", "TRIO0#########"),
    ("NL", "BUNQ2#########"),
    ("NL", "KNAB0#########"),
    ("NL", "ASNB0#########"),
    ("BE", "############"),
    ("DE", "##################"),
    ("FR", "####################0##"),
    ("GB", "NWBK##############"),
    ("LU", "0###############"),
    ("AT", "################"),
    ("BG", "BNBG##############"),
    ("CH", "#################"),
    ("CY", "########################"),
    ("CZ", "####################"),
    ("DK", "##############"),
    ("EE", "################"),
    ("ES", "####################"),
    ("FI", "##############"),
    ("GR", "#######################"),
    ("HR", "#################"),
    ("HU", "########################"),
    ("IE", "AIBK##############"),
    ("IS", "######################"),
    ("IT", "X######################"),
    ("LI", "#################"),
    ("LT", "################"),
    ("LV", "BANK#############"),
    ("MC", "#######################"),
    ("MT", "MALT#######################"),
    ("NO", "###########"),
    ("PL", "########################"),
    ("PT", "#####################"),
    ("RO", "AAAA################"),
    ("SE", "####################"),
    ("SI", "###############"),
    ("SK", "####################"),
    ("TR", "#####0################"),
];
