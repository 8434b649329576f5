//! Credentials: private keys, tokens of known form or behind a word, passwords behind a word, lines of `.env` files.
//!
//! Sources: RFC 7468 (textual encodings), OpenSSH `PROTOCOL.key`, C2SP `age.md` and the hybrid identity of `docs/formats`; the
//! prefixes that GitHub, GitLab, Slack, Stripe, AWS, Google, npm, PyPI and others document so that scanners find them;
//! RFC 7519 (JWT). Everything else is judged by its mixture of characters.

use super::chars::{byte, ceil, char_at, floor};
use super::found::{Found, hash};
use super::hints::{CREDENTIAL, PASSWORD, SECRET};
use super::lexer::{Kind, Token};
use super::page::Page;
use super::strength::{changes, is_password, is_placeholder, is_secret, is_token_byte};
use super::{Builtin, Confidence};

/// Known beginnings of tokens, the fewest characters behind them.
const PREFIXES: &[(&str, usize)] = &[
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("ghr_", 30),
    ("github_pat_", 22),
    ("glpat-", 16),
    ("gldt-", 16),
    ("glrt-", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("xoxa-", 16),
    ("xoxr-", 16),
    ("xoxs-", 16),
    ("xapp-", 16),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("pk_live_", 16),
    ("rk_live_", 16),
    ("sk-", 20),
    ("whsec_", 20),
    ("npm_", 30),
    ("pypi-", 30),
    ("dop_v1_", 40),
    ("doo_v1_", 40),
    ("dor_v1_", 40),
    ("hf_", 30),
    ("shpat_", 30),
    ("shpss_", 30),
    ("shpca_", 30),
    ("shppa_", 30),
    ("sq0atp-", 20),
    ("sq0csp-", 30),
    ("SG.", 40),
    ("key-", 32),
    ("hvs.", 20),
    ("hvb.", 20),
    ("dckr_pat_", 20),
    ("tfp_", 30),
    ("nvapi-", 30),
    ("gsk_", 30),
    ("ya29.", 30),
    ("lin_api_", 30),
    ("ntn_", 30),
    ("rubygems_", 30),
    ("ops_", 30),
    ("pul-", 30),
];

/// How far the end of a private key may lie behind its beginning, in bytes.
const KEY_LONGEST: usize = 20_000;

/// How far a value may stand behind its word, in bytes.
const REACH: usize = 48;

/// Longest run of bytes that is looked at, before it is known to be a find.
const LOOK: usize = 512;

/// Longest find that is one run of bytes.
const RUN_LONGEST: usize = 8192;

/// Judges a word that may announce a credential.
pub(super) fn judge_word(page: &Page<'_>, token: &Token, found: &mut Found) {
    if token.hints & CREDENTIAL != 0
        && (private_key(page, token, found) || known_token(page, token.start, found))
    {
        return;
    }
    if found.is_claimed(token.start) {
        return;
    }
    if token.hints & (PASSWORD | SECRET) != 0 {
        if env_line(page, token, found) {
            return;
        }
        let kind = if token.hints & PASSWORD != 0 { Builtin::Password } else { Builtin::Token };
        announced(page, token, kind, found);
    }
}

/// Judges a long token: the forms that begin with letters and digits alone.
pub(super) fn judge_token(page: &Page<'_>, token: &Token, found: &mut Found) {
    let length = token.end - token.start;
    if length < 16 || found.is_claimed(token.start) {
        return;
    }
    let Some(bytes) = page.bytes.get(token.start..token.end) else { return };
    let near = page.left_of(token.start);
    if near.is_ascii_alphanumeric() || near == b'_' {
        return;
    }
    let end = match bytes {
        [b'A', b'K' | b'S', b'I', b'A', rest @ ..]
            if length == 20 && rest.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) =>
        {
            token.end
        }
        [b'A', b'I', b'z', b'a', ..] => run(page, token.start, LOOK, is_token_byte),
        [b'e', b'y', b'J', ..] if !found.is_refused(token.start) => {
            run(page, token.start, RUN_LONGEST, |b| is_token_byte(b) || b == b'.')
        }
        _ => return,
    };
    let text = page.slice(token.start, end).trim_end_matches('.');
    let jwt = text.starts_with("eyJ");
    if jwt && (text.matches('.').count() < 2 || text.len() < 40) {
        // What begins further on in the same run is shorter and has no more dots.
        found.refuse(end);
        return;
    }
    if text.starts_with("AIza") && text.len() < 35 {
        return;
    }
    add(found, Builtin::Token, token.start, token.start + text.len(), Confidence::High, text);
    found.claim(token.start + text.len());
}

/// A key between `-----BEGIN … PRIVATE KEY-----` and its end, or an age identity.
fn private_key(page: &Page<'_>, token: &Token, found: &mut Found) -> bool {
    let word = page.slice(token.start, token.end);
    if word.len() >= 14 && word.get(..4).is_some_and(|age| age.eq_ignore_ascii_case("age-")) {
        let end = run(page, token.start, RUN_LONGEST, |b| b.is_ascii_alphanumeric() || b == b'-');
        if end - token.start >= 60 {
            add(found, Builtin::PrivateKey, token.start, end, Confidence::High, page.slice(token.start, end));
            found.claim(end);
            return true;
        }
        return false;
    }
    if word != "BEGIN" || !page.slice(token.start.saturating_sub(5), token.start).ends_with("-----") {
        return false;
    }
    let head = page.slice(token.end, floor(page.text, token.end + 60));
    let Some(close) = head.find("-----") else { return false };
    let title = head.get(..close).unwrap_or("");
    if !title.trim_end_matches(" BLOCK").ends_with("PRIVATE KEY") {
        return false;
    }
    let start = token.start - 5;
    let body = token.end + close + 5;
    let limit = floor(page.text, body.saturating_add(KEY_LONGEST));
    // The next row of hyphens ends it, whatever it says: each byte is looked at once, also where no key ever ends.
    let rest = page.slice(body, limit);
    let end = match rest.find("-----") {
        Some(at) if rest.get(at..).is_some_and(|tail| tail.starts_with("-----END")) => {
            let tail = rest.get(at + 8..).unwrap_or("");
            let shut = tail.find("-----").filter(|shut| *shut < 60).map_or(0, |shut| shut + 5);
            body + at + 8 + shut
        }
        // Cut off: as far as lines of a key go.
        _ => body + key_lines(rest),
    };
    add(found, Builtin::PrivateKey, start, end, Confidence::High, page.slice(start, end));
    found.claim(end);
    true
}

/// Returns how far lines of base64 reach.
fn key_lines(rest: &str) -> usize {
    let mut length = 0;
    for line in rest.split_inclusive('\n') {
        let text = line.trim();
        let good = text.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b':' | b',' | b'-' | b' ')
        });
        if length > 0 && text.is_empty() || !good || text.contains(' ') && !text.contains(':') {
            break;
        }
        length += line.len();
    }
    length
}

/// A token that begins as its issuer says.
fn known_token(page: &Page<'_>, start: usize, found: &mut Found) -> bool {
    if found.is_claimed(start) || is_in_env_line(page, start) {
        return false;
    }
    let near = page.left_of(start);
    if near.is_ascii_alphanumeric() || matches!(near, b'_' | b'-') {
        return false;
    }
    let rest = page.slice(start, floor(page.text, start + 16));
    let Some((prefix, fewest)) = PREFIXES.iter().find(|(prefix, _)| rest.starts_with(prefix)) else {
        return false;
    };
    let end = run(page, start, LOOK, |b| is_token_byte(b) || b == b'.');
    let text = page.slice(start, end).trim_end_matches(['.', '-']);
    let tail = text.get(prefix.len()..).unwrap_or("");
    if tail.len() < *fewest || changes(tail.as_bytes()) < 4 || is_placeholder(tail) {
        return false;
    }
    add(found, Builtin::Token, start, start + text.len(), Confidence::High, text);
    found.claim(start + text.len());
    true
}

/// Says whether a place stands in a line `NAME=…` of an environment file.
fn is_in_env_line(page: &Page<'_>, start: usize) -> bool {
    let from = ceil(page.text, start.saturating_sub(80));
    let before = page.slice(from, start).trim_end_matches(['"', '\'']);
    let line = before.rsplit('\n').next().unwrap_or("");
    let Some(name) = line.strip_suffix('=') else { return false };
    let name = name.trim().trim_start_matches("export ").trim_start_matches('`');
    name.len() > 2 && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// `DB_PASSWORD=value`, a name in capitals and a value on the same line.
fn env_line(page: &Page<'_>, token: &Token, found: &mut Found) -> bool {
    let is_name = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let mut start = token.start;
    while start > 0 && token.start - start < 60 && is_name(byte(page.bytes, start - 1)) {
        start -= 1;
    }
    let line = page.slice(ceil(page.text, start.saturating_sub(16)), start);
    let before = line.rsplit('\n').next().unwrap_or("").trim_matches([' ', '\t', '`', '-', '"', '\'']);
    if !matches!(before, "" | "export" | "set" | "ENV" | "SET" | "env" | "setx") && !before.ends_with(':') {
        return false;
    }
    let end = run(page, token.start, LOOK, is_name);
    if end < token.end || end - start < 3 {
        return false;
    }
    let mut at = end;
    while matches!(byte(page.bytes, at), b' ') && at - end < 3 {
        at += 1;
    }
    if byte(page.bytes, at) != b'=' {
        return false;
    }
    at += 1;
    while matches!(byte(page.bytes, at), b' ') && at - end < 6 {
        at += 1;
    }
    let quote = byte(page.bytes, at);
    let (from, to) = if matches!(quote, b'"' | b'\'') {
        let limit = floor(page.text, at + 1 + 4096);
        let rest = page.slice(at + 1, limit);
        let line = rest.split('\n').next().unwrap_or("");
        (at + 1, at + 1 + line.find(char::from(quote)).unwrap_or(line.len()))
    } else {
        (at, run(page, at, RUN_LONGEST, |b| !matches!(b, b' ' | b'\n' | b'\r' | b'\t' | b'`' | b'"')))
    };
    let value = page.slice(from, to).trim_end_matches([',', ';']);
    if value.len() >= 6 && !is_placeholder(value) {
        add(found, Builtin::EnvSecret, from, from + value.len(), Confidence::High, value);
        found.claim(from + value.len());
    }
    true
}

/// A value behind its word: "wachtwoord: …", "password is …", "token …".
fn announced(page: &Page<'_>, token: &Token, what: Builtin, found: &mut Found) {
    let limit = floor(page.text, token.end + REACH);
    let between = page.slice(token.end, limit);
    // Which word, and whether it was announced: by a colon, an equals sign or "is".
    let mut at = token.end;
    let mut announced = false;
    let mut words = 0;
    let mut breaks = 0;
    for piece in between.split_inclusive([' ', '\n', '\t', '|']) {
        let word = piece.trim();
        let start = at + (piece.len() - piece.trim_start().len());
        at += piece.len();
        breaks += usize::from(piece.contains('\n'));
        if word.as_bytes().windows(2).any(|pair| pair == b"--") {
            return;
        }
        if breaks > 1 || piece.contains('|') && words > 0 {
            return;
        }
        let bare = word.trim_matches([':', '=', '"', '\'', '`', '(', '“', '”', '‘', '’', '„']);
        if bare.is_empty() {
            announced |= word.contains([':', '=']);
            continue;
        }
        // "pw=abc", "wachtwoord:abc" are written in one piece.
        let lead = word.find([':', '=']).filter(|place| {
            *place == 0
                || word
                    .get(..*place)
                    .is_some_and(|name| name.chars().all(|c| c.is_alphabetic() || c == ')' || c == '"'))
        });
        if let Some(place) = lead {
            announced = true;
            let value = start + place + 1;
            if word.len() > place + 1 && accept(page, value, what, announced, found) {
                return;
            }
            words += 1;
            continue;
        }
        if matches!(bare, "is" | "luidt" | "was" | "wordt" | "werd" | "becomes" | "equals") {
            announced = true;
            continue;
        }
        if accept(page, start, what, announced, found) {
            return;
        }
        words += 1;
        if words > 5 || word.ends_with(['.', '?', '!', ';']) {
            return;
        }
        announced |= word.ends_with([':', '=']);
    }
}

/// Takes the value at a place if it looks like one.
fn accept(page: &Page<'_>, start: usize, what: Builtin, announced: bool, found: &mut Found) -> bool {
    let opening = |c: char| matches!(c, '"' | '\'' | '`' | '“' | '‘' | '„' | '(');
    let mut from = start;
    while let Some(c) = char_at(page.text, from).filter(|c| opening(*c)) {
        from += c.len_utf8();
    }
    let goes_on = |b: u8| !matches!(b, b' ' | b'\n' | b'\r' | b'\t' | b'|' | b'"' | b'`');
    let text = page.slice(from, run(page, from, LOOK, goes_on));
    let text = trimmed(text);
    let good = match what {
        Builtin::Password => is_password(text, announced),
        _ => is_secret(text),
    };
    if !good || is_placeholder(text) {
        return false;
    }
    // All of it is the secret, also where a part was enough to tell.
    let text = if text.len() < LOOK - 8 {
        text
    } else {
        trimmed(page.slice(from, run(page, from, RUN_LONGEST, goes_on)))
    };
    let confidence = if announced { Confidence::High } else { Confidence::Medium };
    add(found, what, from, from + text.len(), confidence, text);
    found.claim(from + text.len());
    true
}

/// Takes away what belongs to the sentence around a value.
fn trimmed(text: &str) -> &str {
    text.trim_end_matches(['.', ',', ';', ':', ')', '\'', '”', '’', '?'])
}

/// Returns where a run of bytes ends, at most `most` on.
fn run(page: &Page<'_>, start: usize, most: usize, good: impl Fn(u8) -> bool) -> usize {
    let length = page.bytes.get(start..).unwrap_or(&[]).iter().take(most).take_while(|b| good(**b)).count();
    floor(page.text, start + length)
}

fn add(found: &mut Found, what: Builtin, start: usize, end: usize, confidence: Confidence, text: &str) {
    found.add(what, start, end, confidence, hash(text.bytes()));
}

/// Says whether a token is worth a look by [`judge_token`].
pub(super) fn is_candidate(token: &Token) -> bool {
    matches!(token.kind, Kind::Long | Kind::Mixed) && token.end - token.start >= 16
}
