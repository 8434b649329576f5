use super::{finds, leaves};

#[test]
fn snomed() {
    finds(
        "snomed",
        &[
            "SNOMED «73211009»",
            "SNOMED CT: «22298006»",
            "SCTID «195967001»",
            "snomed-code «44054006»",
            "Code (SNOMED)\n«73211009»",
        ],
    );
    leaves(
        "snomed",
        &["73211009", "SNOMED 73211008", "SNOMED 12345", "foutcode 73211009", "SNOMED CT release 2024"],
    );
}

#[test]
fn icd10() {
    finds(
        "icd10",
        &[
            "ICD-10: «E11.9»",
            "astma («J45.9»)",
            "ICD-10-code «I10»",
            "Diagnose\tICD-10\nhartfalen\t«I50.0»",
            "diagnosis code «F32.1»",
            "ICD-10 «E119»",
        ],
    );
    leaves(
        "icd10",
        &[
            "E10 tanken",
            "M25 bolts",
            "A4 paper",
            "E11.9",
            "leave the M25 at junction 9",
            "vitamine B12",
            "zekering F16",
        ],
    );
}

#[test]
fn atc() {
    finds(
        "atc",
        &[
            "ATC «N02BE01»",
            "metformine «A10BA02»",
            "metoprolol (ATC-code «C07AB02»)",
            "Middel | ATC-code\nx | «R03AC02»",
            "ATC: «J01CA»",
        ],
    );
    leaves("atc", &["N02BE01", "onderdeel C07AB12", "ATC Z02BE01", "ATC N99BE01", "typeplaatje N05BA09"]);
}

#[test]
fn medication() {
    finds(
        "medication",
        &[
            "«metformine» 500 mg",
            "zij gebruikt «omeprazol»",
            "«insuline glargine» 's avonds",
            "started on «Simvastatin» 20 mg",
            "behandeld met «dapagliflozine»",
            "«lithium» 400 mg tablet",
            "gebruikt «nieuwprazol»",
        ],
    );
    leaves(
        "medication",
        &[
            "een lithium-accu",
            "adrenaline rush",
            "in april",
            "geen paracetamol",
            "ijzer en staal",
            "Cyril Capel",
        ],
    );
}

#[test]
fn diagnosis() {
    finds(
        "diagnosis",
        &[
            "bekend met «diabetes mellitus type 2»",
            "diagnosed with «breast cancer»",
            "heeft «astma»",
            "voorgeschiedenis: «COPD», «atriumfibrilleren»",
            "leidt tot «longkanker» bij deze patiënt",
            "my mother has «dementia»",
        ],
    );
    leaves(
        "diagnosis",
        &[
            "een depressie boven de Noordzee",
            "collecte voor de kankerbestrijding",
            "geen diabetes",
            "als het regent",
            "horoscope: Cancer",
            "Mr Wilson and Ms Turner",
            "hoofdpijn en koorts",
        ],
    );
}

#[test]
fn patient_number() {
    finds(
        "patient-number",
        &[
            "patiëntnummer «1234567»",
            "Patiëntnr. «P123456»",
            "MRN: «00482913»",
            "patient number «H12-34567»",
            "Naam\tPatiëntnummer\nBob\t«12-34-56-78»",
            "hospital no. «K1234567»",
        ],
    );
    leaves(
        "patient-number",
        &[
            "1234567",
            "het patiëntnummer had ik niet bij de hand",
            "patient 12 jaar",
            "patiëntnummer: zie 12-03-2024",
            "order 1234567",
        ],
    );
}

#[test]
fn case_number() {
    finds(
        "case-number",
        &[
            "zaaknummer «2024-123456»",
            "Ons kenmerk: «Z/24/123456»",
            "dossiernummer «D.2024.0123»",
            "case number «CAS-123456»",
            "Zaaknummer / rolnummer: «C/09/531277 / HA ZA 25-289»",
            "Our reference: case «SC-23-38399»",
        ],
    );
    leaves(
        "case-number",
        &[
            "2024-123456",
            "de zaak is niet toegewezen",
            "in case of 123456 visitors",
            "zaaknummer volgt",
            "factuur 2024-123456",
            "dossiernummer: zie brief van 12-03-2024",
        ],
    );
}
