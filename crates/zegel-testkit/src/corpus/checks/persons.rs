//! National numbers of people.

use super::{digits, weighted};

/// Belgium: 97 minus the remainder of the first nine digits, with a 2 before them for those born since 2000.
///
/// The date is not looked at: parts of it may be unknown, bis numbers add to the month, and days overflow when a date has
/// no numbers left.
pub(super) fn insz(value: &str) -> bool {
    digits(value, 11).is_some()
        && ["", "2"].iter().any(|century| insz_key(&value[..9], century) == value[9..])
}

/// The two last digits of a Belgian number; `century` is `2` for those born since 2000, else empty.
pub(in super::super) fn insz_key(first_nine: &str, century: &str) -> String {
    let number: u64 = format!("{century}{first_nine}").parse().expect("nine digits are a number");
    format!("{:02}", 97 - number % 97)
}

/// Germany: eleven digits; among the first ten, one digit comes twice or three times, the others at most once;
/// ISO 7064 mod 11,10.
pub(super) fn idnr(value: &str) -> bool {
    let Some(all) = digits(value, 11) else { return false };
    let counts = (0..10).map(|digit| all[..10].iter().filter(|other| **other == digit).count());
    let repeated: Vec<usize> = counts.filter(|count| *count > 1).collect();
    all[0] != 0 && matches!(repeated.as_slice(), [2 | 3]) && super::companies::mod_11_10(&all)
}

/// France: 97 minus the remainder of thirteen digits, 2A read as 19 and 2B as 18.
pub(super) fn nir(value: &str) -> bool {
    let real = value.len() == 15 && matches!(value.as_bytes()[0], b'1' | b'2');
    real && nir_key(&value[..13]).is_some_and(|key| key == value[13..])
}

/// The two last digits of a French number.
pub(in super::super) fn nir_key(first: &str) -> Option<String> {
    let number: u64 = match first.get(5..7)? {
        "2A" => format!("{}19{}", &first[..5], &first[7..]).parse(),
        "2B" => format!("{}18{}", &first[..5], &first[7..]).parse(),
        _ => first.parse(),
    }
    .ok()?;
    Some(format!("{:02}", 97 - number % 97))
}

/// United Kingdom: weights 10 to 2; 11 minus the remainder, 11 written as 0, 10 never given out.
pub(super) fn nhs(value: &str) -> bool {
    digits(value, 10).is_some_and(|all| {
        let key = 11 - weighted(&all[..9], &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        key != 10 && key % 11 == all[9]
    })
}

/// Spain: the letter of the remainder by 23; the X, Y or Z of a foreigner's NIE counts as 0, 1 or 2.
pub(super) fn dni(value: &str) -> bool {
    value.len() == 9 && dni_letter(&value[..8]).is_some_and(|letter| value.ends_with(letter))
}

/// The letter of a DNI or NIE.
pub(in super::super) fn dni_letter(first: &str) -> Option<char> {
    let number: usize = match first.chars().next()? {
        'X' => format!("0{}", &first[1..]),
        'Y' => format!("1{}", &first[1..]),
        'Z' => format!("2{}", &first[1..]),
        _ => first.to_owned(),
    }
    .parse()
    .ok()?;
    "TRWAGMYFPDXBNJZSQVHLCKE".chars().nth(number % 23)
}

/// Italy: sixteen characters, of which seven digits that may be written as letters (omocodia), and a control letter.
pub(super) fn cf(value: &str) -> bool {
    let shape = "AAAAAA99A99A999A";
    let fits = |(letter, class): (char, char)| match class {
        'A' => letter.is_ascii_uppercase(),
        _ => letter.is_ascii_digit() || "LMNPQRSTUV".contains(letter),
    };
    value.len() == 16
        && value.chars().zip(shape.chars()).all(fits)
        && value.ends_with(cf_letter(&value[..15]))
}

/// The control letter of a codice fiscale.
pub(in super::super) fn cf_letter(first: &str) -> char {
    let sum: usize = first
        .chars()
        .enumerate()
        .map(|(place, letter)| {
            let number =
                letter.to_digit(36).map_or(0, |number| if number > 9 { number - 10 } else { number });
            let number = usize::try_from(number).expect("it fits");
            // Counted from one, as the decree does, the first place is odd.
            if place % 2 == 0 { CF_ODD[number] } else { number }
        })
        .sum();
    char::from(b'A' + u8::try_from(sum % 26).expect("26 fits"))
}

/// Poland: weights 1, 3, 7, 9; the month says the century.
pub(super) fn pesel(value: &str) -> bool {
    digits(value, 11).is_some_and(|all| {
        let (month, day) = (all[2] * 10 + all[3], all[4] * 10 + all[5]);
        let key = (10 - weighted(&all[..10], &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10) % 10;
        (1..=12).contains(&(month % 20)) && (1..=31).contains(&day) && key == all[10]
    })
}

/// What a character counts for in an odd place, by digit or by place in the alphabet.
const CF_ODD: [usize; 26] =
    [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
