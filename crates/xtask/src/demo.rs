//! `cargo xtask demo`: two people, one sealed message, and what everybody gets to see of it.

mod picture;
mod stage;

use std::fs;
use std::path::{Path, PathBuf};

use crate::fail::Failure;
use crate::shell;
use crate::ui;

use stage::{Capture, Stage};

const ALICE: &str = "alice@example.org";
const BOB: &str = "bob@example.net";
const EVE: &str = "eve@example.com";

/// A policy of one rule.
const POLICY: &str = r#"format = "zegel/policy/v1"
name = "Example clinic"
serial = 1

[organisation]
domains = ["clinic.example"]

[[rule]]
id = "many-bsn"
action = "warn"
accept = "justify"
explain = { nl = "BSN's van {different} mensen: schrijf op waarom.", en = "BSNs of {different} people: write down why." }

[[rule.when]]
content = { detectors = ["bsn"], different = 3 }
"#;

/// What is asked of this run.
#[derive(Debug, Default)]
struct Wishes {
    /// A mail of the user's own.
    mail: Option<PathBuf>,
    /// Where to draw the terminal.
    picture: Option<PathBuf>,
}

/// Shows the product at work.
///
/// # Errors
/// When the build fails, or a command of `zegel` does not do what is shown here.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let wishes = wishes(arguments)?;
    ui::note("Building zegel (some minutes the first time) …");
    shell::run(shell::cargo().args(["build", "--release", "--locked", "--quiet"]).args([
        "--package",
        "zegel",
        "--bin",
        "zegel",
        "--package",
        "zegel-delivery",
        "--example",
        "capture",
    ]))?;
    let mut stage = Stage::make(shell::target().join("demo"))?;
    let play = match &wishes.mail {
        Some(mail) => own_mail(&mut stage, mail),
        None => letter(&mut stage),
    };
    play?;
    if let Some(path) = &wishes.picture {
        picture::draw(path, &highlights(stage.lines()))?;
        ui::note(&format!("drawn: {}", path.display()));
    }
    Ok(())
}

fn wishes(arguments: &[String]) -> Result<Wishes, Failure> {
    let mut wishes = Wishes::default();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--svg" => {
                let path = words.next().ok_or_else(|| Failure::usage("--svg needs a file name"))?;
                wishes.picture = Some(PathBuf::from(path));
            }
            other if other.starts_with('-') => {
                return Err(Failure::usage(format!("demo does not know {other}")));
            }
            file => {
                let path = std::path::absolute(file)
                    .map_err(|error| Failure::new(format!("{file} cannot be found: {error}")))?;
                wishes.mail = Some(path);
            }
        }
    }
    Ok(wishes)
}

/// Alice sends Bob a letter with an attachment.
fn letter(stage: &mut Stage) -> Result<(), Failure> {
    stage.title("Two people make their keys and exchange cards");
    for (person, name) in [(ALICE, "Alice Jansen"), (BOB, "Bob de Vries")] {
        stage.show(person, &["identity", "new", "--address", person, "--name", name, "--store", "plain"])?;
    }
    stage.introduce(ALICE, BOB)?;
    stage.introduce(BOB, ALICE)?;

    let report = stage.file("results.csv", &table())?;
    let text = stage
        .file("letter.txt", "Dear Bob,\n\nHere are the results. They are for your eyes only.\n\nAlice\n")?;
    stage.title("Alice seals a letter with an attachment and submits it to a mail server");
    let capture = Capture::start(stage, "wire")?;
    stage.connect(ALICE, &capture);
    let words =
        ["--to", BOB, "--subject", "Your results of 3 March", "--body-file", &text, "--attach", &report];
    stage.show(ALICE, &[&["plan"], &words[..]].concat())?;
    stage.show(ALICE, &[&["send"], &words[..]].concat())?;
    let mails = capture.stop()?;
    let [mail] = mails.as_slice() else {
        return Err(Failure::new(format!("one mail was expected, {} came", mails.len())));
    };
    wire(stage, BOB, mail)?;

    stage.title("What Bob reads");
    stage.show(BOB, &["open", mail, "--extract", "attachments"])?;
    let same = fs::read(stage.path("attachments/results.csv")).ok() == fs::read(stage.path(&report)).ok();
    if !same {
        return Err(Failure::new("the attachment did not come back as it was sent"));
    }
    stage.say("results.csv is byte for byte what Alice attached.");

    stage.title("What Eve reads, who has a copy of the mail but no key to it");
    stage.quietly(EVE, &["identity", "new", "--address", EVE, "--store", "plain"])?;
    stage.show_refusal(EVE, &["open", mail], 67)?;

    stage.title("What happens when somebody changes one byte on the way");
    let changed = change_a_byte(stage, mail)?;
    stage.show_refusal(BOB, &["open", &changed], 65)?;

    stage.title("What happens when there is no key for somebody");
    let words = ["send", "--to", "stranger@example.com", "--subject", "Hello", "--body-file", &text];
    stage.show_refusal(ALICE, &words, 67)?;
    policy(stage)?;
    next(stage, BOB, mail);
    Ok(())
}

/// An organisation's rule stops a list that nobody meant to send, and lets it go with a reason.
fn policy(stage: &mut Stage) -> Result<(), Failure> {
    stage.title("What happens when the organisation has a rule against it, and the file breaks it");
    stage.file("policy.toml", POLICY)?;
    for line in POLICY.lines() {
        stage.say(line);
    }
    stage.configure(ALICE, &format!("[policy]\nfile = {:?}\n", stage.path("policy.toml")))?;
    let list = stage.file("clients.csv", &clients())?;
    let words = ["--to", BOB, "--subject", "The list", "--body", "Dear Bob, here it is.", "--attach", &list];
    stage.show_refusal(ALICE, &[&["plan"], &words[..]].concat(), 77)?;
    stage.show(ALICE, &[&["plan", "--accept", "many-bsn=asked for by the registry"], &words[..]].concat())
}

/// The sender of a given mail sends it to the people it names, all of whom get keys for the occasion.
fn own_mail(stage: &mut Stage, mail: &Path) -> Result<(), Failure> {
    let bytes = fs::read(mail)
        .map_err(|error| Failure::new(format!("{} cannot be read: {error}", mail.display())))?;
    let from = address_in(&header(&bytes, "from").unwrap_or_default()).unwrap_or_else(|| ALICE.to_owned());
    stage.title("Keys for the people your mail names");
    stage.show(&from, &["identity", "new", "--address", &from, "--store", "plain"])?;
    let path = mail.display().to_string();
    let mut people = Vec::new();
    for field in ["to", "cc", "bcc"] {
        people.extend(header(&bytes, field).unwrap_or_default().split(',').filter_map(address_in));
    }
    people.sort();
    people.dedup();
    people.retain(|person| *person != from);
    let Some(reader) = people.first().cloned() else {
        return Err(Failure::new("this mail has nobody in To, Cc or Bcc but its sender")
            .hint("try one with a recipient, or `cargo xtask demo` without a file"));
    };
    for person in &people {
        stage.show(person, &["identity", "new", "--address", person, "--store", "plain"])?;
        stage.introduce(&from, person)?;
    }
    stage.introduce(&reader, &from)?;

    stage.title("It is sealed and submitted to a mail server");
    let capture = Capture::start(stage, "wire")?;
    stage.connect(&from, &capture);
    stage.show(&from, &["plan", &path])?;
    stage.show(&from, &["send", &path])?;
    let mails = capture.stop()?;
    let mine = mails.iter().find(|mail| {
        let log = fs::read_to_string(stage.path(mail).with_extension("log")).unwrap_or_default();
        log.to_lowercase().contains(&format!("<{}>", reader.to_lowercase()))
    });
    let Some(mail) = mine else { return Err(Failure::new("no mail came for the first recipient")) };
    wire(stage, &reader, mail)?;

    stage.title(&format!("What {reader} reads"));
    stage.show(&reader, &["open", mail, "--extract", "attachments"])?;
    next(stage, &reader, mail);
    Ok(())
}

/// Shows what every server on the way could see.
fn wire(stage: &mut Stage, reader: &str, mail: &str) -> Result<(), Failure> {
    stage.title("What the wire saw: the conversation with the server");
    let log = fs::read_to_string(stage.path(mail).with_extension("log"))
        .map_err(|error| Failure::new(format!("the conversation was not kept: {error}")))?;
    for line in log.lines() {
        stage.say(line);
    }
    stage.title("What the wire saw: the mail");
    let bytes = fs::read(stage.path(mail))
        .map_err(|error| Failure::new(format!("{mail} cannot be read: {error}")))?;
    let text = String::from_utf8_lossy(&bytes);
    for line in shortened(&text) {
        stage.say(&line);
    }
    stage.title("What can be learnt from it without a key");
    stage.show(reader, &["inspect", mail])
}

/// Returns the scenes of the letter that say most, for a picture of moderate height; of another play, all.
fn highlights(lines: &[String]) -> Vec<String> {
    const SCENES: [&str; 4] = ["seals a letter", "saw: the mail", "What Bob reads", "changes one byte"];
    let mut inside = false;
    let mut kept = Vec::new();
    for line in lines {
        if line.starts_with("== ") {
            inside = SCENES.iter().any(|scene| line.contains(scene));
        }
        if inside {
            kept.push(line.clone());
        }
    }
    if kept.is_empty() { lines.to_vec() } else { kept }
}

/// Returns the lines of a mail, of every long run of base64 only the first and the last.
fn shortened(mail: &str) -> Vec<String> {
    let lines: Vec<&str> = mail.lines().collect();
    let is_data = |line: &str| line.len() >= 60 && !line.contains(' ');
    let mut shown = Vec::new();
    let mut skipped = 0;
    for (index, line) in lines.iter().enumerate() {
        let inside = index > 0
            && is_data(line)
            && lines.get(index - 1).is_some_and(|before| is_data(before))
            && lines.get(index + 1).is_some_and(|after| is_data(after));
        if inside {
            skipped += 1;
            continue;
        }
        if skipped > 0 {
            shown.push(format!("      … {skipped} more lines …"));
            skipped = 0;
        }
        shown.push((*line).to_owned());
    }
    shown
}

/// Writes a copy of a mail with one letter of the sealed attachment changed.
fn change_a_byte(stage: &Stage, mail: &str) -> Result<String, Failure> {
    let mut bytes = fs::read(stage.path(mail))
        .map_err(|error| Failure::new(format!("{mail} cannot be read: {error}")))?;
    let middle = bytes.len() / 2;
    let place = bytes.iter().skip(middle).position(u8::is_ascii_alphabetic).map(|offset| middle + offset);
    if let Some(byte) = place.and_then(|place| bytes.get_mut(place)) {
        *byte = if *byte == b'A' { b'B' } else { b'A' };
    }
    let path = stage.path("changed.eml");
    fs::write(&path, bytes)
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", path.display())))?;
    Ok("changed.eml".to_owned())
}

fn next(stage: &mut Stage, reader: &str, mail: &str) {
    stage.title("Try next");
    let home = stage.home(reader);
    let zegel = shell::target().join("release/zegel");
    stage.say(&format!("export PATH={}:$PATH", zegel.parent().unwrap_or(Path::new(".")).display()));
    stage.say(&format!("cd {}", stage.path("").display()));
    stage.say(&format!("ZEGEL_HOME={} zegel open {mail} --json", home.display()));
    stage.say("zegel identity new --address you@your.domain     # your own keys, in the keyring");
    stage.say("zegel help                                       # everything else");
    stage.say("cargo xtask demo your-own.eml                    # this, with a mail of yours");
}

/// Returns a table of people who do not exist, with numbers that pass the test of citizen service numbers.
fn clients() -> String {
    let numbers = (0..).map(|n| 900_000_000 + n * 1_234_567).filter(|number| {
        let digits = (0..9).map(|place| number / 10_u32.pow(place) % 10);
        let sum: u32 = digits
            .zip(1..)
            .map(|(digit, weight)| if weight == 1 { digit * 10 } else { digit * weight })
            .sum();
        sum.is_multiple_of(11)
    });
    let rows = numbers.take(4).enumerate().map(|(row, bsn)| format!("Client {};{bsn}\n", row + 1));
    format!("Name;BSN\n{}", rows.collect::<String>())
}

/// Returns a header field, unfolded.
fn header(mail: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(mail);
    let mut value: Option<String> = None;
    for line in text.lines().take_while(|line| !line.is_empty()) {
        if line.starts_with([' ', '\t']) {
            if let Some(value) = &mut value {
                value.push_str(line);
            }
            continue;
        }
        if value.is_some() {
            break;
        }
        if let Some((field, rest)) = line.split_once(':')
            && field.trim().eq_ignore_ascii_case(name)
        {
            value = Some(rest.trim().to_owned());
        }
    }
    value
}

/// Returns the address in `Name <address>` or `address`; good enough for a demonstration, the product has a real parser.
fn address_in(text: &str) -> Option<String> {
    let inner = text.rsplit_once('<').map_or(text, |(_, rest)| rest);
    let address = inner.split('>').next()?.trim();
    address.contains('@').then(|| address.to_owned())
}

/// Returns a table that looks like something worth sealing.
fn table() -> String {
    let mut rows = "date;test;result\n".to_owned();
    for day in 1..=400 {
        rows.push_str(&format!("2026-03-{:02};HbA1c;{}\n", day % 28 + 1, 38 + day % 9));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_headers_and_names_are_read() {
        let mail = b"Received: x\r\nTo: Bob\r\n <bob@example.net>,\r\n carol@example.com\r\nSubject: y\r\n\r\nTo: z@z\r\n";
        let to = header(mail, "to").unwrap();
        let people: Vec<String> = to.split(',').filter_map(address_in).collect();
        assert_eq!(people, ["bob@example.net", "carol@example.com"]);
        assert_eq!(header(mail, "cc"), None);
    }

    #[test]
    fn long_data_is_shown_by_its_ends() {
        let data = "A".repeat(76);
        let mail = format!("Subject: x\n\n{}\n", [data.as_str(); 10].join("\n"));
        let shown = shortened(&mail);
        assert_eq!(shown.iter().filter(|line| **line == data).count(), 2);
        assert!(shown.iter().any(|line| line.contains("8 more lines")));
    }
}
