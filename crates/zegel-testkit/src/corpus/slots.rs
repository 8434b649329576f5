//! What makes texts differ without being what a detector looks for: names, dates, prices, codes.

use super::Language;
use super::entity::Entity;
use super::writer::Writer;

impl Writer {
    /// Fills a slot that is no entity.
    pub(super) fn filler(&mut self, slot: &'static str) {
        let filled = match slot {
            "subject" => self.subject.clone(),
            "author" => self.author.clone(),
            "name" => self.person(),
            "given" => self.given().to_owned(),
            "family" => self.family().to_owned(),
            "initials" => self.draw.mask("@.@."),
            "house" => self.house(),
            "newline" => "\n".to_owned(),
            "n" => self.draw.between(2, 28).to_string(),
            "year" => self.draw.between(2019, 2026).to_string(),
            "month" => {
                let month = self.draw.below(12);
                months(self.language)[month].to_owned()
            }
            "weekday" => {
                let day = self.draw.below(7);
                weekdays(self.language)[day].to_owned()
            }
            "time" => format!("{:02}:{:02}", self.draw.between(7, 21), self.draw.between(0, 11) * 5),
            "price" => self.price(),
            "percent" => self.draw.mask("*#,#") + " %",
            "version" => self.draw.mask("*.##.#"),
            "room" => self.draw.mask("@*.##"),
            "email" => self.email(),
            "url" => self.draw.mask("https://www.example.org/~(6)/#####"),
            "date" => {
                let start = self.text.len();
                self.date_between(2019, 2026);
                self.decoy(Entity::BirthDate, start, "a date of something else than a birth");
                return;
            }
            "isbn" => {
                return self.noted("978-90-####-###-#", &[Entity::PaymentCard, Entity::Phone], "an ISBN");
            }
            "ean" => {
                return self.noted("87###########", &[Entity::PaymentCard, Entity::Phone], "an article code");
            }
            "sha" => return self.noted("^(40)", &[Entity::Token], "a hash"),
            "uuid" => {
                return self.noted(
                    "^(8)-^(4)-4^(3)-a^(3)-^(12)",
                    &[Entity::Token],
                    "an id that opens nothing",
                );
            }
            "picture" => {
                return self.noted("iVBORw0KGgoAAAANSUhEUgAA~(220)", &[Entity::Token], "a picture in base64");
            }
            "public-key" => {
                let (start, kinds) = (self.text.len(), ["PUBLIC KEY", "CERTIFICATE", "SSH2 PUBLIC KEY"]);
                let kind = *self.draw.pick(&kinds);
                self.block(kind, 2);
                return self.decoy(Entity::PrivateKey, start, "a public key or certificate");
            }
            "street" | "town" | "org" => return self.one_of(slot),
            _ => panic!("no slot is named {slot:?}"),
        };
        self.text.push_str(&filled);
    }

    /// Makes a name from a given and a family name.
    pub(super) fn person(&mut self) -> String {
        let family = self.family();
        match self.draw.below(6) {
            0 => format!("{} {family}", self.draw.mask("@.@.")),
            1 => format!("{} {} {family}", self.given(), self.draw.mask("@.")),
            _ => format!("{} {family}", self.given()),
        }
    }

    /// Writes a date with its year between two, in one of the portion's formats.
    pub(super) fn date_between(&mut self, first: u32, last: u32) {
        let (year, month) = (self.draw.between(first, last), self.draw.between(1, 12));
        let day = self.draw.between(1, if month == 2 { 28 } else { 30 });
        let long = months(self.language)[usize::try_from(month - 1).expect("it is small")];
        let format = *self.draw.pick(self.book.section("date"));
        let short = if self.language == Language::Dutch && month == 3 { "mrt" } else { &long[..3] };
        let ordinal = match day {
            1 | 21 => "st",
            2 | 22 => "nd",
            3 | 23 => "rd",
            _ => "th",
        };
        let date = format
            .replace("%d", &day.to_string())
            .replace("%D", &format!("{day:02}"))
            .replace("%o", ordinal)
            .replace("%m", &month.to_string())
            .replace("%M", &format!("{month:02}"))
            .replace("%B", long)
            .replace("%b", short)
            .replace("%Y", &year.to_string())
            .replace("%y", &format!("{:02}", year % 100));
        self.text.push_str(&date);
    }

    fn noted(&mut self, mask: &str, entities: &[Entity], why: &'static str) {
        let start = self.text.len();
        let filled = self.draw.mask(mask);
        self.text.push_str(&filled);
        for entity in entities {
            self.decoy(*entity, start, why);
        }
    }

    fn given(&mut self) -> &'static str {
        let names: &[&'static str] = match self.language {
            Language::Dutch => &GIVEN_DUTCH,
            Language::English => &GIVEN_ENGLISH,
        };
        names[self.draw.below(names.len())]
    }

    fn family(&mut self) -> &'static str {
        let names: &[&'static str] = match self.language {
            Language::Dutch => &FAMILY_DUTCH,
            Language::English => &FAMILY_ENGLISH,
        };
        names[self.draw.below(names.len())]
    }

    fn house(&mut self) -> String {
        let number = self.draw.between(1, 240);
        match self.draw.below(9) {
            0 => format!("{number}a"),
            1 if self.language == Language::Dutch => format!("{number}-{}", self.draw.between(1, 4)),
            _ => number.to_string(),
        }
    }

    fn price(&mut self) -> String {
        let mask = match (self.language, self.draw.below(3)) {
            (Language::Dutch, 0) => "€ *.###,##",
            (Language::Dutch, _) => "€ *#,##",
            (Language::English, 0) => "£*,###.##",
            (Language::English, _) => "€*#.##",
        };
        self.draw.mask(mask)
    }

    fn email(&mut self) -> String {
        let (given, family) =
            (self.given().to_lowercase(), self.family().to_lowercase().replace([' ', '\''], ""));
        let domain = *self.draw.pick(&[
            "example.org",
            "example.net",
            "zorg.example",
            "gemeente.example",
            "school.example",
        ]);
        format!("{given}.{family}@{domain}")
    }
}

const fn months(language: Language) -> [&'static str; 12] {
    match language {
        Language::Dutch => [
            "januari",
            "februari",
            "maart",
            "april",
            "mei",
            "juni",
            "juli",
            "augustus",
            "september",
            "oktober",
            "november",
            "december",
        ],
        Language::English => [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
    }
}

const fn weekdays(language: Language) -> [&'static str; 7] {
    match language {
        Language::Dutch => ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"],
        Language::English => ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    }
}

// Common names, combined at random: nobody in particular.
const GIVEN_DUTCH: [&str; 32] = [
    "Anna", "Bas", "Chantal", "Daan", "Els", "Fatima", "Gerrit", "Hanneke", "Ilse", "Jeroen", "Karin",
    "Lars", "Maria", "Niels", "Olga", "Pieter", "Quinten", "Ruben", "Sanne", "Tim", "Ursula", "Vera",
    "Wouter", "Yusuf", "Zeynep", "Mohamed", "Noor", "Sem", "Tess", "Bram", "Lotte", "Kees",
];
const FAMILY_DUTCH: [&str; 32] = [
    "Jansen",
    "de Vries",
    "Bakker",
    "van den Berg",
    "Visser",
    "Smit",
    "Meijer",
    "de Boer",
    "Mulder",
    "de Groot",
    "Bos",
    "Vos",
    "Peters",
    "Hendriks",
    "van Leeuwen",
    "Dekker",
    "Brouwer",
    "de Wit",
    "Dijkstra",
    "Smits",
    "de Graaf",
    "Kok",
    "Jacobs",
    "de Haan",
    "Vermeulen",
    "van der Heijden",
    "Schouten",
    "van Beek",
    "Willems",
    "Yilmaz",
    "El Idrissi",
    "Postma",
];
const GIVEN_ENGLISH: [&str; 28] = [
    "Adam", "Beth", "Callum", "Deborah", "Edward", "Fiona", "George", "Hannah", "Isaac", "Jane", "Kevin",
    "Laura", "Michael", "Nora", "Oliver", "Priya", "Rachel", "Samuel", "Tara", "Victor", "Wendy", "Aisha",
    "Dylan", "Erin", "Graham", "Leo", "Megan", "Owen",
];
const FAMILY_ENGLISH: [&str; 28] = [
    "Smith", "Jones", "Taylor", "Brown", "Williams", "Wilson", "Johnson", "Davies", "Patel", "Robinson",
    "Wright", "Thompson", "Evans", "Walker", "White", "Roberts", "Green", "Hall", "Wood", "Jackson",
    "Clarke", "Khan", "Hughes", "Edwards", "Turner", "Hill", "O'Brien", "Murphy",
];
