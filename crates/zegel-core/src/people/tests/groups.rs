use super::*;

#[test]
fn what_the_address_says() {
    let known = history(&[&["oud@elders.example"]]);
    for (who, expected) in [
        ("bob@ziekenhuis.example", "first-time internal"),
        ("bob@lab.ziekenhuis.example", "first-time internal"),
        ("bob@huisarts.example", "external first-time partner"),
        ("bob@gmail.com", "external first-time freemail"),
        ("bob@ziggo.nl", "external first-time freemail"),
        ("bob@mailinator.com", "disposable external first-time unknown"),
        ("bob@eigen.yopmail.com", "disposable external first-time unknown"),
        ("bob@nieuw.example", "external first-time unknown"),
        ("oud@elders.example", "external"),
        ("info@elders.example", "external first-time role unknown"),
        ("Poortwachter@ziekenhuis.example", "first-time internal role"),
        ("NoReply+1@elders.example", "external first-time role unknown"),
        ("bob@concurrent.example", "denied external first-time unknown"),
        ("information.technology@elders.example", "external first-time unknown"),
        ("bob@nietgmail.com", "external first-time unknown"),
    ] {
        assert_eq!(names(&classify_one(who, &known)), expected, "{who}");
    }
    let denied = classify_one("bob@concurrent.example", &known);
    assert_eq!(denied.reason(Group::Denied), Some(&Reason::Denied("@concurrent.example".parse().unwrap())));
}

#[test]
fn whoever_sends_is_no_stranger() {
    let sender = address("alice@nieuw.example");
    let groups = classify(&sender, &mailboxes(&["Alice@Nieuw.example"]), &organisation(), &history(&[]));
    assert_eq!(names(&groups[0]), "external unknown");
}

#[test]
fn a_namesake_that_is_usual() {
    let known = history(&[
        &["Jan de Vries <j.devries@partner.example>"],
        &["Jan de Vries <j.devries@partner.example>"],
        &["Jan de Vries <j.devries@partner.example>"],
        &["pieter.jansen@partner.example", "Kees Bakker <kees@een.example>"],
        &["pieter.jansen@partner.example", "Kees Bakker <kees@twee.example>"],
        &["pieter.jansen@partner.example"],
        &["info@een.example"],
        &["info@een.example"],
        &["info@een.example"],
    ]);
    for (who, fires) in [
        ("Jan de Vries <jan@gmail.com>", true),
        ("De Vries, Jan <jdv@elders.example>", true),
        ("drs. J\u{e1}n de Vries (privé) <jan@elders.example>", true),
        ("pieter.jansen@gmail.com", true),
        ("p.jansen@gmail.com", false),
        ("jansen_pieter@gmail.com", true),
        ("pieter.janssen@partner.example", true),
        ("Pieter Jansen <pj@elders.example>", true),
        // Near misses.
        ("Jan de Vries <j.devries@partner.example>", false),
        ("Jan de Wit <jan@gmail.com>", false),
        ("Jan <jan@gmail.com>", false),
        ("Kees Bakker <kees@drie.example>", false),
        ("info@twee.example", false),
    ] {
        assert_eq!(classify_one(who, &known).contains(Group::Namesake), fires, "{who}");
    }
    let groups = classify_one("Jan de Vries <jan@gmail.com>", &known);
    let usual = known.person(&address("j.devries@partner.example")).unwrap();
    assert_eq!(groups.reason(Group::Namesake), Some(&Reason::Namesake(vec![usual])));
    assert_eq!((usual.mails, usual.last), (3, Timestamp::from_unix(1_002)));
}

#[test]
fn somebody_unusual_among_the_others() {
    let known = history(&[
        &["Jan Smit <jan.smit@zorg.example>", "eva@team.example", "omar@team.example"],
        &["Jan Smit <jan.smit@zorg.example>", "eva@team.example"],
        &["Jan Smit <jan@voetbal.example>", "trainer@voetbal.example"],
        &["Jan Smit <jan@voetbal.example>", "trainer@voetbal.example"],
        &["nina@team.example"],
    ]);
    let fires = |to: &[&str]| {
        let groups = classify(&address("alice@ziekenhuis.example"), &mailboxes(to), &organisation(), &known);
        groups.iter().map(|groups| groups.contains(Group::Unusual)).collect::<Vec<_>>()
    };
    assert_eq!(fires(&["Jan Smit <jan@voetbal.example>", "eva@team.example"]), [true, false]);
    assert_eq!(fires(&["eva@team.example", "jan.smit@zorg.example"]), [false, false]);
    assert_eq!(fires(&["trainer@voetbal.example", "Jan Smit <jan.smit@zorg.example>"]), [false, true]);
    assert_eq!(fires(&["Jan Smit <nieuw@elders.example>", "eva@team.example"]), [true, false]);
    // Once together is not usual, and a stranger or somebody alone says nothing.
    assert_eq!(fires(&["Jan Smit <jan@voetbal.example>", "omar@team.example"]), [false, false]);
    assert_eq!(fires(&["Jan Smit <jan@voetbal.example>", "nina@team.example"]), [false, false]);
    assert_eq!(fires(&["Jan Smit <jan@voetbal.example>"]), [false]);
    assert_eq!(fires(&["Jan de Wit <jan@wit.example>", "eva@team.example"]), [false, false]);
}

#[test]
fn case_of_letters_plays_no_part_and_adding_takes_nothing_away() {
    let known = history(&[
        &["Jan Smit <jan.smit@zorg.example>", "eva@team.example"],
        &["Jan Smit <jan.smit@zorg.example>", "eva@team.example"],
        &["Jan Smit <jan.smit@zorg.example>", "bob@ziekenhuis.example"],
    ]);
    let people = [
        "Jan Smit <jan@gmail.com>",
        "eva@team.example",
        "bob@ziekenhuls.example",
        "info@z0rg.example",
        "jan.smit@zorg.example",
        "x@mailinator.com",
        "bob@concurrent.example",
    ];
    let sender = address("alice@ziekenhuis.example");
    let all = classify(&sender, &mailboxes(&people), &organisation(), &known);
    let upper: Vec<String> = people.iter().map(|person| person.to_uppercase()).collect();
    let upper: Vec<&str> = upper.iter().map(String::as_str).collect();
    assert_eq!(classify(&sender, &mailboxes(&upper), &organisation(), &known), all);
    for count in 1..people.len() {
        let fewer = classify(&sender, &mailboxes(&people[..count]), &organisation(), &known);
        for (before, after) in fewer.iter().zip(&all) {
            assert!(before.iter().all(|group| after.contains(group)), "{before:?} {after:?}");
        }
    }
}

#[test]
fn everybody_is_known_to_everybody() {
    assert_eq!(names(&classify_one("bob@nieuw.example", &Everybody)), "external");
    assert_eq!(names(&classify_one("bob@z1ekenhuis.example", &Everybody)), "external look-alike");
}

#[test]
fn a_name_that_everybody_has_says_nothing() {
    let mut known = Ledger::new([7; 32]);
    for n in 0..60_u64 {
        let to = [mailbox(&format!("person.number@example{n}.org"))];
        for mail in 0..4 {
            known.record(&Mail { at: Timestamp::from_unix(10 * n + mail), id: None, to: &to });
        }
    }
    assert!(!classify_one("person.number@elders.example", &known).contains(Group::Namesake));
}
