use crate::detect::chars::fold;
use crate::detect::hints::{BSN, DISEASE, DRUG};
use crate::detect::lexer::{Kind, Lexer, Token};
use crate::detect::words::Words;

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    Lexer::new(text, Words::builtin(), None).run(usize::MAX, &mut tokens, &mut Vec::new());
    tokens
}

fn hints(text: &str) -> Vec<u64> {
    tokens(text).iter().filter(|token| token.kind == Kind::Word).map(|token| token.hints).collect()
}

#[test]
fn a_phrase_is_found_whatever_stands_between_its_words() {
    for text in
        ["burger service nummer", "Burger-Service-Nummer", "burger\nservice  nummer", "BURGER.SERVICE.NUMMER"]
    {
        assert_eq!(hints(text), [BSN], "{text:?}");
    }
    for text in ["burger, service, nummer", "burgers service nummer", "burgers ervice nummer"] {
        assert!(!hints(text).contains(&BSN), "{text:?}");
    }
}

#[test]
fn the_longest_phrase_wins() {
    let found = tokens("diabetes mellitus type 2 en astma");
    assert_eq!(found[0].end, "diabetes mellitus type 2".len());
    assert!(found.iter().all(|token| token.kind == Kind::Word && token.hints & DISEASE != 0));
}

#[test]
fn an_ending_tells_a_medicine_or_disease() {
    assert_eq!(hints("xenogliptine"), [DRUG]);
    assert_eq!(hints("speekselklierkanker"), [DISEASE]);
    assert!(hints("kwekerij").is_empty());
    assert_eq!(hints("april"), [crate::detect::hints::MONTH]);
}

#[test]
fn lines_and_columns_are_counted() {
    let found = tokens("BSN\tTelefoon\n1\t2\n3\t4\n\n5\t6");
    let numbers: Vec<(u32, bool)> =
        found.iter().filter(|t| t.kind == Kind::Digits).map(|t| (t.line, t.header & BSN != 0)).collect();
    assert_eq!(numbers, [(1, true), (1, false), (2, true), (2, false), (4, false), (4, false)]);
}

#[test]
fn words_of_other_languages_are_folded_too() {
    for word in
        ["burgerservicenummer", "patiëntnummer", "Geburtsdatum", "codice fiscale", "s/n", "numéro TVA"]
    {
        assert!(!hints(word).is_empty(), "{word} ({})", fold(word));
    }
}
