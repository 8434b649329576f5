//! Words that streets end and begin with, and small words inside names.
//!
//! Source: street types of the Dutch BAG, of Belgian, German and French usage and of the Royal Mail's address file.

use super::pairs::Pairs;

/// What Dutch, Flemish and German street names end with.
const ENDINGS: &[&str] = &[
    "straat",
    "laan",
    "weg",
    "plein",
    "gracht",
    "kade",
    "singel",
    "dijk",
    "hof",
    "pad",
    "steeg",
    "dreef",
    "park",
    "baan",
    "haven",
    "markt",
    "plantsoen",
    "ring",
    "wal",
    "dam",
    "oord",
    "veld",
    "velden",
    "horst",
    "akker",
    "akkers",
    "kamp",
    "poort",
    "brink",
    "boulevard",
    "allee",
    "promenade",
    "str",
    "ln",
    "strasse",
    "platz",
    "gasse",
    "ufer",
    "damm",
    "burg",
    "erf",
    "hoek",
    "berg",
    "zicht",
    "weide",
    "waard",
    "stede",
    "stee",
    "vaart",
    "sloot",
    "meer",
    "tuin",
    "tuinen",
    "kwartier",
    "rede",
    "eind",
    "einde",
    "heide",
    "bos",
    "beek",
    "donk",
    "spoor",
    "loop",
    "vliet",
    "zijde",
    "esplanade",
    "passage",
    "werf",
    "pier",
    "hage",
    "dal",
    "dellen",
    "kerkhof",
    "spui",
    "wijk",
    "schans",
    "bolwerk",
    "vest",
    "voorhout",
    "huizen",
    "gaarde",
    "boomgaard",
    "steenweg",
    "chaussee",
    "kamer",
    "stroom",
    "drift",
    "ooi",
    "rooi",
    "borg",
    "wold",
    "koog",
    "polder",
];

/// Endings that many other words have: they count in a word of some length that is capitalised.
const SHORT: usize = 3;

/// The last two letters of every ending: few other words have them.
const TAILS: Pairs = make_tails();

/// Says whether a word ends as a street does.
pub(super) fn is_street(folded: &[u8]) -> bool {
    let [.., a, b] = folded else { return false };
    TAILS.may_have(*a, *b)
        && ENDINGS.iter().any(|ending| {
            folded.ends_with(ending.as_bytes())
                && (folded.len() == ending.len() && ending.len() > 4 || folded.len() >= ending.len() + SHORT)
        })
}

const fn make_tails() -> Pairs {
    let mut tails = Pairs::new();
    let mut left = ENDINGS;
    while let [ending, rest @ ..] = left {
        if let [.., a, b] = ending.as_bytes() {
            tails = tails.with(*a, *b);
        }
        left = rest;
    }
    tails
}

/// Says whether British street names end with a word.
pub(super) fn is_british(folded: &[u8]) -> bool {
    matches!(
        folded,
        b"street"
            | b"road"
            | b"lane"
            | b"avenue"
            | b"drive"
            | b"close"
            | b"way"
            | b"hill"
            | b"court"
            | b"place"
            | b"square"
            | b"terrace"
            | b"crescent"
            | b"gardens"
            | b"grove"
            | b"mews"
            | b"row"
            | b"walk"
            | b"park"
            | b"green"
            | b"parade"
            | b"st"
            | b"rd"
            | b"ave"
            | b"ln"
            | b"dr"
            | b"boulevard"
            | b"view"
            | b"rise"
            | b"yard"
            | b"wharf"
            | b"quay"
            | b"gate"
            | b"common"
            | b"circus"
            | b"embankment"
            | b"vale"
            | b"end"
            | b"approach"
            | b"bank"
            | b"croft"
            | b"fields"
            | b"meadow"
            | b"meadows"
            | b"heights"
            | b"path"
            | b"side"
            | b"drove"
            | b"hollow"
    )
}

/// Says whether French, Spanish, Italian and Polish street names begin with a word.
pub(super) fn is_first(folded: &[u8]) -> bool {
    matches!(
        folded,
        b"rue"
            | b"avenue"
            | b"boulevard"
            | b"place"
            | b"quai"
            | b"chemin"
            | b"impasse"
            | b"allee"
            | b"via"
            | b"viale"
            | b"piazza"
            | b"corso"
            | b"calle"
            | b"avenida"
            | b"plaza"
            | b"paseo"
            | b"ulica"
            | b"chaussee"
            | b"square"
            | b"cours"
    )
}

/// Says whether a word is a small one that stands inside names.
pub(super) fn is_particle(folded: &[u8]) -> bool {
    matches!(
        folded,
        b"van"
            | b"de"
            | b"der"
            | b"den"
            | b"het"
            | b"t"
            | b"s"
            | b"ter"
            | b"ten"
            | b"te"
            | b"op"
            | b"aan"
            | b"aen"
            | b"bij"
            | b"in"
            | b"en"
            | b"onder"
            | b"over"
            | b"von"
            | b"zur"
            | b"zum"
            | b"am"
            | b"la"
            | b"le"
            | b"les"
            | b"du"
            | b"des"
            | b"of"
            | b"the"
            | b"on"
            | b"upon"
            | b"under"
            | b"d"
    )
}

/// Says whether a word looks like a street and is none.
pub(super) fn is_no_street(folded: &[u8]) -> bool {
    matches!(
        folded,
        b"onderweg"
            | b"vanweg"
            | b"overweg"
            | b"halverwege"
            | b"terugweg"
            | b"heenweg"
            | b"vandaag"
            | b"maandag"
            | b"november"
            | b"september"
            | b"december"
            | b"oktober"
            | b"order"
            | b"pagina"
            | b"kamer"
            | b"zaal"
            | b"groep"
            | b"klas"
            | b"week"
            | b"nummer"
            | b"project"
            | b"dankzij"
            | b"seminar"
            | b"ruimte"
            | b"vergaderkamer"
            | b"slaapkamer"
            | b"tweede kamer"
            | b"ruggespraak"
            | b"aanvraag"
            | b"verslag"
            | b"dinsdag"
            | b"donderdag"
            | b"woensdag"
            | b"vrijdag"
            | b"zaterdag"
            | b"zondag"
    )
}
