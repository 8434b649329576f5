//! File names of attachments: what a sender chose, made safe to create in a folder.

use std::collections::{HashMap, HashSet};

use super::field::{clean, decode_words};

/// Longest name in bytes; file systems take 255, and a number may follow.
const NAME_MAX: usize = 200;

/// Gives out names, each once (without regard to case, as some file systems do).
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashSet<String>,
    /// The next number to try for a name, so that ten thousand equal names stay linear.
    next: HashMap<String, usize>,
}

impl Names {
    /// Returns a safe name for `wanted`, or for `fallback` when nothing of it is left.
    pub(super) fn give(&mut self, wanted: Option<&str>, fallback: &str) -> String {
        let name = sanitise(wanted.unwrap_or_default());
        let name = if name.is_empty() { fallback.to_owned() } else { name };
        let (stem, extension) = match name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => (stem.to_owned(), format!(".{extension}")),
            _ => (name.clone(), String::new()),
        };
        let next = self.next.entry(name.to_lowercase()).or_insert(2);
        let mut candidate = name;
        while !self.taken.insert(candidate.to_lowercase()) {
            candidate = format!("{stem} ({next}){extension}");
            *next += 1;
        }
        candidate
    }
}

/// Makes a name safe: no folder, no control or direction character, nothing a file system or shell treats specially.
pub(super) fn sanitise(wanted: &str) -> String {
    let decoded = clean(&decode_words(wanted));
    let last = decoded.rsplit(['/', '\\']).find(|piece| !piece.trim().is_empty()).unwrap_or_default();
    let mut name: String = last
        .chars()
        .map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c })
        .collect();
    name = name.trim().trim_end_matches(['.', ' ']).to_owned();
    if name.starts_with(['.', '-', '~']) {
        name.insert(0, '_');
    }
    // Device names on Windows, with any extension.
    let stem = name.split('.').next().unwrap_or_default().trim().to_ascii_uppercase();
    let device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT")).is_some_and(|n| {
            n.chars().count() == 1 && n.chars().all(|c| c.is_ascii_digit() || matches!(c, '¹' | '²' | '³'))
        });
    if device {
        name.insert(0, '_');
    }
    shorten(name)
}

/// Shortens a name and keeps its extension.
fn shorten(name: String) -> String {
    if name.len() <= NAME_MAX {
        return name;
    }
    let extension =
        name.rsplit_once('.').map(|(_, e)| e).filter(|e| e.len() <= 20).unwrap_or_default().to_owned();
    let room = NAME_MAX - extension.len() - 1;
    let mut short = String::new();
    for c in name.chars() {
        if short.len() + c.len_utf8() > room {
            break;
        }
        short.push(c);
    }
    let short = short.trim_end_matches(['.', ' ']).to_owned();
    if extension.is_empty() { short } else { format!("{short}.{extension}") }
}
