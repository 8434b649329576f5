use super::*;

/// Values that others published as examples, and where.
const PUBLISHED: &[(Entity, &[&str])] = &[
    // Rijksdienst voor Identiteitsgegevens, test data of the BRP; Belastingdienst, example of the test of eleven.
    (Entity::Bsn, &["999990019", "999993653", "111222333", "123456782"]),
    // SWIFT, IBAN registry (the example of each country).
    (
        Entity::Iban,
        &[
            "NL91 ABNA 0417 1643 00",
            "BE68 5390 0754 7034",
            "DE89 3704 0044 0532 0130 00",
            "FR14 2004 1010 0505 0001 3M02 606",
            "GB29 NWBK 6016 1331 9268 19",
            "ES91 2100 0418 4502 0005 1332",
            "IT60 X054 2811 1010 0000 0123 456",
            "PL61 1090 1014 0000 0712 1981 2874",
            "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
            "NO93 8601 1117 947",
        ],
    ),
    // Test cards of Stripe and Adyen, in their public documentation.
    (
        Entity::PaymentCard,
        &[
            "4242 4242 4242 4242",
            "5555 5555 5555 4444",
            "2223 0031 2200 3222",
            "3782 822463 10005",
            "6011 1111 1111 1117",
            "3056 9309 0259 04",
            "3566 0020 2036 0505",
            "6200 0000 0000 0005",
            "6771 7980 2100 0008",
        ],
    ),
    // Belastingdienst and Business.gov.nl (both kinds), FOD Financiën, Bundeszentralamt, the VIES pages, python-stdnum's tests.
    (
        Entity::VatNumber,
        &[
            "NL004495445B01",
            "NL123456789B13",
            "BE0428759497",
            "DE136695976",
            "FR40303265045",
            "LU15027442",
            "IT00743110157",
            "PL8567346215",
            "ATU13585627",
            "DK13585628",
        ],
    ),
    // Wikipedia (nl), Rijksregisternummer; python-stdnum's tests.
    (Entity::BelgianInsz, &["85.07.30-033.28", "17 07 30 033 84"]),
    // Bundeszentralamt für Steuern, test numbers for software makers.
    (Entity::GermanIdnr, &["36574261809", "47036892816", "65929970489", "57549285017", "25768131411"]),
    // Wikipedia (fr), Numéro de sécurité sociale; python-stdnum's tests (Corsica).
    (Entity::FrenchNir, &["2 95 10 99 126 111 93", "1 84 12 76 451 089 46", "253072B07300470"]),
    // NHS data dictionary and NHS England's test patients.
    (Entity::UkNhs, &["943 476 5919", "401 023 2137", "999 000 0018"]),
    // Spanish Ministry of the Interior, example of the letter.
    (Entity::SpanishDni, &["12345678Z", "X1234567L", "54362315-K"]),
    // Wikipedia (it), Codice fiscale; python-stdnum's tests (one with omocodia).
    (Entity::ItalianCf, &["MRT MTT 91D08 F205J", "RCCMNL83S18D969H", "RCCMNL83S18D96VW"]),
    // Wikipedia and gov.pl, PESEL.
    (Entity::PolishPesel, &["44051401359", "02070803628"]),
    // SNOMED International, browser: diabetes mellitus, heart attack, clinical finding.
    (Entity::Snomed, &["73211009", "22298006", "404684003"]),
];

#[test]
fn published_examples_pass() {
    for (entity, values) in PUBLISHED {
        for value in *values {
            assert!(holds(*entity, value), "{entity} {value}");
        }
    }
}

#[test]
fn one_changed_digit_fails() {
    for (entity, values) in PUBLISHED {
        for value in *values {
            // The number after the B of a Dutch VAT number counts branches and is not always checked.
            let checked = if value.starts_with("NL") && value.contains('B') { &value[..11] } else { value };
            let last = checked.rfind(|letter: char| letter.is_ascii_digit()).unwrap();
            let digit = u32::from(value.as_bytes()[last]) - u32::from(b'0');
            let changed = char::from_digit((digit + 1) % 10, 10).unwrap();
            let changed = format!("{}{changed}{}", &value[..last], &value[last + 1..]);
            assert!(!holds(*entity, &changed), "{entity} {changed}");
        }
    }
}

#[test]
fn what_looks_right_and_is_not_fails() {
    for (entity, value) in [
        (Entity::Bsn, "000000000"),
        (Entity::Bsn, "12345678"),
        (Entity::Iban, "NL91ABNA04171643"),
        (Entity::Iban, "ZZ91ABNA0417164300"),
        // Luhn holds, but no card begins so.
        (Entity::PaymentCard, "0000000000000000"),
        (Entity::PaymentCard, "8888888888888888"),
        (Entity::PaymentCard, "490154203237518"),
        (Entity::GermanIdnr, "02293417682"),
        (Entity::SpanishDni, "12345678A"),
        (Entity::PolishPesel, "44551401359"),
        (Entity::Snomed, "73211"),
    ] {
        assert!(!holds(entity, value), "{entity} {value}");
    }
}

#[test]
fn verhoeff_digit_completes_a_number() {
    assert_eq!(verhoeff_digit(&[2, 3, 6]), 3);
    assert_eq!(verhoeff_digit(&[7, 3, 2, 1, 1, 0, 0]), 9);
}
