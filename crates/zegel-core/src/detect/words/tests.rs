use super::*;

#[test]
fn the_lists_are_long_and_clean() {
    for (name, list, least) in [
        ("medicines", medication::PLAIN, 1000),
        ("diseases", diagnosis::PLAIN, 900),
        ("ambiguous medicines", medication::AMBIGUOUS, 40),
        ("ambiguous diseases", diagnosis::AMBIGUOUS, 40),
    ] {
        let words: Vec<String> = list.split(',').map(fold).collect();
        assert!(words.len() >= least, "{name}: {}", words.len());
        assert!(words.iter().all(|word| !word.is_empty()), "{name} has an empty entry");
    }
}

#[test]
fn what_is_ambiguous_is_not_also_plain() {
    for (plain, ambiguous) in
        [(medication::PLAIN, medication::AMBIGUOUS), (diagnosis::PLAIN, diagnosis::AMBIGUOUS)]
    {
        let plain: Vec<String> = plain.split(',').map(fold).collect();
        let both: Vec<String> = ambiguous.split(',').map(fold).filter(|word| plain.contains(word)).collect();
        assert_eq!(both, Vec::<String>::new());
    }
}

#[test]
fn a_table_grows_and_finds_all_it_was_given() {
    let list: Vec<String> = (0..5000).map(|n| format!("w{n}x")).collect();
    let words =
        Words::own(list.iter().enumerate().map(|(n, word)| (u16::try_from(n).unwrap(), word.as_str())));
    for (n, word) in list.iter().enumerate() {
        let entry = words.find(Hasher::of(word.as_bytes())).unwrap();
        assert_eq!(entry.own_ends("", 0).map(|(own, _)| usize::from(own)).collect::<Vec<_>>(), [n]);
    }
    assert!(words.find(Hasher::of(b"w5000x")).is_none());
}
