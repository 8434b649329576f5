//! What a stranger writes reaches a program unchanged and a terminal harmless.

use crate::e2e::world::World;

#[test]
fn json_says_the_exact_text_without_a_byte_that_a_terminal_obeys() {
    let text = "\u{1b}[2J\u{9b}31m \u{202e}gpj.exe \u{2066}\u{feff}\u{7f} Günther";
    let world = World::new();
    let mail = format!(
        "From: alice@example.org\nTo: bob@example.org\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
    );
    world.write("work/mail.eml", mail);
    world.must("alice", &["seal", "mail.eml", "-o", "sealed.zegel"], b"");
    let ran = world.must("bob", &["open", "sealed.zegel", "--json"], b"");
    let shown = String::from_utf8(ran.stdout).unwrap();
    let report: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(report["text"].as_str().unwrap().trim_end(), text);
    let hostile =
        |c: &char| c.is_control() && *c != '\n' || matches!(c, '\u{202e}' | '\u{2066}' | '\u{feff}');
    assert_eq!(shown.chars().find(hostile), None, "{shown}");
    assert!(shown.contains("Günther"));
}
