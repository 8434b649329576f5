//! Names of detectors.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use thiserror::Error;

/// The name of a detector, built in or of a policy file: lower-case words with hyphens.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DetectorId(Name);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Name {
    Builtin(Builtin),
    Own(Arc<str>),
}

/// Why a name cannot be that of a detector of a policy file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DetectorNameError {
    /// A built-in detector has it.
    #[error("the detector {0:?} is built in")]
    BuiltIn(String),
    /// It is not written as one.
    #[error("{0:?} is no name for a detector: use a to z, 0 to 9 and hyphens, at most 64")]
    Form(String),
}

/// Lists the built-in detectors once: variant, name.
macro_rules! builtin {
    ($($variant:ident = $name:literal,)*) => {
        /// The detectors that need no policy, by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub(super) enum Builtin { $($variant,)* }

        impl Builtin {
            /// All of them.
            pub(super) const ALL: &[Self] = &[$(Self::$variant,)*];
            /// How many there are.
            pub(super) const COUNT: usize = Self::ALL.len();

            /// Returns its name.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

builtin! {
    Agb = "agb",
    Atc = "atc",
    BelgianInsz = "belgian-insz",
    Big = "big",
    BirthDate = "birth-date",
    Bsn = "bsn",
    CaseNumber = "case-number",
    Diagnosis = "diagnosis",
    DrivingLicence = "driving-licence",
    EnvSecret = "env-secret",
    FrenchNir = "french-nir",
    GermanIdnr = "german-idnr",
    Iban = "iban",
    Icd10 = "icd10",
    IdentityCard = "identity-card",
    ItalianCf = "italian-cf",
    Kvk = "kvk",
    Medication = "medication",
    Passport = "passport",
    Password = "password",
    PatientNumber = "patient-number",
    PaymentCard = "payment-card",
    Phone = "phone",
    PolishPesel = "polish-pesel",
    PostalAddress = "postal-address",
    Postcode = "postcode",
    PrivateKey = "private-key",
    Rsin = "rsin",
    Snomed = "snomed",
    SpanishDni = "spanish-dni",
    Token = "token",
    UkNhs = "uk-nhs",
    Uzi = "uzi",
    VatNumber = "vat-number",
}

impl Builtin {
    /// Says whether what it finds is one number or code, of which only one explanation can be right.
    pub(super) const fn is_number(self) -> bool {
        !matches!(
            self,
            Self::Diagnosis
                | Self::EnvSecret
                | Self::Medication
                | Self::Password
                | Self::PostalAddress
                | Self::Postcode
                | Self::PrivateKey
                | Self::Token
        )
    }

    /// Says whether what it finds lets somebody in: never shown, not even in part.
    pub(super) const fn is_credential(self) -> bool {
        matches!(self, Self::EnvSecret | Self::Password | Self::PrivateKey | Self::Token)
    }
}

impl DetectorId {
    /// Returns the built-in detector of this name.
    pub fn builtin(name: &str) -> Option<Self> {
        Builtin::ALL.iter().find(|known| known.name() == name).map(|known| Self::from_builtin(*known))
    }

    /// Returns all built-in detectors, by name.
    pub fn all_builtin() -> impl Iterator<Item = Self> {
        Builtin::ALL.iter().map(|known| Self::from_builtin(*known))
    }

    /// Names a detector of a policy file.
    ///
    /// # Errors
    /// When the name is not written as one, or a built-in detector has it.
    pub fn own(name: &str) -> Result<Self, DetectorNameError> {
        let good = (1..=64).contains(&name.len())
            && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if !good {
            return Err(DetectorNameError::Form(name.to_owned()));
        }
        match Self::builtin(name) {
            Some(_) => Err(DetectorNameError::BuiltIn(name.to_owned())),
            None => Ok(Self(Name::Own(name.into()))),
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::Builtin(builtin) => builtin.name(),
            Name::Own(name) => name,
        }
    }

    /// Says whether what it finds lets somebody in (a key, a token, a password): it is never shown, not even in part.
    pub fn is_credential(&self) -> bool {
        matches!(self.0, Name::Builtin(builtin) if builtin.is_credential())
    }

    pub(super) const fn from_builtin(builtin: Builtin) -> Self {
        Self(Name::Builtin(builtin))
    }

    pub(super) const fn as_builtin(&self) -> Option<Builtin> {
        match self.0 {
            Name::Builtin(builtin) => Some(builtin),
            Name::Own(_) => None,
        }
    }
}

impl fmt::Display for DetectorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for DetectorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DetectorId({})", self.as_str())
    }
}

impl Serialize for DetectorId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_is_found_by_its_name_and_they_are_sorted() {
        let names: Vec<&str> = Builtin::ALL.iter().map(|known| known.name()).collect();
        assert!(names.is_sorted());
        assert_eq!(names.len(), 34);
        for id in DetectorId::all_builtin() {
            assert_eq!(DetectorId::builtin(id.as_str()), Some(id.clone()));
            assert_eq!(DetectorId::own(id.as_str()), Err(DetectorNameError::BuiltIn(id.to_string())));
        }
    }

    #[test]
    fn a_name_is_lower_case_with_hyphens() {
        for good in ["klant-nummer", "a", "x9"] {
            assert_eq!(DetectorId::own(good).map(|id| id.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "A", "a b", "a_b", "é", &"a".repeat(65)] {
            assert_eq!(DetectorId::own(bad), Err(DetectorNameError::Form(bad.to_owned())));
        }
    }
}
