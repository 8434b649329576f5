use crate::detect::{Check, Confidence, DetectorId, Match, Own, OwnError, Pattern, Scanner};

fn own(name: &str, pattern: Pattern) -> Own {
    Own {
        id: DetectorId::own(name).unwrap(),
        pattern,
        confidence: Confidence::Medium,
        raise: Vec::new(),
        lower: Vec::new(),
        within: 40,
    }
}

fn words(list: &[&str]) -> Pattern {
    Pattern::Words(list.iter().map(|word| (*word).to_owned()).collect())
}

fn templates(list: &[&str], check: Option<Check>) -> Pattern {
    Pattern::Templates { forms: list.iter().map(|form| (*form).to_owned()).collect(), check }
}

fn found<'a>(own: &[Own], text: &'a str) -> Vec<(&'a str, Confidence)> {
    let mut list: Vec<Match> = Vec::new();
    let ids: Vec<DetectorId> = own.iter().map(|own| own.id.clone()).collect();
    Scanner::new(own).unwrap().only(&ids).scan(text, &mut |m| list.push(m));
    list.into_iter().map(|m| (&text[m.range], m.confidence)).collect()
}

fn values<'a>(own: &[Own], text: &'a str) -> Vec<&'a str> {
    found(own, text).into_iter().map(|(value, _)| value).collect()
}

#[test]
fn keywords_are_whole_words_without_case_and_accents() {
    let list = [own("project", words(&["Project Alpha", "geheim", "éénmalig"]))];
    let text = "PROJECT  alpha is Geheim en eenmalig; geheimen, projectalpha, alpha project.";
    assert_eq!(values(&list, text), ["PROJECT  alpha", "Geheim", "eenmalig"]);
    assert_eq!(values(&list, "ge\u{ad}heim"), ["ge\u{ad}heim"]);
    assert_eq!(values(&list, "project\nalpha"), ["project\nalpha"]);
}

#[test]
fn a_keyword_may_be_a_number() {
    let list = [own("project", words(&["007", "x 42"]))];
    assert_eq!(values(&list, "agent 007, x 42, 0070"), ["007", "x 42"]);
}

#[test]
fn a_keyword_inside_a_built_in_phrase_is_found() {
    let list = [own("project", words(&["service"]))];
    assert_eq!(values(&list, "burger service nummer"), ["service"]);
}

#[test]
fn an_expression_sees_lines() {
    let list = [own("ticket", Pattern::Expression(r"^T-\d+$".to_owned()))];
    assert_eq!(values(&list, "T-1\r\nxT-2\nT-3\nT-4 \nT-55"), ["T-1", "T-3", "T-55"]);
}

#[test]
fn an_expression_finds_everything_in_a_long_line_once() {
    let list = [own("ticket", Pattern::Expression(r"T-\d{3}".to_owned()))];
    let text = "é T-123 ".repeat(2000);
    assert_eq!(values(&list, &text).len(), 2000);
}

#[test]
fn a_template_has_digits_letters_and_itself() {
    let list = [own("patient", templates(&["PAT-######", "Z/####/@**"], None))];
    let text = "pat-123456 PAT-1234567 xPAT-123456 Z/2024/ab9 Z/2024/9b9 PAT\u{2011}654321";
    assert_eq!(values(&list, text), ["pat-123456", "PAT\u{2011}654321", "Z/2024/ab9"]);
}

#[test]
fn a_template_may_have_a_check() {
    let list = [own("patient", templates(&["P#########"], Some(Check::Eleven)))];
    assert_eq!(values(&list, "P123456782 P123456783"), ["P123456782"]);
    let list = [own("card", templates(&["###########"], Some(Check::Luhn)))];
    assert_eq!(values(&list, "79927398713 79927398714"), ["79927398713"]);
    let list = [own("giro", templates(&["####"], Some(Check::Mod97)))];
    assert_eq!(values(&list, "0098 0099"), ["0098"]);
}

#[test]
fn words_near_raise_and_lower() {
    let mut detector = own("klant", templates(&["K-####"], None));
    detector.raise = vec!["klantnummer".to_owned()];
    detector.lower = vec!["voorbeeld van".to_owned()];
    let list = [detector];
    let far = " ".repeat(60);
    let text = format!(
        "K-1111{far}\nklantnummer K-2222{far}\nvoorbeeld van K-3333{far}\nklantnummer, voorbeeld van K-4444"
    );
    let confidences: Vec<Confidence> = found(&list, &text).into_iter().map(|(_, c)| c).collect();
    assert_eq!(confidences, [Confidence::Medium, Confidence::High, Confidence::Low, Confidence::Low]);
}

#[test]
fn distance_is_counted_in_characters() {
    let mut detector = own("klant", templates(&["K-####"], None));
    detector.raise = vec!["klant".to_owned()];
    detector.within = 10;
    let list = [detector];
    let near = format!("klant{}K-1111", " ".repeat(10));
    let wide = format!("klant{}K-1111", "\u{2003}".repeat(10));
    let far = format!("klant{}K-1111", " ".repeat(11));
    assert_eq!(found(&list, &near)[0].1, Confidence::High);
    assert_eq!(found(&list, &wide)[0].1, Confidence::High, "an em space is one character");
    assert_eq!(found(&list, &far)[0].1, Confidence::Medium);
}

#[test]
fn what_cannot_work_is_refused_with_its_name() {
    let refuse = |pattern: Pattern| Scanner::new(&[own("eigen", pattern)]).unwrap_err();
    let expression = |text: &str| refuse(Pattern::Expression(text.to_owned()));
    assert!(matches!(expression("("), OwnError::Syntax { .. }));
    assert!(matches!(expression(r"(a)\1"), OwnError::Syntax { .. }), "no back-references");
    assert!(matches!(expression("(?=a)"), OwnError::Syntax { .. }), "no look-around");
    assert!(matches!(expression("(a{1000}){1000}"), OwnError::TooBig(_)));
    assert!(matches!(expression(&"a".repeat(2001)), OwnError::TooBig(_)));
    assert!(matches!(expression("a*"), OwnError::MatchesNothing(_)));
    assert!(matches!(expression(""), OwnError::Empty(_)));
    assert!(matches!(refuse(words(&[])), OwnError::Empty(_)));
    assert!(matches!(refuse(words(&["--", ""])), OwnError::Empty(_)));
    assert!(matches!(refuse(templates(&["PAT"], None)), OwnError::Template { .. }));
    assert!(matches!(refuse(templates(&[], None)), OwnError::Empty(_)));
    let twice = [own("eigen", words(&["a"])), own("eigen", words(&["b"]))];
    assert!(matches!(Scanner::new(&twice).unwrap_err(), OwnError::Double(_)));
    assert_eq!(expression("(").to_string(), "the expression of detector eigen cannot be read");
}

#[test]
fn only_leaves_out_the_others() {
    let list = [own("een", words(&["alpha"])), own("twee", words(&["beta"]))];
    let mut seen = Vec::new();
    let keep = [DetectorId::own("twee").unwrap(), DetectorId::builtin("iban").unwrap()];
    let scanner = Scanner::new(&list).unwrap().only(&keep);
    scanner.scan("alpha beta NL91ABNA0417164300 BSN 123456782", &mut |m| seen.push(m.detector.to_string()));
    assert_eq!(seen, ["iban", "twee"]);
}

/// A list of order numbers in front hides nothing behind it, and what is given up on is said.
#[test]
fn a_flood_of_look_alikes_hides_nothing() {
    let flood = "123456789\n".repeat(10_001);
    let text = format!("{flood}123456782");
    let checked = own("number", templates(&["#########"], Some(Check::Eleven)));
    let scanner = Scanner::new(std::slice::from_ref(&checked)).unwrap();
    let scan = |scanner: &Scanner, text: &str| {
        let mut count = 0;
        let whole = scanner.scan(text, &mut |found| count += usize::from(found.detector == checked.id));
        (count, whole)
    };
    assert_eq!(scan(&scanner, &text), (1, true));
    // What counts each time is bounded, and the end is not looked at in silence.
    let any = own("number", Pattern::Expression("[0-9]{9}".to_owned()));
    let scanner = Scanner::new(&[any]).unwrap();
    assert_eq!(scan(&scanner, &text), (10_000, false));
    assert_eq!(scan(&scanner, "123456789\n"), (1, true));
    let word = own("number", words(&["nummer"]));
    let scanner = Scanner::new(&[word]).unwrap();
    assert_eq!(scan(&scanner, &"nummer ".repeat(10_001)), (10_000, false));
    assert_eq!(scan(&scanner, &"nummer ".repeat(10_000)), (10_000, true));
}
