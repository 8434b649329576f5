//! What a word says about the text around it: a set of bits for each word that means something to a detector.

/// A set of meanings.
pub(super) type Hints = u64;

/// Makes one bit after the other.
macro_rules! meanings {
    ($($(#[doc = $doc:literal])* $name:ident = $bit:literal;)*) => {
        $($(#[doc = $doc])* pub(super) const $name: Hints = 1 << $bit;)*
    };
}

meanings! {
    /// AGB code.
    AGB = 0;
    /// An amount of money follows.
    AMOUNT = 1;
    /// ATC code.
    ATC = 2;
    /// BIG number.
    BIG = 3;
    /// Date of birth.
    BIRTH = 4;
    /// Citizen service number.
    BSN = 5;
    /// Payment card.
    CARD = 6;
    /// Case or file number.
    CASE = 7;
    /// Italian tax code.
    CF = 8;
    /// Some other date.
    DATE = 9;
    /// Spanish DNI or NIE.
    DNI = 10;
    /// Driving licence.
    DRIVING = 11;
    /// Bank account.
    IBAN = 12;
    /// Code of a diagnosis.
    ICD = 13;
    /// Identity card.
    IDENTITY = 14;
    /// German tax identification number.
    IDNR = 15;
    /// Says that a disease is somebody's: diagnosed, suffers from.
    ILLNESS = 16;
    /// Belgian national number.
    INSZ = 17;
    /// Chamber of commerce.
    KVK = 18;
    /// Says that a medicine is somebody's: prescribed, tablet, milligrams.
    INTAKE = 19;
    /// British NHS number.
    NHS = 20;
    /// French social security number.
    NIR = 21;
    /// A number of something that is no person: order, invoice, parcel.
    ORDER = 22;
    /// Passport.
    PASSPORT = 23;
    /// Password.
    PASSWORD = 24;
    /// Patient number.
    PATIENT = 25;
    /// PESEL.
    PESEL = 26;
    /// Telephone number.
    PHONE = 27;
    /// RSIN.
    RSIN = 28;
    /// Token, API key, client secret.
    SECRET = 29;
    /// SNOMED.
    SNOMED = 30;
    /// UZI number.
    UZI = 31;
    /// VAT number.
    VAT = 32;
    /// An address or a postcode follows.
    ADDRESS = 33;
    /// Name of a medicine.
    DRUG = 34;
    /// Name of a disease.
    DISEASE = 35;
    /// The name means something else as well (depression, iron): it needs company.
    AMBIGUOUS = 36;
    /// Name of a month; its number is in the word's extra.
    MONTH = 37;
    /// Start of a known form of credential.
    CREDENTIAL = 38;
    /// Speaks of diseases or medicines in general: a collection, a leaflet, a world day, research.
    GENERAL = 39;
    /// Says that the disease or medicine is not there: no, never, denies.
    ABSENT = 40;
    /// A street as a word of its own: street, avenue, rue, via; "PO box".
    STREET = 41;
    /// A postcode follows.
    POSTCODE = 42;
    /// A word for a case that is followed by many other things: its number must stand next to it.
    MATTER = 43;
    /// Belgium: with a number that passes its check, that is enough.
    BELGIUM = 45;
    /// Germany.
    GERMANY = 46;
    /// France.
    FRANCE = 47;
    /// Spain.
    SPAIN = 48;
    /// Italy.
    ITALY = 49;
    /// Poland.
    POLAND = 50;
    /// Any reference: a case number is told from an order by its form.
    REFERENCE = 51;
    /// Keeps its words from meaning anything else: "public key".
    NEUTRAL = 44;
}

/// Words that say whose number the next number is.
pub(super) const LABELS: Hints = AGB
    | AMOUNT
    | BIG
    | BSN
    | CARD
    | CASE
    | CF
    | DNI
    | DRIVING
    | IBAN
    | IDENTITY
    | IDNR
    | INSZ
    | KVK
    | NHS
    | NIR
    | ORDER
    | PASSPORT
    | PATIENT
    | PESEL
    | PHONE
    | RSIN
    | SNOMED
    | UZI
    | VAT;

/// Words worth keeping from the head of a table.
pub(super) const HEADINGS: Hints =
    LABELS | ATC | BIRTH | DATE | ICD | ILLNESS | INTAKE | PASSWORD | SECRET | ADDRESS | POSTCODE;
