//! What a detector may look for, and the names it goes by.

use std::fmt;
use std::str::FromStr;

/// Something in a text that a detector should find.
///
/// The names ([`Entity::name`]) are stable: they are the ids of detectors, in policies and in reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Entity {
    /// Code of a Dutch care provider in Vektis' AGB register.
    Agb,
    /// Code of a medicine in the WHO's ATC classification.
    Atc,
    /// Belgian national register number (INSZ, NISS), the bis number included.
    BelgianInsz,
    /// Number in the Dutch register of care professionals (BIG).
    Big,
    /// Date of birth.
    BirthDate,
    /// Dutch citizen service number (burgerservicenummer).
    Bsn,
    /// Number of a case or a file of an authority, a court or a lawyer.
    CaseNumber,
    /// Name of a disease or disorder, said of a person.
    Diagnosis,
    /// Number of a driving licence.
    DrivingLicence,
    /// Value of a secret in a line `NAME=value`.
    EnvSecret,
    /// French number of the social security (NIR).
    FrenchNir,
    /// German tax identification number (IdNr).
    GermanIdnr,
    /// Bank account number, any country (ISO 13616).
    Iban,
    /// Code of a diagnosis in ICD-10.
    Icd10,
    /// Number of an identity card.
    IdentityCard,
    /// Italian tax code (codice fiscale).
    ItalianCf,
    /// Number in the Dutch trade register.
    Kvk,
    /// Name of a medicine.
    Medication,
    /// Number of a passport.
    Passport,
    /// Password, by its context.
    Password,
    /// Number a hospital or practice gives to a patient.
    PatientNumber,
    /// Number of a payment card.
    PaymentCard,
    /// Telephone number, Dutch or international.
    Phone,
    /// Polish national number (PESEL).
    PolishPesel,
    /// Street and house number, with postcode and town where they stand there.
    PostalAddress,
    /// Dutch or British postcode.
    Postcode,
    /// Private key, with its first and last line.
    PrivateKey,
    /// Dutch number of a legal person for the tax office (RSIN).
    Rsin,
    /// SNOMED CT identifier.
    Snomed,
    /// Spanish DNI, or NIE of a foreigner.
    SpanishDni,
    /// Token or key of an interface.
    Token,
    /// British NHS number.
    UkNhs,
    /// Number of a Dutch care professional's smart card (UZI).
    Uzi,
    /// VAT number of an EU country.
    VatNumber,
}

impl Entity {
    /// All of them, by name.
    pub const ALL: [Self; 34] = [
        Self::Agb,
        Self::Atc,
        Self::BelgianInsz,
        Self::Big,
        Self::BirthDate,
        Self::Bsn,
        Self::CaseNumber,
        Self::Diagnosis,
        Self::DrivingLicence,
        Self::EnvSecret,
        Self::FrenchNir,
        Self::GermanIdnr,
        Self::Iban,
        Self::Icd10,
        Self::IdentityCard,
        Self::ItalianCf,
        Self::Kvk,
        Self::Medication,
        Self::Passport,
        Self::Password,
        Self::PatientNumber,
        Self::PaymentCard,
        Self::Phone,
        Self::PolishPesel,
        Self::PostalAddress,
        Self::Postcode,
        Self::PrivateKey,
        Self::Rsin,
        Self::Snomed,
        Self::SpanishDni,
        Self::Token,
        Self::UkNhs,
        Self::Uzi,
        Self::VatNumber,
    ];

    /// Returns the stable name, in lower case with hyphens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agb => "agb",
            Self::Atc => "atc",
            Self::BelgianInsz => "belgian-insz",
            Self::Big => "big",
            Self::BirthDate => "birth-date",
            Self::Bsn => "bsn",
            Self::CaseNumber => "case-number",
            Self::Diagnosis => "diagnosis",
            Self::DrivingLicence => "driving-licence",
            Self::EnvSecret => "env-secret",
            Self::FrenchNir => "french-nir",
            Self::GermanIdnr => "german-idnr",
            Self::Iban => "iban",
            Self::Icd10 => "icd10",
            Self::IdentityCard => "identity-card",
            Self::ItalianCf => "italian-cf",
            Self::Kvk => "kvk",
            Self::Medication => "medication",
            Self::Passport => "passport",
            Self::Password => "password",
            Self::PatientNumber => "patient-number",
            Self::PaymentCard => "payment-card",
            Self::Phone => "phone",
            Self::PolishPesel => "polish-pesel",
            Self::PostalAddress => "postal-address",
            Self::Postcode => "postcode",
            Self::PrivateKey => "private-key",
            Self::Rsin => "rsin",
            Self::Snomed => "snomed",
            Self::SpanishDni => "spanish-dni",
            Self::Token => "token",
            Self::UkNhs => "uk-nhs",
            Self::Uzi => "uzi",
            Self::VatNumber => "vat-number",
        }
    }

    /// Tells whether a value of it carries a check digit or letter.
    pub const fn is_checksummed(self) -> bool {
        matches!(
            self,
            Self::BelgianInsz
                | Self::Bsn
                | Self::FrenchNir
                | Self::GermanIdnr
                | Self::Iban
                | Self::ItalianCf
                | Self::PaymentCard
                | Self::PolishPesel
                | Self::Rsin
                | Self::Snomed
                | Self::SpanishDni
                | Self::UkNhs
                | Self::VatNumber
        )
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Entity {
    type Err = UnknownEntityError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|entity| entity.name() == name)
            .ok_or_else(|| UnknownEntityError(name.to_owned()))
    }
}

/// A name that no entity has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEntityError(String);

impl fmt::Display for UnknownEntityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no entity has the name {:?}", self.0)
    }
}

impl std::error::Error for UnknownEntityError {}
