//! Telephone numbering plans: country codes with their lengths, and the Dutch area codes.
//!
//! Sources: ITU-T E.164 and its list of country codes; "Nummerplan telefoon- en ISDN-diensten" (ACM).

/// Country codes with the fewest and most digits behind them.
const COUNTRIES: &[(&str, usize, usize)] = &[
    ("1", 10, 10),
    ("20", 8, 10),
    ("212", 9, 9),
    ("213", 8, 9),
    ("216", 8, 8),
    ("234", 8, 10),
    ("254", 9, 9),
    ("27", 9, 9),
    ("297", 7, 7),
    ("30", 10, 10),
    ("31", 9, 9),
    ("32", 8, 9),
    ("33", 9, 9),
    ("34", 9, 9),
    ("350", 8, 8),
    ("351", 9, 9),
    ("352", 6, 9),
    ("353", 7, 9),
    ("354", 7, 7),
    ("355", 8, 9),
    ("356", 8, 8),
    ("357", 8, 8),
    ("358", 6, 10),
    ("359", 7, 9),
    ("36", 8, 9),
    ("370", 8, 8),
    ("371", 8, 8),
    ("372", 7, 8),
    ("373", 8, 8),
    ("375", 9, 9),
    ("376", 6, 6),
    ("377", 8, 9),
    ("380", 9, 9),
    ("381", 8, 9),
    ("382", 8, 8),
    ("383", 8, 8),
    ("385", 8, 9),
    ("386", 8, 8),
    ("387", 8, 8),
    ("389", 8, 8),
    ("39", 8, 11),
    ("40", 9, 9),
    ("41", 9, 9),
    ("420", 9, 9),
    ("421", 9, 9),
    ("423", 7, 9),
    ("43", 7, 12),
    ("44", 9, 10),
    ("45", 8, 8),
    ("46", 7, 10),
    ("47", 8, 8),
    ("48", 9, 9),
    ("49", 7, 11),
    ("51", 8, 9),
    ("52", 10, 10),
    ("54", 10, 11),
    ("55", 10, 11),
    ("56", 9, 9),
    ("57", 10, 10),
    ("58", 10, 10),
    ("590", 9, 9),
    ("594", 9, 9),
    ("597", 6, 7),
    ("599", 7, 8),
    ("60", 8, 10),
    ("61", 9, 9),
    ("62", 8, 12),
    ("63", 9, 10),
    ("64", 8, 10),
    ("65", 8, 8),
    ("66", 8, 9),
    ("7", 10, 10),
    ("81", 9, 10),
    ("82", 8, 10),
    ("84", 9, 10),
    ("852", 8, 8),
    ("86", 10, 11),
    ("886", 8, 9),
    ("90", 10, 10),
    ("91", 10, 10),
    ("92", 9, 10),
    ("93", 9, 9),
    ("94", 9, 9),
    ("961", 7, 8),
    ("962", 8, 9),
    ("963", 8, 9),
    ("964", 8, 10),
    ("965", 8, 8),
    ("966", 8, 9),
    ("970", 8, 9),
    ("971", 8, 9),
    ("972", 8, 9),
    ("974", 8, 8),
    ("98", 10, 10),
];

/// Dutch area codes of four digits, without the 0: ranges.
const AREAS: &[(u64, u64)] = &[
    (111, 111),
    (113, 118),
    (161, 162),
    (164, 168),
    (172, 174),
    (180, 187),
    (222, 229),
    (251, 252),
    (255, 255),
    (294, 299),
    (313, 321),
    (341, 348),
    (411, 418),
    (475, 499),
    (511, 529),
    (541, 548),
    (561, 562),
    (566, 566),
    (570, 578),
    (591, 599),
];

/// Says whether digits are an international number: a country code and as many digits as that country has.
pub(super) fn is_international(d: &[u8]) -> bool {
    let d = d.strip_prefix(&[0, 0]).unwrap_or(d);
    COUNTRIES.iter().any(|(code, fewest, most)| {
        let starts = d.len() > code.len() && code.bytes().zip(d).all(|(b, digit)| b - b'0' == *digit);
        // People keep the 0 of the national number behind the country code.
        let rest = d.get(code.len()..).unwrap_or(&[]);
        let rest =
            if rest.first() == Some(&0) && *code != "39" { rest.get(1..).unwrap_or(&[]) } else { rest };
        starts && (*fewest..=*most).contains(&rest.len()) && !super::checks::all_equal(rest)
    })
}

/// Says whether ten digits are a number of the Dutch plan.
pub(super) fn is_dutch(d: &[u8]) -> bool {
    let three = d.get(1..3).map_or(0, super::checks::number);
    let four = d.get(1..4).map_or(0, super::checks::number);
    matches!(three, 61..=66 | 68)
        || matches!(
            three,
            10 | 13
                | 15
                | 20
                | 23
                | 24
                | 26
                | 30
                | 33
                | 35
                | 36
                | 38
                | 40
                | 43
                | 45
                | 46
                | 50
                | 53
                | 55
                | 58
                | 70..=79 | 82 | 84 | 85 | 87 | 88 | 91
        )
        || AREAS.iter().any(|(from, to)| (*from..=*to).contains(&four))
}
