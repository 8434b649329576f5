//! Hostile texts: the work is in proportion to the length, counted in looks and finds, not in seconds.

use std::time::{Duration, Instant};

use crate::detect::lexer::Lexer;
use crate::detect::words::Words;
use crate::detect::{Confidence, DetectorId, Own, Pattern, Scanner};

/// Texts that make one detector or another look as far as it can.
const UNITS: [&str; 39] = [
    "1234567890",
    "1 ",
    ".",
    "a1",
    "1.",
    "1-",
    "12-",
    "NL91ABNA",
    "NL91 ABNA 0417 1643 0 ",
    "password: \"",
    "-----BEGIN RSA PRIVATE KEY-----\n",
    "BSN ",
    "BSN 1 ",
    "Kerkstraat 1 ",
    "Aa 1 ",
    "\t|",
    "wachtwoord ",
    "(0)",
    "+3",
    "\u{a0}1",
    "\u{ad}1",
    "sk_live_ ",
    "A_SECRET=\"\n",
    "eyJ.",
    "zaak 1-",
    "AGE-SECRET-KEY-1 ",
    "burger service ",
    "Aa ",
    "PW_",
    "ww_",
    "token_",
    "A_TOKEN=",
    "token:x",
    "hvs.xxx",
    "SG.a",
    "eyJaaaaaaaaaaaaaa-",
    "eyJaaaaaaaaaaaaaa.",
    "AIzaaaaaaaaaaaaaaaaa-",
    "password:A1_",
];

#[test]
fn the_lexer_looks_at_each_byte_a_bounded_number_of_times() {
    for unit in UNITS {
        for size in [1 << 16, 1 << 18] {
            let text = unit.repeat(size / unit.len());
            let (mut tokens, mut hits) = (Vec::new(), Vec::new());
            let mut lexer = Lexer::new(&text, Words::builtin(), None);
            lexer.run(usize::MAX, &mut tokens, &mut hits);
            assert_eq!(lexer.position(), text.len(), "{unit:?}");
            assert!(lexer.work <= 400 * text.len(), "{unit:?}: {} for {}", lexer.work, text.len());
            assert!(tokens.len() <= text.len());
        }
    }
}

#[test]
fn the_pass_ends_and_its_finds_do_not_outgrow_the_text() {
    let scanner = Scanner::new(&[]).unwrap();
    for unit in UNITS {
        let mut counts = Vec::new();
        for size in [1 << 15, 1 << 17] {
            let text = unit.repeat(size / unit.len());
            let mut count = 0_usize;
            scanner.scan(&text, &mut |m| {
                count += 1;
                assert!(m.range.end - m.range.start <= 21_000, "{unit:?} {m:?}");
            });
            counts.push(count);
        }
        assert!(counts[1] <= counts[0] * 5 + 200, "{unit:?}: {counts:?}");
    }
}

/// The detectors behind the lexer: each of these takes minutes where every token looks at the rest of its line.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test of what it costs")]
fn detectors_look_at_a_bounded_stretch() {
    let scanner = Scanner::new(&[]).unwrap();
    for unit in UNITS {
        let text = unit.repeat((1 << 20) / unit.len());
        let start = Instant::now();
        scanner.scan(&text, &mut |_| {});
        // A tenth of a second for honest work; the limit is for machines that do much else.
        assert!(start.elapsed() < Duration::from_secs(10), "{unit:?}: {:?}", start.elapsed());
    }
}

#[test]
fn unterminated_keys_do_not_search_the_rest_each_time() {
    let text = "-----BEGIN RSA PRIVATE KEY-----\n".repeat(1000);
    let mut ranges = Vec::new();
    Scanner::new(&[]).unwrap().scan(&text, &mut |m| ranges.push(m.range));
    assert!(!ranges.is_empty());
    assert!(ranges.iter().all(|range| range.len() < 200), "each ends at the next row of hyphens");
}

#[test]
fn an_expression_made_to_look_far_is_bounded_in_matches() {
    // For each match of one byte it looks to the end of what it sees first: in the whole line that would be quadratic.
    let own = Own {
        id: DetectorId::own("slow").unwrap(),
        pattern: Pattern::Expression("[a-y]*z|[a-y]".to_owned()),
        confidence: Confidence::Low,
        raise: vec!["a".to_owned()],
        lower: Vec::new(),
        within: 1000,
    };
    let scanner = Scanner::new(&[own]).unwrap().only(&[DetectorId::own("slow").unwrap()]);
    let text = "a".repeat(1 << 20);
    let mut count = 0_usize;
    scanner.scan(&text, &mut |_| count += 1);
    assert_eq!(count, 10_000, "after that nothing more is reported");
}
