//! The pass over a text: lex a block, judge its tokens, forget them.
//!
//! Blocks keep memory in proportion to a block and not to the text. Tokens overlap between blocks by more than any detector
//! looks back or ahead.

use super::around::Around;
use super::found::Found;
use super::hints::{CREDENTIAL, DISEASE, DRUG, MONTH, PASSWORD, SECRET, STREET};
use super::lexer::{Kind, Lexer, OwnHit, Token};
use super::page::Page;
use super::span::spans;
use super::words::Words;
use super::{
    Match, Scanner, cards, clinical, dates, dutch, files, iban, national, papers, phones, postal, secrets,
    vat,
};

/// How many bytes are lexed before they are judged.
const BLOCK: usize = 64 * 1024;

/// How far ahead of the judged token the lexer must be, in bytes.
const AHEAD: usize = 1024;

/// How far the next digits of a number may stand behind those before, in bytes: what people put between is shorter.
const JOINED: usize = 24;

/// How many tokens behind the judged one are kept.
const BEHIND: usize = 64;

/// Scans a text with the built-in detectors, and notes the words of the policy file on the way.
pub(super) fn run(
    text: &str,
    enabled: u64,
    own: Option<&Words>,
    hits: &mut Vec<OwnHit>,
    to: &mut dyn FnMut(Match),
) {
    let mut lexer = Lexer::new(text, Words::builtin(), own);
    let mut tokens: Vec<Token> = Vec::new();
    let mut around = Around::default();
    let mut found = Found::new();
    let mut next = 0_usize;
    let mut target = BLOCK;
    loop {
        lexer.run(target.saturating_add(AHEAD), &mut tokens, hits);
        let is_end = lexer.position() >= text.len();
        let until = if is_end { usize::MAX } else { lexer.position().saturating_sub(AHEAD) };
        let page = Page::new(text, &tokens, around.read(&tokens));
        while let Some(token) = tokens.get(next).filter(|token| token.start < until) {
            judge(&page, next, token, &mut found);
            next += 1;
        }
        // Finds near the border wait for the neighbours that may explain them better.
        let settled = if is_end { usize::MAX } else { until.saturating_sub(AHEAD) };
        found.flush(settled, |raw| {
            if Scanner::is_enabled(enabled, raw.what) {
                to(raw.into());
            }
        });
        if is_end {
            return;
        }
        let forget = next.saturating_sub(BEHIND);
        tokens.drain(..forget);
        next -= forget;
        target = lexer.position().saturating_add(BLOCK);
    }
}

/// Asks every detector that may care about a token.
fn judge(page: &Page<'_>, at: usize, token: &Token, found: &mut Found) {
    match token.kind {
        Kind::Word => {
            if token.hints & (CREDENTIAL | PASSWORD | SECRET) != 0 {
                secrets::judge_word(page, token, found);
            }
            if found.is_claimed(token.start) {
                return;
            }
            if token.hints & (DRUG | DISEASE) != 0 {
                clinical::judge_name(page, at, token, found);
            }
            if token.hints & MONTH != 0 {
                dates::judge(page, at, found);
            }
            if token.hints & STREET != 0 {
                postal::judge(page, at, token, found);
            }
        }
        Kind::Long => secrets::judge_token(page, token, found),
        Kind::Mixed => {
            if secrets::is_candidate(token) {
                secrets::judge_token(page, token, found);
            }
            if found.is_claimed(token.start) {
                return;
            }
            iban::judge(page, token, found);
            if found.is_claimed(token.start) {
                return;
            }
            vat::judge(page, at, found);
            if found.is_claimed(token.start) {
                return;
            }
            national::judge_code(page, at, found);
            if papers::is_candidate(page, at) {
                papers::judge_code(page, at, token, found);
            }
            if clinical::is_candidate(token) {
                clinical::judge_code(page, at, token, found);
            }
            dates::judge(page, at, found);
            postal::judge(page, at, token, found);
            if files::is_candidate(page, at) {
                files::judge(page, at, token, found);
            }
        }
        Kind::Digits => numbers(page, at, token, found),
    }
}

/// Asks the detectors of numbers: first those that recognise something as a whole.
fn numbers(page: &Page<'_>, at: usize, token: &Token, found: &mut Found) {
    if found.is_claimed(token.start) {
        return;
    }
    let is_alone = is_alone(page, at, token);
    if !is_alone {
        dates::judge(page, at, found);
    }
    if token.digits == 2 {
        iban::judge(page, token, found);
    }
    if found.is_claimed(token.start) {
        return;
    }
    if !is_alone {
        phones::judge(page, at, token, found);
        if found.is_claimed(token.start) {
            return;
        }
    }
    vat::judge(page, at, found);
    if found.is_claimed(token.start) {
        return;
    }
    if !is_alone {
        spans(page, at, |span| {
            dutch::judge(page, span, found);
            national::judge(page, span, found);
            cards::judge(page, span, found);
            clinical::judge_number(page, span, found);
            papers::judge(page, span, found);
        });
    }
    if national::is_candidate(page, at, token) {
        national::judge_code(page, at, found);
    }
    if papers::is_candidate(page, at) {
        papers::judge_code(page, at, token, found);
    }
    postal::judge(page, at, token, found);
    if files::is_candidate(page, at) {
        files::judge(page, at, token, found);
    }
}

/// Says whether digits are too few for a number, and nothing is near that could go on with them: neither other digits nor
/// the name of a month.
fn is_alone(page: &Page<'_>, at: usize, token: &Token) -> bool {
    let goes_on = |next: &Token| {
        next.start <= token.end + JOINED
            && (next.kind != Kind::Word
                || next.hints & MONTH != 0
                || page.right_of(next.start).is_ascii_digit())
    };
    token.digits <= 5 && !page.token(at + 1).is_some_and(goes_on)
}
