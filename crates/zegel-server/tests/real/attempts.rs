//! Guesses: at most ten are judged, however they come.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::http::Client;
use crate::is_full;
use crate::world::{BOB, Draft, EVE, World, base32, draft, random, sms_draft};

/// A thousand guesses at once, and the server killed three times among them: no more than ten are judged (T5).
#[test]
fn a_thousand_guesses_with_a_restart_make_ten_tries() {
    let mut world = World::new();
    let device = world.enrol(BOB);
    let draft = draft();
    assert_eq!(draft.create(&mut world.client(), &device.token).status, 201);
    let guesses = if is_full() { 1_000 } else { 200 };
    let (wrong, locked, lost) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let session = Mutex::new(draft.session(&mut world.client(), EVE));
    let clients: Vec<_> = (0..guesses).map(|_| world.client()).collect();
    std::thread::scope(|scope| {
        for mut client in clients {
            let (wrong, locked, lost, draft, session) = (&wrong, &locked, &lost, &draft, &session);
            scope.spawn(move || {
                let guess = json!({ "verifier": base32(&random::<32>()) });
                // The server goes away in between, and sessions with it: whoever guesses comes again.
                for _ in 0..200 {
                    match try_guess(draft, &mut client, session, &guess) {
                        Some(403) => return wrong.fetch_add(1, Ordering::Relaxed),
                        Some(423) => return locked.fetch_add(1, Ordering::Relaxed),
                        Some(200) => panic!("a guess was right"),
                        _ => {}
                    }
                    lost.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(std::time::Duration::from_millis(50));
                }
                panic!("the server did not come back");
            });
        }
        std::thread::sleep(std::time::Duration::from_millis(30));
        for _ in 0..3 {
            world.kill();
            world.start();
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    });
    let (wrong, locked) = (wrong.into_inner(), locked.into_inner());
    println!(
        "{guesses} guesses, 3 restarts: {wrong} judged, {locked} locked, {} came again",
        lost.into_inner()
    );
    // One that was judged when the server was killed was counted, and not answered.
    assert!(wrong <= 10, "{wrong}");
    assert_eq!(wrong + locked, guesses);
    let view = world.client().get("GET", &draft.path(), &device.token).json();
    assert_eq!(
        (view["guests"][0]["state"].as_str(), view["guests"][0]["tries_left"].clone()),
        (Some("locked"), json!(0))
    );
    // Not even what is right is judged now.
    let session = draft.session(&mut world.client(), EVE);
    assert_eq!(draft.open(&mut world.client(), &session).problem(), "locked");
}

/// Guesses once in a session that all share; returns the status, or nothing when the server went away.
fn try_guess(
    draft: &Draft,
    client: &mut Client,
    shared: &Mutex<String>,
    guess: &serde_json::Value,
) -> Option<u16> {
    let session = shared.lock().unwrap().clone();
    let status = client.try_json("POST", "/api/v1/guest/open", &session, guess).ok()?.status;
    let mut current = shared.lock().unwrap();
    if status == 401 && *current == session {
        let request = json!({ "message": draft.id, "address": EVE });
        let fresh = client.try_json("POST", "/api/v1/guest/sessions", "", &request).ok()?;
        *current = fresh.json()["session"].as_str()?.to_owned();
    }
    Some(status)
}

/// Who types an address that is no guest's hears the same, counts the same, and is locked the same (T32).
#[test]
fn strangers_are_answered_like_guests() {
    let mut world = World::new();
    let device = world.enrol(BOB);
    let mut client = world.client();
    for draft in [draft(), sms_draft()] {
        assert_eq!(draft.create(&mut client, &device.token).status, 201);
        let shape = |answer: &crate::http::Answer| {
            let json = answer.json();
            let keys: Vec<String> = json.as_object().unwrap().keys().cloned().collect();
            (answer.status, keys, json["factor"].clone(), json["expires_at"].clone(), answer.body.len())
        };
        let guest = draft.try_session(&mut client, EVE);
        let stranger = draft.try_session(&mut client, "mallory@example.com");
        assert_eq!(shape(&guest), shape(&stranger));
        let again = draft.try_session(&mut client, "Mallory@Example.com");
        assert_eq!(stranger.json()["guest"], again.json()["guest"]);
        assert_ne!(stranger.json()["guest"], guest.json()["guest"]);
        let tokens: Vec<String> =
            [&guest, &stranger].map(|answer| answer.json()["session"].as_str().unwrap().to_owned()).to_vec();
        for round in 0..12 {
            let mut answers = Vec::new();
            for token in &tokens {
                let answer = if draft.request["guests"][0]["factor"].get("sms").is_some() {
                    let request = json!({ "digits": "999", "language": "en" });
                    client.json("POST", "/api/v1/guest/code", token, &request)
                } else {
                    let request = json!({ "verifier": base32(&random::<32>()) });
                    client.json("POST", "/api/v1/guest/open", token, &request)
                };
                answers.push((answer.status, answer.body));
            }
            assert_eq!(answers[0], answers[1], "round {round}");
        }
        if world.sms_count() > 0 {
            panic!("an SMS went out");
        }
        // The stranger's count is kept, too.
        world.kill();
        world.start();
        client = world.client();
        let token = draft.session(&mut client, "mallory@example.com");
        let request = json!({ "digits": "999", "language": "en" });
        let guess = json!({ "verifier": base32(&random::<32>()) });
        let answer = if draft.request["guests"][0]["factor"].get("sms").is_some() {
            client.json("POST", "/api/v1/guest/code", &token, &request)
        } else {
            client.json("POST", "/api/v1/guest/open", &token, &guess)
        };
        assert_eq!(answer.problem(), "locked");
    }
}

/// Who knows the digits and asks for codes all day costs so many SMSes an hour and no more (T33).
#[test]
fn codes_cost_no_more_than_the_budget() {
    let world = World::with("per_number = 3\nper_hour = 5\n");
    let device = world.enrol(BOB);
    let mut client = world.client();
    let ask = |client: &mut crate::http::Client, session: &str, digits: &str| {
        let request = json!({ "digits": digits, "language": "en" });
        client.json("POST", "/api/v1/guest/code", session, &request)
    };
    let mut sent = 0;
    for number in ["+31600000042", "+31600000043", "+31600000044"] {
        // Two messages to each number: the budget is the number's.
        for _ in 0..2 {
            let mut draft = sms_draft();
            draft.request["guests"][0]["factor"] = json!({ "sms": { "number": number } });
            assert_eq!(draft.create(&mut client, &device.token).status, 201);
            let session = draft.session(&mut client, EVE);
            for _ in 0..4 {
                let answer = ask(&mut client, &session, &number[9..]);
                if answer.status == 202 {
                    sent += 1;
                } else {
                    assert_eq!(answer.problem(), "too-many");
                    assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 3_000);
                }
            }
        }
    }
    assert_eq!((sent, world.sms_count()), (5, 5));
}

/// More than the server may work on at once is told so, and what was let in is done (R21).
#[test]
fn overload_is_answered_and_nothing_is_lost() {
    let world = World::with("[limits]\nrequests = 4\n");
    let device = world.enrol(BOB);
    let (created, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| {
                let mut client = world.client();
                for _ in 0..5 {
                    let draft = draft();
                    let answer = draft.create(&mut client, &device.token);
                    match answer.status {
                        201 => created.fetch_add(1, Ordering::Relaxed),
                        503 => {
                            assert!(answer.header("retry-after").is_some());
                            refused.fetch_add(1, Ordering::Relaxed)
                        }
                        _ => panic!("{answer:?}"),
                    };
                }
            });
        }
    });
    let (created, refused) = (created.into_inner(), refused.into_inner());
    println!("10 times as many as may work at once: {created} created, {refused} told to come again");
    assert!(refused > 0 && created > 0);
    let page = world.client().get("GET", "/api/v1/messages", &device.token).json();
    assert_eq!(page["messages"].as_array().unwrap().len(), created);
    assert_eq!(world.run(&["fsck"]).0, 0);
}
