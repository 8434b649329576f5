//! What of a text the sender wrote: not what is quoted, forwarded, or a signature.

use std::ops::Range;

use crate::people::names::fold;

/// Longest introduction of a quotation ("On … wrote:"), in lines.
const INTRODUCTION_LINES: usize = 3;

/// Lines below which another mail follows.
const SEPARATORS: [&str; 12] = [
    "begin forwarded message",
    "begin doorgestuurd bericht",
    "doorgestuurd bericht",
    "doorgestuurd door",
    "forwarded by",
    "forwarded message",
    "oorspronkelijk bericht",
    "oorspronkelijke afspraak",
    "original appointment",
    "original message",
    "origineel bericht",
    "ursprungliche nachricht",
];

/// Words that end a letter; what follows is a name and a disclaimer.
const CLOSINGS: [&str; 27] = [
    "all the best",
    "best",
    "best regards",
    "best wishes",
    "cheers",
    "fijne dag",
    "gr",
    "groet",
    "groeten",
    "groetjes",
    "hartelijke groet",
    "hartelijke groeten",
    "hoogachtend",
    "kind regards",
    "many thanks",
    "met collegiale groet",
    "met hartelijke groet",
    "met vriendelijke groet",
    "met vriendelijke groeten",
    "mvg",
    "regards",
    "sincerely",
    "vriendelijke groet",
    "vriendelijke groeten",
    "warm regards",
    "yours faithfully",
    "yours sincerely",
];

/// A line: where it stands, and its text without white space around it, as it is and folded.
struct Line<'a> {
    range: Range<usize>,
    text: &'a str,
    folded: String,
}

/// Returns the lines that the sender wrote, as byte ranges in order.
pub fn written(text: &str) -> Vec<Range<usize>> {
    let lines = lines(text);
    let mut kept = Vec::new();
    let mut closed = false;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let rest = lines.get(at..).unwrap_or_default();
        if line.text == "--" || ends_here(rest) {
            break;
        }
        if let Some(length) = introduction(rest) {
            // An answer below a quotation goes on after the quoted lines; one above it ends here.
            let quoted = rest.iter().skip(length).find(|line| !line.text.is_empty());
            if !quoted.is_some_and(is_quoted) {
                break;
            }
            at += length;
            closed = false;
            continue;
        }
        if is_quoted(line) {
            closed = false;
        } else {
            let bare = line.folded.trim_end_matches([',', '.', '!', ' ']);
            closed = (closed || CLOSINGS.contains(&bare)) && !is_postscript(&line.folded);
            if !closed {
                kept.push(line.range.clone());
            }
        }
        at += 1;
    }
    kept
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let range = start..start + line.trim_end_matches(['\n', '\r']).len();
            start += line.len();
            let text = line.trim();
            Line { range, text, folded: fold(text) }
        })
        .collect()
}

fn is_quoted(line: &Line<'_>) -> bool {
    line.text.starts_with(['>', '|'])
}

fn is_postscript(folded: &str) -> bool {
    ["ps", "p.s", "nb", "n.b"].iter().any(|mark| {
        folded.strip_prefix(mark).is_some_and(|rest| rest.chars().next().is_none_or(|c| !c.is_alphanumeric()))
    })
}

/// Says whether another mail begins: a line that says so, or a block of header lines as Outlook writes it.
fn ends_here(rest: &[Line<'_>]) -> bool {
    let Some(first) = rest.first() else { return true };
    let folded = first.folded.as_str();
    let bare = folded.trim_matches(|c: char| matches!(c, '-' | '_' | '=' | '*' | ' ' | ':'));
    let ruled = folded.starts_with("---") || folded.starts_with("===") || folded.ends_with(':');
    if ruled && SEPARATORS.contains(&bare) {
        return true;
    }
    let is_field = |line: Option<&Line<'_>>, names: [&str; 4]| {
        line.is_some_and(|line| {
            let folded = line.folded.trim_start_matches('*');
            names.iter().any(|name| {
                folded.strip_prefix(name).is_some_and(|rest| rest.trim_start_matches('*').starts_with(':'))
            })
        })
    };
    let from = ["from", "van", "von", "de"];
    let date = ["sent", "verzonden", "date", "datum"];
    let to = ["to", "aan", "cc", "subject"];
    is_field(Some(first), from)
        && (is_field(rest.get(1), date) || is_field(rest.get(2), date) || is_field(rest.get(1), to))
}

/// Says how many lines introduce a quotation: "On … wrote:", "Op … schreef …:", broken over lines or not.
fn introduction(rest: &[Line<'_>]) -> Option<usize> {
    let first = &rest.first()?.folded;
    let starts = ["on ", "op ", "am ", "le "].iter().any(|word| first.starts_with(word));
    let dated = first.chars().any(|c| c.is_ascii_digit());
    if !starts || !dated {
        return None;
    }
    let mut joined = String::new();
    for (index, line) in rest.iter().take(INTRODUCTION_LINES).enumerate() {
        if line.text.is_empty() {
            return None;
        }
        joined.push_str(&line.folded);
        joined.push(' ');
        let verb =
            ["wrote", "schreef", "schrieb", "ecrit", "geschreven"].iter().any(|verb| joined.contains(verb));
        if verb && joined.trim_end().ends_with(':') {
            return Some(index + 1);
        }
    }
    None
}
