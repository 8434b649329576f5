//! A server that is killed at any moment loses nothing that it acknowledged, and shows nothing half (R1, R6).

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::is_full;
use crate::world::{BOB, Draft, EVE, World, draft, random};

#[test]
fn what_was_acknowledged_is_there_after_every_kill() {
    let kills = if is_full() { 300 } else { 12 };
    let mut world = World::new();
    let device = world.enrol(BOB);
    let acknowledged: Mutex<Vec<Draft>> = Mutex::new(Vec::new());
    let mut tried = 0;
    for kill in 0..kills {
        let stop = AtomicBool::new(false);
        let pending: Mutex<Vec<Draft>> = Mutex::new(Vec::new());
        // The server itself is killed from this thread while four others write.
        let clients: Vec<_> = (0..4).map(|_| world.client()).collect();
        std::thread::scope(|scope| {
            for mut client in clients {
                let (stop, pending, acknowledged, device) = (&stop, &pending, &acknowledged, &device);
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        let draft = draft();
                        match client.try_json("PUT", &draft.path(), &device.token, &draft.request) {
                            Ok(answer) if answer.status == 201 => acknowledged.lock().unwrap().push(draft),
                            _ => {
                                pending.lock().unwrap().push(draft);
                                break;
                            }
                        }
                    }
                });
            }
            let wait = 20 + u64::from(random::<1>()[0]);
            std::thread::sleep(Duration::from_millis(wait));
            world.kill();
            stop.store(true, Ordering::Relaxed);
        });
        world.start();
        let mut client = world.client();
        for draft in pending.into_inner().unwrap() {
            tried += 1;
            // Whole, or not there at all; and the same request again makes it whole.
            let view = client.get("GET", &draft.path(), &device.token);
            assert!(view.status == 404 || view.json()["state"] == "ready", "kill {kill}: {view:?}");
            let again = draft.create(&mut client, &device.token);
            assert!(matches!(again.status, 200 | 201), "kill {kill}: {again:?}");
            acknowledged.lock().unwrap().push(draft);
        }
    }
    let all = acknowledged.into_inner().unwrap();
    let mut client = world.client();
    for draft in &all {
        let session = draft.session(&mut client, EVE);
        let opened = draft.open(&mut client, &session);
        assert_eq!(opened.status, 200, "{opened:?}");
        assert_eq!(opened.json()["share"], serde_json::json!(draft.share));
        assert_eq!(client.get("GET", "/api/v1/guest/parts/0", &session).body, draft.body);
    }
    let (code, faults) = world.run(&["fsck"]);
    // A file without a row was never acknowledged; nothing else may be found.
    let bad: Vec<&str> =
        faults.lines().filter(|line| !line.starts_with("orphan") && *line != "clean").collect();
    println!("{kills} kills: {} acknowledged, {tried} in the middle; fsck ended with {code}", all.len());
    assert_eq!(bad, Vec::<&str>::new());
}
