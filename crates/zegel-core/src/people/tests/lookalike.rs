use super::*;

const REAL: &str = "ziekenhuis.example";

#[test]
fn neighbours_in_clear() {
    for (new, known, expected) in [
        ("examp1e.org", "example.org", Some(Likeness::Letters)),
        ("exarnple.org", "example.org", Some(Likeness::Letters)),
        ("ex\u{430}mple.org", "example.org", Some(Likeness::Letters)),
        ("ex\u{e1}mple.org", "example.org", Some(Likeness::Letters)),
        ("xn--exmple-4nf.org", "example.org", Some(Likeness::Letters)),
        ("0ndernemers.example", "ondernemers.example", Some(Likeness::Letters)),
        ("mail.examp1e.org", "example.org", Some(Likeness::Letters)),
        ("exmaple.org", "example.org", Some(Likeness::Edits(1))),
        ("exampl.org", "example.org", Some(Likeness::Edits(1))),
        ("examplee.org", "example.org", Some(Likeness::Edits(1))),
        ("gmial.com", "gmail.com", Some(Likeness::Edits(1))),
        ("gmai.com", "gmail.com", Some(Likeness::Edits(1))),
        ("streekziekenhuls.nl", "streekziekenhuis.nl", Some(Likeness::Edits(1))),
        ("streekziekehuls.nl", "streekziekenhuis.nl", Some(Likeness::Edits(2))),
        ("example.com", "example.org", Some(Likeness::Suffix)),
        ("example.co.uk", "example.org", Some(Likeness::Suffix)),
        ("ex-ample.org", "example.org", Some(Likeness::Hyphen)),
        ("zorggroepwest.nl", "zorg-groep-west.nl", Some(Likeness::Hyphen)),
        ("example.org.evil.example", "example.org", Some(Likeness::Within)),
        ("example-org.evil.example", "example.org", Some(Likeness::Within)),
        ("login.example.org-mail.example", "example.org", Some(Likeness::Within)),
        // Near misses.
        ("example.org", "example.org", None),
        ("mail.example.org", "example.org", None),
        ("sample.org", "example.org", None),
        ("umc.nl", "amc.nl", None),
        ("lumc.nl", "rumc.nl", None),
        ("exmpel.org", "example.org", None),
        ("notexample.organic.example", "example.org", None),
        ("ab.nl", "ab.be", None),
        ("hospital.example", "example.org", None),
    ] {
        assert_eq!(compare_domains(&domain(new), &domain(known)), expected, "{new} {known}");
    }
}

#[test]
fn the_other_way_round_it_looks_alike_as_well() {
    let all = [
        "example.org",
        "examp1e.org",
        "exmaple.org",
        "example.com",
        "ex-ample.org",
        "sample.org",
        REAL,
        "umc.nl",
    ];
    for one in all {
        for other in all {
            let (there, back) = (
                compare_domains(&domain(one), &domain(other)),
                compare_domains(&domain(other), &domain(one)),
            );
            assert_eq!(there, back, "{one} {other}");
        }
    }
}

#[test]
fn own_partner_and_usual_domains() {
    let nobody = history(&[]);
    for (who, resembles) in [
        ("bob@ziekenhius.example", REAL),
        ("bob@ziekenhuis.example.evil.example", REAL),
        ("bob@ziekenhuis.org", REAL),
        ("bob@hu1sarts.example", "huisarts.example"),
        ("bob@gmial.com", "gmail.com"),
        ("bob@hotmial.nl", "hotmail.nl"),
    ] {
        let groups = classify_one(who, &nobody);
        let Some(Reason::LookAlike(resembled)) = groups.reason(Group::LookAlike) else {
            panic!("{who} was not found out")
        };
        assert_eq!(resembled.domain, Some(domain(resembles)), "{who}");
    }
    for who in [
        "bob@ziekenhuis.example",
        "bob@gmail.com",
        "bob@hotmail.fr",
        "bob@outlook.be",
        "bob@gmail.nl",
        "bob@elders.example",
    ] {
        assert!(!classify_one(who, &nobody).contains(Group::LookAlike), "{who}");
    }
}

#[test]
fn letters_of_two_scripts_need_no_neighbour() {
    let groups = classify_one("bob@b\u{430}nk.example", &history(&[]));
    let how = Likeness::Scripts;
    assert_eq!(groups.reason(Group::LookAlike), Some(&Reason::LookAlike(Resembled { domain: None, how })));
    for honest in [
        "bob@b\u{fc}cher.example",
        "bob@\u{43f}\u{440}\u{438}\u{43c}\u{435}\u{440}.example",
        "bob@\u{65e5}\u{672c}\u{3054}.example",
    ] {
        assert!(!classify_one(honest, &history(&[])).contains(Group::LookAlike), "{honest}");
    }
}

#[test]
fn hashes_find_what_clear_text_finds() {
    let known = [
        "zorggroep.nl",
        "apotheek-west.nl",
        "praktijk.example",
        "laboratorium.be",
        "ab.nl",
        "mail.specialist.nl",
    ];
    let mails: Vec<Vec<String>> = known.iter().map(|domain| vec![format!("bob@{domain}")]).collect();
    let mails: Vec<Vec<&str>> = mails.iter().map(|to| to.iter().map(String::as_str).collect()).collect();
    let mails: Vec<&[&str]> = mails.iter().map(Vec::as_slice).collect();
    let history = history(&mails);
    let mut tried = 0;
    for old in known {
        let mut variants: Vec<String> = vec![
            old.replace('o', "0"),
            old.replace('-', ""),
            old.replace(".nl", ".com"),
            old.replace(".be", ".nl"),
            format!("{old}.evil.example"),
            format!("{}.evil.example", old.replace('.', "-")),
            format!("sub.{old}"),
        ];
        for at in 0..old.find('.').unwrap() {
            let (before, after) = old.split_at(at);
            let rest = after.split_at(1).1;
            variants.push([before, rest].concat());
            variants.push([before, "q", after].concat());
            variants.push([before, "q", rest].concat());
            let mut letters: Vec<char> = old.chars().collect();
            letters.swap(at, at + 1);
            variants.push(letters.into_iter().collect());
        }
        for variant in variants {
            let Ok(new) = variant.parse::<Domain>() else { continue };
            let expected = known.iter().find_map(|old| compare_domains(&new, &domain(old)));
            let found = classify_one(&format!("x@{variant}"), &history);
            let itself = known
                .iter()
                .any(|old| new.as_ascii() == *old || new.as_ascii().ends_with(&format!(".{old}")));
            // Only hashes are asked here: nothing of the organisation's own resembles these.
            assert_eq!(
                found.contains(Group::LookAlike),
                expected.is_some() && !itself,
                "{variant} {expected:?}"
            );
            tried += 1;
        }
    }
    assert!(tried > 200, "{tried}");
}

#[test]
fn two_real_neighbours_are_two_names() {
    let to: &[&str] = &["a@zorggroep.nl"];
    let near: &[&str] = &["a@zorggroeq.nl"];
    assert!(!classify_one("a@zorggroeq.nl", &history(&[to, near, near, near])).contains(Group::LookAlike));
    // One mail to a wrong address does not make it a right one.
    assert!(classify_one("a@zorggroeq.nl", &history(&[to, to, near])).contains(Group::LookAlike));
    assert!(!classify_one("a@zorggroep.nl", &history(&[to, to, near])).contains(Group::LookAlike));
    assert!(!classify_one("a@zorggroep.nl", &history(&[to])).contains(Group::LookAlike));
}

#[test]
fn a_long_name_costs_little() {
    let long = format!("{}.{}.example", vec!["a-b"; 40].join("."), "x".repeat(60));
    let mut organisation = organisation();
    organisation.domains =
        (0..200).map(|n| format!("{}{n}.example", "y".repeat(60)).parse().unwrap()).collect();
    let who = [Mailbox::from(address(&format!("bob@{long}")))];
    assert!(
        !classify(&address("a@b.example"), &who, &organisation, &history(&[]))[0].contains(Group::LookAlike)
    );
}
