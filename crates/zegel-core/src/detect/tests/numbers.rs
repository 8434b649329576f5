use super::{finds, leaves, scan, values};
use crate::detect::Confidence;

#[test]
fn bsn() {
    finds(
        "bsn",
        &[
            "Mijn BSN is «111222333».",
            "Burgerservicenummer: «1112.22.333»",
            "citizen service number «123 456 782», thank you",
            "BSN's: «111222333», «123456782» en «999990019».",
            "Naam\tBSN\tTelefoon\nJan\t«123456782»\t0612345678\nAn\t«111222333»\t0201234567",
            "naam,bsn,rekening\nJan,«123456782»,x\nAn,«111222333»,y",
            "«123456782» (BSN)",
            "BSN «123\u{a0}456\u{a0}782»",
            "BSN «１２３４５６７８２»",
            "BSN «123456\u{ad}782»",
            "burgerservice-\nnummer «123456782»",
            "BSN«123456782»",
            "sofinr. «111-222-333»",
            "BSN «10000008» stond zonder voorloopnul",
            "BSN «1\t2\t3\t4\t5\t6\t7\t8\t2»",
            "BSN:\n|«1|2|3|4|5|6|7|8|2»|",
        ],
    );
    leaves(
        "bsn",
        &[
            "123456782",
            "Uw bestelnummer is 123456782.",
            "BSN 123456783",
            "BSN 111111111",
            "BSN 000000000",
            "factuur 111222333 van 2 mei",
            "BSN volgt. Ordernummer: 111222333",
            "versie 1.112.223.33 zonder BSN",
            "BSN 111222333444",
            "Het bedrag is € 111.222.333 en het BSN volgt",
            "BSN en telefoon: 06-12345678",
            "BSN\t12\t34\t56\t78\t2",
            "cijfers\t1\t2\t3\t4\t5\t6\t7\t8\t2",
        ],
    );
}

#[test]
fn a_valid_number_without_words_is_a_guess() {
    let found = scan("Zie 123456782 hierboven.");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].detector.as_str(), found[0].confidence), ("bsn", Confidence::Low));
}

#[test]
fn rsin() {
    finds(
        "rsin",
        &[
            "RSIN «123456782»",
            "RSIN: «1234.56.782»",
            "fiscaal nummer «111222333»",
            "RSIN-nummer van de stichting is «123 456 782».",
            "Our legal entity number (RSIN) is «111222333»",
        ],
    );
    leaves(
        "rsin",
        &["123456782", "BSN 123456782", "RSIN 123456783", "RSIN onbekend; order 123456782", "RSIN 999999999"],
    );
    assert_eq!(values("bsn", "RSIN 123456782"), Vec::<&str>::new());
}

#[test]
fn kvk() {
    finds(
        "kvk",
        &[
            "KvK «12345678»",
            "KvK-nummer: «01234567»",
            "Kamer van Koophandel onder nummer «24123456»",
            "Chamber of Commerce number «68750110»",
            "handelsregister «34 123 456»",
        ],
    );
    leaves(
        "kvk",
        &["12345678", "KvK 1234567", "KvK 123456789", "order 12345678", "KvK 88888888", "KvK op 12-03-2024"],
    );
}

#[test]
fn big_uzi_agb() {
    finds(
        "big",
        &[
            "BIG-nummer «49012345601»",
            "BIG-registratienummer: «19012345630»",
            "BIG «99012345601»",
            "arts, BIG nr. «59012345601»",
            "BIG registration number «39012345601»",
        ],
    );
    leaves(
        "big",
        &["49012345601", "BIG 4901234560", "BIG 490123456012", "a big 2024 party", "factuur 49012345601"],
    );
    finds(
        "uzi",
        &[
            "UZI «900012345»",
            "UZI-nummer: «12345678»",
            "UZI-pasnummer «900023456»",
            "UZI pas «900034567»",
            "UZI card number «900045678»",
        ],
    );
    leaves("uzi", &["900012345", "UZI-pas vergeten", "UZI 1234567", "UZI 1234567890", "order 900012345"]);
    finds(
        "agb",
        &[
            "AGB-code «01012345»",
            "AGB «94-123456»",
            "AGB: «01 054321»",
            "praktijk, AGB-code praktijk: «53012345»",
            "Vektis «03123456»",
        ],
    );
    leaves("agb", &["01012345", "AGB 0101234", "AGB 010123456", "AGB volgt", "factuurnummer 01012345"]);
}

#[test]
fn iban() {
    finds(
        "iban",
        &[
            "«NL91ABNA0417164300»",
            "«NL91 ABNA 0417 1643 00», t.n.v. Bob",
            "rekening «nl91abna0417164300»",
            "«DE89 3704 0044 0532 0130 00»",
            "«BE68 5390 0754 7034»",
            "«GB82 WEST 1234 5698 7654 32»",
            "«FR14 2004 1010 0505 0001 3M02 606»",
            "«MT84MALT011000012345MTLCAST001S»",
            "«NO9386011117947»",
            "«NL91\u{a0}ABNA\u{a0}0417\u{a0}1643\u{a0}00»",
            "«NL91-ABNA-0417-1643-00»",
        ],
    );
    leaves(
        "iban",
        &[
            "NL92ABNA0417164300",
            "NL00 Team Incasso",
            "XX91ABNA0417164300",
            "NL91ABNA041716430",
            "NL91ABNA04171643001",
            "NL910417164300ABNA",
            "part-NL91ABNA0417164300",
        ],
    );
}

#[test]
fn numbers_in_an_iban_are_nothing_else() {
    for text in ["NL91 ABNA 0417 1643 00", "NL92 ABNA 0417 1643 00", "DE89 3704 0044 0532 0130 00"] {
        assert_eq!(values("phone", text), Vec::<&str>::new());
        assert_eq!(values("payment-card", text), Vec::<&str>::new());
    }
}

#[test]
fn payment_card() {
    finds(
        "payment-card",
        &[
            "«4111 1111 1111 1111»",
            "creditcard «5555555555554444»",
            "«3782 822463 10005» (Amex)",
            "card «378282246310005»",
            "«6011000990139424»",
            "kaart «3530-1113-3330-0000»",
            "visa «4222222222222», exp 01/27",
        ],
    );
    leaves(
        "payment-card",
        &[
            "4111 1111 1111 1112",
            "serienummer 0000000000000000",
            "order 4111111111111111",
            "EAN 4006381333931",
            "1234 5678 9012 3452",
            "41111 11111 111111",
            "meterstand 4111.1111.1111.1111.5",
        ],
    );
}

#[test]
fn vat_number() {
    finds(
        "vat-number",
        &[
            "btw «NL004495445B01»",
            "«NL 0044.95.445.B01»",
            "VAT «BE0428759497»",
            "«DE136695976»",
            "«FR40303265045»",
            "USt-IdNr. «DE 136 695 976»",
            "btw-nummer «004495445B01»",
            "«ATU13585627»",
            "ondernemingsnummer «0428.759.497»",
            "VAT «PL8567346215», «IT00743110157» and «ESA13585625»",
        ],
    );
    leaves(
        "vat-number",
        &[
            "NL123456789B14",
            "btw 21%",
            "DE136695978",
            "ISO 136695976",
            "BE0428759498",
            "NL004495445B00",
            "nl004495445b01 in een url",
        ],
    );
}
