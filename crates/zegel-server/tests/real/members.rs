//! Members: enrolment, devices, blocking, cards, backups.

use std::time::Duration;

use serde_json::{Value, json};

use crate::http::line;
use crate::world::{BOB, World, begin, begin_stream, draft, totp_code, wait};

#[test]
fn an_invitation_enrols_one_device_within_ten_tries() {
    let world = World::new();
    let mut client = world.client();
    let invitation = world.invite(BOB);
    assert_eq!(begin(&mut client, "eve@example.net", &invitation).problem(), "unauthorized");
    let view = begin(&mut client, BOB, &invitation).json();
    let confirm = |client: &mut crate::http::Client, enrolment: &Value, code: &str| {
        let request = json!({ "enrolment": enrolment, "totp": code });
        client.json("POST", "/api/v1/enrolments/confirm", "", &request)
    };
    for left in (0..10).rev() {
        let right = totp_code(view["totp"].as_str().unwrap(), 0);
        let wrong = if right == "000000" { "000001" } else { "000000" };
        let answer = confirm(&mut client, &view["enrolment"], wrong);
        assert_eq!((answer.status, answer.json()["tries_left"].clone()), (403, json!(left)));
    }
    let right = totp_code(view["totp"].as_str().unwrap(), 0);
    assert_eq!(confirm(&mut client, &view["enrolment"], &right).problem(), "unauthorized");
    assert_eq!(begin(&mut client, BOB, &invitation).problem(), "unauthorized");
    assert_eq!(world.run(&["user", "list"]).1, "");
}

#[test]
fn a_second_device_needs_a_fresh_code_or_a_recovery_code() {
    let world = World::new();
    let device = world.enrol(BOB);
    assert_eq!(device.recovery_codes.len(), 10);
    let mut client = world.client();
    let invite = |client: &mut crate::http::Client| {
        let view = client.get("POST", "/api/v1/devices/invitations", &device.token);
        assert_eq!(view.status, 201);
        view.json()["invitation"].as_str().unwrap().to_owned()
    };
    let renewed = |client: &mut crate::http::Client| {
        let invitation = invite(client);
        begin(client, BOB, &invitation).json()
    };
    let view = renewed(&mut client);
    assert!(view.get("totp").is_none(), "an existing member keeps their secret");
    let confirm = |client: &mut crate::http::Client, request: Value| {
        client.json("POST", "/api/v1/enrolments/confirm", "", &request)
    };
    // The code of the first enrolment counted once.
    let used = json!({ "enrolment": view["enrolment"], "totp": device.code });
    assert_eq!(confirm(&mut client, used).problem(), "wrong-code");
    let fresh = json!({ "enrolment": view["enrolment"], "totp": totp_code(&device.totp, 1) });
    let second = confirm(&mut client, fresh);
    assert_eq!(second.status, 201, "{second:?}");
    assert!(second.json().get("recovery_codes").is_none());

    let view = renewed(&mut client);
    let code =
        json!({ "enrolment": view["enrolment"], "recovery_code": device.recovery_codes[3].to_uppercase() });
    assert_eq!(confirm(&mut client, code.clone()).status, 201);
    let view = renewed(&mut client);
    let again = json!({ "enrolment": view["enrolment"], "recovery_code": device.recovery_codes[3] });
    assert_eq!(confirm(&mut client, again).problem(), "wrong-code");

    let me = client.get("GET", "/api/v1/me", &device.token).json();
    assert_eq!(me["devices"].as_array().unwrap().len(), 3);
    let this = me["devices"].as_array().unwrap().iter().find(|device| device["this"] == true).unwrap();
    assert_eq!(this["device"], json!(device.device));
    let other = second.json();
    let path = format!("/api/v1/devices/{}", other["device"].as_str().unwrap());
    assert_eq!(client.get("DELETE", &path, &device.token).status, 204);
    assert_eq!(client.get("GET", "/api/v1/me", other["token"].as_str().unwrap()).status, 401);
    assert_eq!(client.get("GET", "/api/v1/me", &device.token).status, 200);
}

#[test]
fn blocking_ends_calls_and_streams_within_a_second() {
    let world = World::new();
    let device = world.enrol(BOB);
    let mut client = world.client();
    let draft = draft();
    assert_eq!(draft.create(&mut client, &device.token).status, 201);
    let mut stream = begin_stream(&world, "/api/v1/events", &device.token);
    while line(&mut stream).unwrap() != ": listening" {}
    // The stream tells what happens.
    assert_eq!(client.get("DELETE", &draft.path(), &device.token).status, 204);
    let event = loop {
        let text = line(&mut stream).unwrap();
        if let Some(json) = text.strip_prefix("data: ") {
            break serde_json::from_str::<Value>(json).unwrap();
        }
    };
    assert_eq!(
        (event["event"].as_str(), event["message"].as_str()),
        (Some("recalled"), Some(draft.id.as_str()))
    );

    assert_eq!(world.run(&["user", "block", BOB]).0, 0);
    let began = std::time::Instant::now();
    assert_eq!(client.get("GET", "/api/v1/me", &device.token).status, 401);
    // The last chunk of the stream.
    while line(&mut stream).unwrap() != "0" {}
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert_ne!(world.run(&["invite", BOB]).0, 0);
    assert_eq!(world.run(&["user", "unblock", BOB]).0, 0);
    assert_eq!(client.get("GET", "/api/v1/me", &device.token).status, 200);
    assert_eq!(world.run(&["user", "block", "nobody@example.org"]).0, 66);
}

#[test]
fn cards_are_the_members_own_and_never_private_keys() {
    let world = World::new();
    let device = world.enrol(BOB);
    let mut client = world.client();
    let line = |address: &str| format!("{{\"address\":\"{address}\",\"format\":\"zegel/card/v1\"}}\n");
    let mut put = |card: &str, visibility: &str| {
        let request = json!({ "card": card, "visibility": visibility });
        client.json("PUT", "/api/v1/card", &device.token, &request)
    };
    assert_eq!(put(&line("eve@example.net"), "published").problem(), "unprocessable");
    let secret = format!("{}AGE-SECRET-KEY-PQ-1QQ\n", line(BOB));
    assert_eq!(put(&secret, "published").problem(), "unprocessable");
    let name = crate::world::base32(&<sha2::Sha256 as sha2::Digest>::digest(b"bob"));
    let path = format!("/.well-known/zegel/cards/{name}");
    let mut reader = world.client();
    assert_eq!(reader.get("GET", &path, "").status, 404);
    assert_eq!(put(&line(BOB), "members").status, 204);
    assert_eq!(reader.get("GET", &path, "").status, 404);
    assert_eq!(reader.get("GET", &path, &device.token).body, line(BOB).as_bytes());
    assert_eq!(put(&line(BOB), "published").status, 204);
    assert_eq!(reader.get("GET", &path, "").body, line(BOB).as_bytes());
    // A server may hold several domains; under the name of another one there is no such card.
    for (host, status) in [("zegel.example.org", 200), ("zegel.example.net", 404)] {
        assert_eq!(
            world.client().send("GET", &path, &[("x-forwarded-host", "evil"), ("host", host)], b"").status,
            status
        );
    }
    assert_eq!(reader.get("DELETE", "/api/v1/card", &device.token).status, 204);
    assert_eq!(reader.get("GET", &path, &device.token).status, 404);
}

#[test]
fn a_backup_is_bytes_that_come_back() {
    let world = World::new();
    let device = world.enrol(BOB);
    let mut client = world.client();
    let bearer = format!("Bearer {}", device.token);
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(client.get("GET", "/api/v1/backup", &device.token).status, 404);
    assert_eq!(
        client.send("PUT", "/api/v1/backup", &headers, b"age-secret-key-1qq").problem(),
        "unprocessable"
    );
    assert_eq!(client.get("GET", "/api/v1/backup", &device.token).status, 404);
    assert_eq!(client.send("PUT", "/api/v1/backup", &headers, b"\x00cipher").status, 204);
    assert_eq!(client.get("GET", "/api/v1/backup", &device.token).body, b"\x00cipher");
    wait(Duration::from_secs(5), || world.run(&["fsck"]).0 == 0);
}
