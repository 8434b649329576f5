//! Takes out of the outputs what differs from run to run.

use crate::e2e::world::World;

/// What stands for what in one transcript.
pub(super) struct Normal {
    replace: Vec<(String, String)>,
    /// File names made of addresses, which are always the same.
    known: Vec<String>,
}

impl Normal {
    pub(super) fn new(world: &World, more: &[(String, &str)]) -> Self {
        let mut replace = vec![(world.root().to_str().unwrap().to_owned(), "$ROOT".to_owned())];
        replace.extend(more.iter().map(|(from, to)| (from.clone(), (*to).to_owned())));
        let known = world
            .listing(&[])
            .into_keys()
            .flat_map(|path| path.split(['/', '.']).map(str::to_owned).collect::<Vec<_>>())
            .filter(|word| word.len() == 52)
            .collect();
        Self { replace, known }
    }

    /// Makes an output the same in every run.
    pub(super) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (from, to) in &self.replace {
            text = text.replace(from, to);
        }
        text.lines().map(|line| self.line(line)).collect::<Vec<_>>().join("\n")
    }

    fn line(&self, line: &str) -> String {
        let mut out = String::new();
        let mut word = String::new();
        for c in line.chars().chain(['\0']) {
            let is_key = word.len() > 200 || word.starts_with("AAAA");
            if c.is_ascii_alphanumeric() || c == '-' || c == '+' || c == '/' && is_key {
                word.push(c);
                continue;
            }
            self.word(&word, &mut out);
            word.clear();
            if c != '\0' {
                out.push(c);
            }
        }
        numbers(&out)
    }

    fn word(&self, whole: &str, out: &mut String) {
        // The dashes that end a boundary are not part of its name.
        let word = whole.trim_end_matches('-');
        self.name(word, out);
        out.push_str(&whole[word.len()..]);
    }

    fn name(&self, word: &str, out: &mut String) {
        let base32 = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b));
        let groups: Vec<&str> = word.split('-').collect();
        if groups.len() >= 6 && groups.iter().all(|group| group.len() == 4 && base32(group)) {
            // Fingerprints of the people of the world are fixed; those of keys made in the run are not.
            out.push_str("FINGERPRINT");
        } else if word.len() == 26 && base32(word) {
            out.push_str("MESSAGE-ID");
        } else if word.len() == 32 && base32(word) {
            out.push_str("BOUNDARY");
        } else if word.len() == 2 && out.ends_with("seen/") {
            out.push_str("XX");
        } else if is_maildir_time(word) || is_maildir_name(word) {
            out.push('N');
        } else if word.len() == 52 && base32(word) {
            match self.known.iter().find(|known| *known == word) {
                Some(known) => out.push_str(&format!("{}~", &known[..8])),
                None => out.push_str("HASH"),
            }
        } else if word.len() > 100 && !word.starts_with("xxx") {
            out.push_str(&format!("{}…", &word[..12]));
        } else {
            out.push_str(word);
        }
    }
}

/// Says whether a word is the first part of a name in a Maildir: seconds since 1970.
fn is_maildir_time(word: &str) -> bool {
    word.len() == 10 && word.starts_with("17") && word.bytes().all(|b| b.is_ascii_digit())
}

/// Says whether a word is the second part: microseconds, process, count and randomness.
fn is_maildir_name(word: &str) -> bool {
    word.len() > 20 && word.starts_with('M') && word.contains('P') && word.contains('Q') && word.contains('R')
}

/// Replaces times that were measured and names that a mail server gave.
fn numbers(line: &str) -> String {
    let mut line = replace_digits(line, "\"millis\":", "");
    line = milliseconds(&replace_digits(&line, "\"micros\":", ""));
    line = replace_digits(&line, "127.0.0.1:", "");
    // Age headers carry a stanza of random length, so sizes of ciphertext differ by a few bytes.
    line = sizes(&replace_digits(&line, "\"bytes\":", ""));
    line = replace_digits(&line, "verification time ", " (UNIX)");
    line = replace_digits(&line, "(", " seconds ago)");
    if let Some(at) = line.find("queued as ") {
        let after = at + "queued as ".len();
        let end =
            line[after..].find(|c: char| !c.is_ascii_alphanumeric()).map_or(line.len(), |end| after + end);
        line.replace_range(after..end, "QUEUE-ID");
    }
    line
}

/// Replaces `12.3 ms` and the spaces that align what follows.
fn milliseconds(line: &str) -> String {
    let Some(at) = line.find(" ms") else { return line.to_owned() };
    let (before, after) = line.split_at(at);
    let before = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if before.len() == at {
        return line.to_owned();
    }
    let rest = after[3..].trim_start();
    format!("{before}N ms{}{rest}", if rest.is_empty() { "" } else { "  " })
}

/// Replaces `12.3 KiB`, however often it stands there.
fn sizes(line: &str) -> String {
    let pieces: Vec<&str> = line.split(" KiB").collect();
    let (last, sized) = pieces.split_last().unwrap();
    let mut out = String::new();
    for piece in sized {
        out.push_str(piece.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'));
        out.push_str("N KiB");
    }
    out + last
}

fn replace_digits(line: &str, before: &str, after: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            let fits = !digits.is_empty() && rest.starts_with(after) && out.ends_with(before);
            out.push_str(if fits { "N" } else { &digits });
            digits.clear();
            out.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    let fits = !digits.is_empty() && after.is_empty() && out.ends_with(before);
    out.push_str(if fits { "N" } else { &digits });
    out
}
