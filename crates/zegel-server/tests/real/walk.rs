//! From an invitation to a recall.

use serde_json::{Value, json};

use crate::world::{BOB, EVE, NUMBER, World, after, base32, base64, draft, hash, random, sms_draft};

#[test]
fn a_message_is_made_opened_receipted_and_recalled() {
    let mut world = World::new();
    let device = world.enrol(BOB);
    let token = device.token.as_str();
    let mut client = world.client();
    let draft = draft();

    let created = draft.create(&mut client, token);
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!(created.json()["state"], "ready");
    // The same again is answered alike, another content is refused.
    let again = draft.create(&mut client, token);
    assert_eq!((again.status, again.json()), (200, created.json()));
    let mut other = draft.clone();
    other.request["openers"] = json!(2);
    assert_eq!(other.create(&mut client, token).problem(), "conflict");

    let session = draft.session(&mut client, " EVE@example.net ");
    // Nothing is there before the factor is proved.
    assert_eq!(client.get("GET", "/api/v1/guest/parts/0", &session).status, 401);
    assert_eq!(client.get("GET", "/api/v1/guest/replies", &session).status, 401);
    let wrong =
        client.json("POST", "/api/v1/guest/open", &session, &json!({ "verifier": base32(&random::<32>()) }));
    assert_eq!((wrong.status, wrong.json()["tries_left"].clone()), (403, json!(9)));
    let opened = draft.open(&mut client, &session);
    assert_eq!(opened.status, 200, "{opened:?}");
    let opened = opened.json();
    assert_eq!(opened["share"], json!(draft.share));
    assert_eq!(opened["envelope"], json!(base64(&draft.envelope)));
    assert_eq!(opened["parts"][0]["hash"], json!(hash(&draft.body)));

    let bearer = format!("Bearer {session}");
    let part = client.send("GET", "/api/v1/guest/parts/0", &[("authorization", &bearer)], b"");
    assert_eq!(part.body, draft.body);
    let range = [("authorization", bearer.as_str()), ("range", "bytes=100-199")];
    let piece = client.send("GET", "/api/v1/guest/parts/0", &range, b"");
    assert_eq!((piece.status, piece.body.as_slice()), (206, &draft.body[100..200]));
    assert_eq!(piece.header("content-range"), Some("bytes 100-199/9000"));
    let path = format!("{}/parts/0", draft.path());
    assert_eq!(client.get("GET", &path, &draft.fetch_token).body, draft.body);
    assert_eq!(client.get("GET", &path, &base32(&random::<32>())).problem(), "not-found");

    let receipt = json!({ "receipt": "{\"claim\":1}" });
    assert_eq!(client.json("POST", "/api/v1/guest/receipt", &session, &receipt).status, 204);
    let view = client.get("GET", &draft.path(), token).json();
    assert_eq!(view["guests"][0]["state"], "delivered");
    assert_eq!(view["guests"][0]["tries_left"], json!(9));
    assert_eq!(view["receipts"], json!(["{\"claim\":1}"]));

    // It outlives a restart.
    assert_eq!(world.stop(), 0);
    world.start();
    let mut client = world.client();
    assert_eq!(client.get("GET", &draft.path(), token).json(), view);
    let session = draft.session(&mut client, EVE);
    assert_eq!(draft.open(&mut client, &session).status, 200);

    assert_eq!(client.get("DELETE", &draft.path(), token).status, 204);
    assert_eq!(client.get("DELETE", &draft.path(), token).status, 204);
    let gone = draft.open(&mut client, &session);
    assert_eq!((gone.problem(), gone.json()["detail"].clone()), ("gone".to_owned(), json!("recalled")));
    assert_eq!(client.get("GET", "/api/v1/guest/parts/0", &session).problem(), "gone");
    assert_eq!(draft.try_session(&mut client, EVE).problem(), "gone");
    assert_eq!(client.get("GET", &draft.path(), token).json()["state"], "recalled");
    assert_eq!(draft.create(&mut client, token).json()["state"], "recalled");
    assert_eq!(client.get("GET", "/api/v1/me", token).json()["used"], json!(0));
    assert_eq!(world.run(&["fsck"]), (0, "clean\n".to_owned()));
}

#[test]
fn a_code_by_sms_counts_once_in_the_session_that_asked() {
    let mut world = World::new();
    let device = world.enrol(BOB);
    let mut client = world.client();
    let draft = sms_draft();
    assert_eq!(draft.create(&mut client, &device.token).status, 201);
    let (one, other) = (draft.session(&mut client, EVE), draft.session(&mut client, EVE));
    let ask = |client: &mut crate::http::Client, session: &str, digits: &str| {
        let request = json!({ "digits": digits, "language": "nl" });
        client.json("POST", "/api/v1/guest/code", session, &request)
    };
    let wrong = ask(&mut client, &one, "999");
    assert_eq!((wrong.status, wrong.json()["tries_left"].clone()), (403, json!(9)));
    assert_eq!(world.sms_count(), 0);
    assert_eq!(ask(&mut client, &one, "042").status, 202);
    let (number, code) = world.last_sms();
    assert_eq!(number, NUMBER);
    let open = |client: &mut crate::http::Client, session: &str| {
        client.json("POST", "/api/v1/guest/open", session, &json!({ "code": code }))
    };
    assert_eq!(open(&mut client, &other).json()["tries_left"], json!(8));
    assert_eq!(open(&mut client, &one).json()["share"], json!(draft.share));
    assert_eq!(open(&mut client, &one).json()["tries_left"], json!(7));

    // A code does not outlive a restart, and neither does a session; the count does.
    assert_eq!(ask(&mut client, &one, "042").status, 202);
    let (_, code) = world.last_sms();
    world.kill();
    world.start();
    let mut client = world.client();
    let request = json!({ "code": code });
    assert_eq!(client.json("POST", "/api/v1/guest/open", &one, &request).status, 401);
    let fresh = draft.session(&mut client, EVE);
    assert_eq!(client.json("POST", "/api/v1/guest/open", &fresh, &request).json()["tries_left"], json!(6));
}

#[test]
fn the_sender_puts_a_number_right_and_lets_a_guest_try_again() {
    let world = World::new();
    let device = world.enrol(BOB);
    let token = device.token.as_str();
    let mut client = world.client();
    let draft = sms_draft();
    assert_eq!(draft.create(&mut client, token).status, 201);
    let session = draft.session(&mut client, EVE);
    assert_eq!(client.get("POST", "/api/v1/guest/wrong-number", &session).status, 204);
    let view = client.get("GET", &draft.path(), token).json();
    assert!(view["guests"][0]["wrong_number_at"].is_string());

    let guest = format!("{}/guests/{}", draft.path(), draft.guest);
    let factor = json!({ "factor": { "sms": { "number": "+31600000077" } } });
    assert_eq!(client.json("PUT", &format!("{guest}/factor"), token, &factor).status, 200);
    // The session that began with the old number is over.
    let ask = |digits: &str| json!({ "digits": digits, "language": "en" });
    assert_eq!(client.json("POST", "/api/v1/guest/code", &session, &ask("042")).status, 401);
    let session = draft.session(&mut client, EVE);
    for left in (0..10).rev() {
        let answer = client.json("POST", "/api/v1/guest/code", &session, &ask("042"));
        assert_eq!(answer.json()["tries_left"], json!(left));
    }
    assert_eq!(client.json("POST", "/api/v1/guest/code", &session, &ask("077")).problem(), "locked");
    assert_eq!(world.sms_count(), 0);
    assert_eq!(client.get("POST", &format!("{guest}/unlock"), token).json()["tries_left"], json!(10));
    assert_eq!(client.json("POST", "/api/v1/guest/code", &session, &ask("077")).status, 202);
    assert_eq!(world.last_sms().0, "+31600000077");

    // A code in the place of a number needs a new envelope and a new share.
    let verifier = random::<32>();
    let code = json!({ "code": { "verifier": hash(&verifier) } });
    let path = format!("{guest}/factor");
    assert_eq!(client.json("PUT", &path, token, &json!({ "factor": code })).problem(), "unprocessable");
    let half = json!({ "factor": code, "envelope": base64(b"new") });
    assert_eq!(client.json("PUT", &path, token, &half).problem(), "bad-request");
    let share = base32(&random::<32>());
    let whole = json!({ "factor": code, "envelope": base64(b"new"), "share": share });
    assert_eq!(client.json("PUT", &path, token, &whole).json()["factor"], "code");
    let session = draft.session(&mut client, EVE);
    let request = json!({ "verifier": base32(&verifier) });
    let opened = client.json("POST", "/api/v1/guest/open", &session, &request).json();
    assert_eq!((opened["share"].clone(), opened["envelope"].clone()), (json!(share), json!(base64(b"new"))));
    assert_eq!(client.json("PUT", &path, token, &whole).problem(), "conflict");
}

#[test]
fn a_message_that_is_not_in_order_is_refused_and_leaves_nothing() {
    let world = World::new();
    let device = world.enrol(BOB);
    let mut client = world.client();
    let before = world.everything().len();
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 12] = [
        ("unprocessable", |request| request["expires_at"] = json!("2020-01-01T00:00:00Z")),
        ("unprocessable", |request| request["expires_at"] = json!(after(401 * 86_400))),
        ("bad-request", |request| request["expires_at"] = json!("tomorrow")),
        ("unprocessable", |request| request["parts"][0]["hash"] = json!(hash(b"other"))),
        ("unprocessable", |request| request["parts"][0]["size"] = json!(8_999)),
        ("bad-request", |request| request["parts"][0]["inline"] = json!("***")),
        ("bad-request", |request| request["guests"][0]["share"] = json!("short")),
        ("bad-request", |request| request["guests"][0]["guest"] = json!("../../etc/passwd")),
        ("bad-request", |request| {
            request["guests"][0]["factor"] = json!({ "sms": { "number": "0612345678" } })
        }),
        ("unprocessable", |request| {
            request["guests"][0]["factor"] = json!({ "mail": { "address": "mallory@example.org" } });
        }),
        ("bad-request", |request| request["more"] = json!(1)),
        ("unprocessable", |request| {
            let guest = request["guests"][0].clone();
            request["guests"].as_array_mut().unwrap().push(guest);
        }),
    ];
    for (kind, change) in changes {
        let mut draft = draft();
        change(&mut draft.request);
        assert_eq!(draft.create(&mut client, &device.token).problem(), kind, "{}", draft.request);
        assert_eq!(client.get("GET", &draft.path(), &device.token).status, 404);
    }
    let draft = draft();
    assert_eq!(draft.create(&mut client, &base32(&random::<32>())).problem(), "unauthorized");
    let large = vec![b' '; (2 << 20) + 1];
    let bearer = format!("Bearer {}", device.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    assert_eq!(world.client().send("PUT", &draft.path(), &headers, &large).problem(), "too-large");
    assert_eq!(client.get("GET", "/api/v1/messages", &device.token).json()["messages"], json!([]));
    assert_eq!(world.everything().len(), before);
    assert_eq!(world.run(&["fsck"]), (0, "clean\n".to_owned()));
}
