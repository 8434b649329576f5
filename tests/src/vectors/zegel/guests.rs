//! Guest keys and access codes.

use serde_json::{Value, json};
use zegel_core::guest::{GuestError, LinkSecret, derive_code_keys, derive_identity, normalize_code};
use zegel_core::id::{from_base32, to_base32};
use zegel_core::keys::AgeIdentity;
use zegel_core::secret::Secret32;
use zeroize::Zeroizing;

use super::{Cases, outcome, text};

/// Derives a guest's recipient from link secret, share and, where there is one, the access code.
pub(super) fn judge(case: &Value) -> Value {
    let (Ok(message), Ok(guest)) = (text(case, "message").parse(), text(case, "guest").parse()) else {
        return outcome("id");
    };
    let link = match LinkSecret::parse(text(case, "link")) {
        Ok(link) => link,
        Err(error) => return outcome(class(error)),
    };
    let share = secret(text(case, "share"));
    let code = match case.get("code").map(|code| derive_code_keys(code.as_str().unwrap(), message, guest)) {
        Some(Ok(keys)) => Some(keys),
        Some(Err(error)) => return outcome(class(error)),
        None => None,
    };
    let identity: AgeIdentity =
        derive_identity(&link, &share, code.as_ref().map(|code| &code.seal), message, guest);
    let mut expect = json!({ "outcome": "good", "recipient": identity.recipient().to_string() });
    if let Some(code) = code {
        expect["code_verify_key"] = json!(to_base32(code.verify.expose()));
    }
    expect
}

/// Normalises an access code.
pub(super) fn judge_code(case: &Value) -> Value {
    match normalize_code(text(case, "code")) {
        Ok(normal) => json!({ "outcome": "good", "normal": normal.as_str() }),
        Err(error) => outcome(class(error)),
    }
}

fn class(error: GuestError) -> &'static str {
    match error {
        GuestError::Code => "code",
        GuestError::Link => "link",
        other => panic!("not a class yet: {other}"),
    }
}

fn secret(text: &str) -> Secret32 {
    Secret32::from_bytes(Zeroizing::new(from_base32(text).unwrap().try_into().unwrap()))
}

pub(super) fn make(cases: &mut Cases) {
    let base = || {
        json!({
            "message": to_base32(&[1; 16]),
            "guest": to_base32(&[2; 16]),
            "link": to_base32(&[3; 20]),
            "share": to_base32(&[4; 32]),
        })
    };
    let with = |field: &str, value: &str| {
        let mut case = base();
        case[field] = json!(value);
        case
    };
    let link = to_base32(&[3; 20]);
    for (name, case) in [
        ("without-a-code", base()),
        ("another-message", with("message", &to_base32(&[9; 16]))),
        ("another-guest", with("guest", &to_base32(&[9; 16]))),
        ("another-link", with("link", &to_base32(&[9; 20]))),
        ("another-share", with("share", &to_base32(&[9; 32]))),
        ("link-in-upper-case", with("link", &link.to_uppercase())),
        ("with-a-code", with("code", "blauwe-maan-42")),
        ("with-the-same-code-typed-otherwise", with("code", " B1AUWE maan 4-2 ")),
        ("with-another-code", with("code", "blauwe-maan-43")),
        ("with-a-code-not-ascii", with("code", "Übergröße")),
    ] {
        cases.add(name, case, "good");
    }
    for (name, case, class) in [
        ("link-short", with("link", &link[..31]), "link"),
        ("link-long", with("link", &format!("{link}a")), "link"),
        ("link-of-24-bytes", with("link", &to_base32(&[3; 24])), "link"),
        ("link-with-padding", with("link", &format!("{}=", &link[..31])), "link"),
        ("link-with-other-letters", with("link", &link.replacen('a', "1", 1)), "link"),
        ("link-with-a-space", with("link", &format!(" {}", &link[..31])), "link"),
        ("link-empty", with("link", ""), "link"),
        ("code-short", with("code", "12345"), "code"),
        ("code-only-punctuation", with("code", "- - - - - -"), "code"),
        ("message-in-upper-case", with("message", &to_base32(&[1; 16]).to_uppercase()), "id"),
        ("message-short", with("message", &to_base32(&[1; 15])), "id"),
        ("guest-with-spare-bits", with("guest", &format!("{}7", &to_base32(&[2; 16])[..25])), "id"),
    ] {
        assert!(cases.has(name) || case != base(), "{name} changes nothing");
        cases.add(name, case, class);
    }
}

pub(super) fn make_codes(cases: &mut Cases) {
    for (name, code) in [
        ("digits", "123456"),
        ("lower-case", "blauwemaan"),
        ("spaces-and-dashes", " 12 34-56 "),
        ("look-alikes", "oOiIlL"),
        ("zero-and-one", "001111"),
        ("accents", "Ééééééé"),
        ("sharp-s", "straße"),
        ("greek", "αβγδεζ"),
        ("other-digits", "١٢٣٤٥٦"),
        ("punctuation-inside", "a.b,c;d:e!f"),
        ("line-feed", "abc\ndef"),
    ] {
        cases.add(name, json!({ "code": code }), "good");
    }
    cases.add("longest", json!({ "code": "a".repeat(200) }), "good");
    for (name, code) in [
        ("empty", String::new()),
        ("five", "12345".to_owned()),
        ("five-and-spaces", "1 2 3 4 5 ".to_owned()),
        ("only-spaces", " ".repeat(20)),
        ("only-punctuation", "!@#$%^&*()".to_owned()),
        ("emoji", "🔒".repeat(6)),
        ("one-too-many", "a".repeat(201)),
        ("sharp-s-doubles-beyond-the-limit", "ß".repeat(101)),
        ("very-long", "a".repeat(10_000)),
    ] {
        cases.add(name, json!({ "code": code }), "code");
    }
}
