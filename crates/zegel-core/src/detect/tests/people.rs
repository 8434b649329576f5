use super::{finds, leaves, scan};

#[test]
fn belgian_insz() {
    finds(
        "belgian-insz",
        &[
            "rijksregisternummer «85.07.30-033.28»",
            "INSZ «85073003328»",
            "NISS: «17 07 30 033 84»",
            "«85.07.30-033.28»",
            "Belgian national number «85073003328»",
        ],
    );
    leaves(
        "belgian-insz",
        &[
            "85073003328",
            "INSZ 85073003329",
            "INSZ 85.13.30-033.28",
            "order 85073003328",
            "INSZ onbekend, tel 0612345678",
        ],
    );
}

#[test]
fn german_idnr() {
    finds(
        "german-idnr",
        &[
            "Steuer-ID «86095742719»",
            "IdNr. «86 095 742 719»",
            "German tax ID: «47036892816»",
            "Steueridentifikationsnummer «65929970489»",
            "Duits belastingnummer «57549285017»",
        ],
    );
    leaves(
        "german-idnr",
        &[
            "86095742719",
            "Steuer-ID 86095742718",
            "Steuer-ID 01234567890",
            "Steuer-ID 8609574271",
            "order 86095742719",
        ],
    );
}

#[test]
fn french_nir() {
    let corsica = format!("NIR «1 85 05 2A 004 003 {:02}»", 97 - 1_850_519_004_003_u64 % 97);
    finds(
        "french-nir",
        &[
            "NIR «255081416802538»",
            "numéro de sécurité sociale «2 55 08 14 168 025 38»",
            "French social security number «2.55.08.14.168.025.38»",
            &corsica,
            "INSEE «255081416802538»",
        ],
    );
    leaves(
        "french-nir",
        &[
            "255081416802538",
            "NIR 255081416802539",
            "NIR 555081416802538",
            "order 255081416802538",
            "NIR 25508141680253",
        ],
    );
}

#[test]
fn uk_nhs() {
    finds(
        "uk-nhs",
        &[
            "NHS number «943 476 5919»",
            "NHS no. «9434765919»",
            "NHS-nummer: «943-476-5919»",
            "Patient | NHS number\nBob | «943 476 5919»",
            "«943 476 5919» (NHS)",
        ],
    );
    leaves(
        "uk-nhs",
        &[
            "943 476 5919",
            "NHS 943 476 5918",
            "NHS 111 111 1111",
            "order 9434765919",
            "NHS, call 07700 900123",
        ],
    );
}

#[test]
fn spanish_dni() {
    finds(
        "spanish-dni",
        &[
            "DNI «12345678Z»",
            "DNI: «12345678-Z»",
            "NIE «X1234567L»",
            "Spanish ID «12.345.678-Z»",
            "N.I.E. «X-1234567-L»",
            "dni «12345678z»",
        ],
    );
    leaves(
        "spanish-dni",
        &["12345678Z", "DNI 12345678A", "DNI 1234567Z", "artikel 12345678Z", "DNI 00000000T"],
    );
}

#[test]
fn italian_cf() {
    finds(
        "italian-cf",
        &[
            "codice fiscale «RSSMRA85T10A562S»",
            "«RSSMRA85T10A562S»",
            "CF: «RSS MRA 85T10 A562S»",
            "Italian tax code «MRTMTT91D08F205J»",
            "Italiaanse belastingcode «mrtmtt91d08f205j»",
        ],
    );
    leaves(
        "italian-cf",
        &["RSSMRA85T10A562T", "RSSMRA85X10A562S", "RSSMRA85T99A562S", "codice fiscale", "CF RSSMRA85T10A562"],
    );
}

#[test]
fn polish_pesel() {
    finds(
        "polish-pesel",
        &[
            "PESEL «44051401359»",
            "PESEL: «02070803628»",
            "Polish national ID «44051401359»",
            "Poolse persoonsnummer «02070803628»",
            "nr PESEL «44051401359»",
        ],
    );
    leaves(
        "polish-pesel",
        &["44051401359", "PESEL 44051401358", "PESEL 44131401359", "partij 44051401359", "PESEL 4405140135"],
    );
}

#[test]
fn birth_date() {
    finds(
        "birth-date",
        &[
            "geboren op «12-03-1980»",
            "geb. «12 maart 1980»",
            "DOB: «12/03/80»",
            "born on «March 12th, 1980» in Bath",
            "date of birth «1980-03-12»",
            "Geboortedatum\tNaam\n«12.03.1980»\tBob",
            "«12-03-1980» (geboortedatum)",
            "Bob Jansen, *«12-03-1980»",
            "Alice Smith (b. «12th of March 1980»)",
            "geboortedatum «12031980»",
        ],
    );
    leaves(
        "birth-date",
        &[
            "op 12-03-1980 vergaderd",
            "geboren 35-03-1980",
            "geboren op 31-04-1980",
            "geboren te Utrecht; opname 12-03-2020",
            "born in Bath, admitted 12 March 2020",
            "geboren in 1980",
            "geboortedatum 12-03-1780",
        ],
    );
}

#[test]
fn phone() {
    finds(
        "phone",
        &[
            "«06-12345678»",
            "bel «0612345678»",
            "«+31 6 1234 5678»",
            "«+31 (0)20 123 45 67»",
            "«(020) 123 45 67»",
            "«0031612345678»",
            "fax «+44 20 7946 0958»",
            "«+1 (202) 555-0123»",
            "tel. «02 512 34 56»",
            "«0297-123456»",
            "«07700 900123»",
            "tel: «1234567»",
            "<tel:«+31612345678»>",
        ],
    );
    leaves(
        "phone",
        &[
            "ordernummer 0612345678",
            "09-09-2021",
            "+12 graden",
            "0123456789",
            "06-1234567",
            "+999 12345678",
            "bloeddruk 120/80",
            "tel. 12-03-1980",
            "telefoon volgt, € 1.234.567",
            "0.612345678",
        ],
    );
}

#[test]
fn a_number_has_one_hash_however_it_is_written() {
    let value = |text: &str| scan(text).iter().find(|m| m.detector.as_str() == "phone").map(|m| m.value);
    assert_eq!(value("06-12345678"), value("+31 (0)6 1234 5678"));
    assert_eq!(value("06-12345678"), value("0031 6 12345678"));
    assert_ne!(value("06-12345678"), value("06-12345679"));
    let bsn = |text: &str| scan(text)[0].value;
    assert_eq!(bsn("BSN 111222333"), bsn("BSN 1112.22.333"));
}

#[test]
fn postal_address() {
    finds(
        "postal-address",
        &[
            "wonende «Dorpsstraat 12, 1234 AB Utrecht».",
            "«Kerkstraat 5a\n1234AB Den Haag»",
            "«12 Mill Lane, Ludlow, SY8 1AA»",
            "«Flat 3, 12 Mill Lane, Ludlow SY8 1AA» is sold",
            "woont op «Oude Haven 7 in Breda»",
            "«Hauptstraße 12, 10115 Berlin»",
            "«'t Zand 12, 1234 AB 's-Hertogenbosch»",
            "«Hoefslag 12 (1234 AB)»",
            "«12 rue Victor Hugo, 75001 Paris»",
            "«Postbus 1234, 1234 AB Utrecht»",
        ],
    );
    leaves(
        "postal-address",
        &[
            "Deze week zijn aan de Molenweg 3 bomen gekapt",
            "de Dorpsstraat is dicht",
            "onderweg 12 uur",
            "Kamer 12",
            "In November 12 people",
            "Week 12, 1234 bezoekers",
            "This week 12 Mill Lane trees were felled",
            "Pagina 12",
        ],
    );
}

#[test]
fn postcode() {
    finds(
        "postcode",
        &[
            "postcode «1234 AB»",
            "Dorpsstraat 12\n«1234 AB» Utrecht",
            "«SW1A 1AA»",
            "Dorpsstraat 12, «1234AB» Utrecht",
            "12 Mill Lane, Ludlow, «SY8 1AA»",
            "«1234 AB» Zwolle",
        ],
    );
    leaves(
        "postcode",
        &[
            "1234 SS Utrecht",
            "0123 AB Utrecht",
            "kastje 1234 AB",
            "A1 B2C",
            "1234 ab",
            "order 1234 AB",
            "12345 AB",
        ],
    );
}

#[test]
fn passport() {
    finds(
        "passport",
        &[
            "paspoortnummer «NXR1C2D34»",
            "paspoort «SPECI2014»",
            "passport no. «123456789»",
            "reisdocument «NPC3K2L17»",
            "passport number «C01X00T47»",
        ],
    );
    leaves(
        "passport",
        &[
            "NXR1C2D34",
            "neem uw paspoort mee",
            "paspoort en ordernummer NXR1C2D34",
            "paspoort 1234",
            "passport photos for 12345 people",
        ],
    );
}

#[test]
fn identity_card() {
    let belgian = format!("identity card «592-1234567-{:02}»", 5_921_234_567_u64 % 97);
    finds(
        "identity-card",
        &[
            "identiteitskaart «IJ8B2C3D4»",
            "ID-kaart nr. «IXR12AB34»",
            "ID card no. «IW1234567»",
            &belgian,
            "documentnummer «SPECI2014»",
        ],
    );
    leaves(
        "identity-card",
        &[
            "IJ8B2C3D4",
            "identiteitskaart meenemen",
            "ID-kaart 12",
            "identity card lost in 2024",
            "order IJ8B2C3D4",
        ],
    );
}

#[test]
fn driving_licence() {
    finds(
        "driving-licence",
        &[
            "rijbewijsnummer «5012345678»",
            "rijbewijs «5012 345 678»",
            "driving licence number «MORGA657054SM9IJ»",
            "driver's license «5099887766»",
            "Driving licence\n«4012345678»",
        ],
    );
    leaves(
        "driving-licence",
        &[
            "5012345678",
            "rijbewijs B",
            "rijbewijs 12-03-2024",
            "order 5012345678",
            "driving licence since 1998",
        ],
    );
}
