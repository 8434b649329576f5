//! Link scanners and other visitors: they use nothing up, and leave no secret in the log (T3, T4).

use crate::world::{BOB, EVE, World, draft};

const SECRET: &str = "abcdefghijklmnopqrstuvwxyz234567";

#[test]
fn visitors_of_a_link_use_nothing_up_and_leave_no_secret() {
    let mut world = World::new();
    let device = world.enrol(BOB);
    let mut client = world.client();
    let draft = draft();
    assert_eq!(draft.create(&mut client, &device.token).status, 201);
    let index = client.send("GET", "/m/x", &[], b"");
    assert_eq!((index.status, index.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let paths = [
        format!("/m/{}", draft.id),
        format!("/m/{}%23{SECRET}", draft.id),
        format!("/m/{}%2523{SECRET}", draft.id),
        format!("/m/{}/{SECRET}", draft.id),
        format!("/m/{}?{SECRET}", draft.id),
    ];
    for path in &paths {
        for agent in ["Mozilla/5.0", "SafeLinks", SECRET] {
            let got = client.send("GET", path, &[("user-agent", agent), ("purpose", "prefetch")], b"");
            assert_eq!((got.status, &got.body), (200, &index.body), "{path}");
            assert!(got.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
            assert_eq!(got.header("referrer-policy"), Some("no-referrer"));
            assert_eq!(client.send("HEAD", path, &[], b"").status, 200);
        }
    }
    // What is no route is not written down either, nor are odd methods, tokens or bodies.
    for path in [format!("/{SECRET}"), format!("/api/v1/messages/{SECRET}"), format!("/assets/{SECRET}.js")] {
        let answer = client.send("GET", &path, &[("referer", SECRET)], b"");
        assert!(answer.status == 404 || answer.status == 401, "{path}");
    }
    client.send(SECRET.to_uppercase().as_str(), "/", &[], b"");
    client.get("GET", "/api/v1/me", &format!("{SECRET}{}", &SECRET[..20]));
    client.send("POST", "/api/v1/guest/sessions", &[("content-type", "application/json")], SECRET.as_bytes());
    draft.session(&mut client, &format!("{SECRET}@example.org"));
    let session = draft.session(&mut client, EVE);
    assert_eq!(draft.open(&mut client, &session).status, 200);
    assert_eq!(world.sms_count(), 0);
    let view = client.get("GET", &draft.path(), &device.token).json();
    assert_eq!(view["guests"][0]["tries_left"], 10);
    assert_eq!(world.stop(), 0);
    let log = std::fs::read_to_string(world.log()).unwrap().to_lowercase();
    assert!(!log.contains(SECRET), "the secret is in the log");
    for template in ["/m/{*rest}", "/api/v1/guest/sessions", "\"route\":\"none\""] {
        assert!(log.contains(template), "the log lacks {template}");
    }
    assert!(!log.contains(&draft.id) && !log.contains("example.org"));
}

#[test]
fn every_answer_is_strict() {
    let world = World::new();
    let mut client = world.client();
    for (method, path, status) in [
        ("GET", "/health/live", 204),
        ("GET", "/health/ready", 204),
        ("GET", "/m/x", 200),
        ("GET", "/assets/portal.js", 200),
        ("GET", "/assets/..%2f..%2fCargo.toml", 404),
        ("GET", "/api/v1/me", 401),
        ("PUT", "/api/v1/me", 404),
        ("GET", "/nothing", 404),
        ("GET", "/api/v1/messages/../../etc", 404),
    ] {
        let answer = client.send(method, path, &[], b"");
        assert_eq!(answer.status, status, "{method} {path}");
        for (name, value) in [
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"));
        assert!(answer.header("permissions-policy").is_some());
        let page = path.starts_with("/m/") || path == "/assets/portal.js";
        assert_eq!(
            answer.header("cache-control"),
            Some(if page { "no-cache" } else { "no-store" }),
            "{path}"
        );
        assert_eq!(answer.header("set-cookie"), None);
    }
}
