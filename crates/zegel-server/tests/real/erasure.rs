//! Recall and expiry: what is gone is gone.

use std::sync::Barrier;
use std::time::Duration;

use serde_json::json;

use crate::is_full;
use crate::world::{BOB, EVE, World, after, base32, draft, random, wait};

/// Finds bytes, or the text of a base32 secret, anywhere in the data folder or the log.
fn find(world: &World, needle: &[u8]) -> Vec<String> {
    let everything = world.everything();
    let hits =
        everything.iter().filter(|(_, bytes)| bytes.windows(needle.len()).any(|window| window == needle));
    hits.map(|(path, _)| path.display().to_string()).collect()
}

#[test]
fn what_expires_is_erased_within_a_minute() {
    let world = World::new();
    let device = world.enrol(BOB);
    let mut client = world.client();
    let mut draft = draft();
    draft.request["expires_at"] = json!(after(8));
    assert_eq!(draft.create(&mut client, &device.token).status, 201);
    // The control: everything is there before, so the search sees it.
    assert_eq!(find(&world, draft.share.as_bytes()).len(), 1);
    assert_eq!(find(&world, &draft.body[..64]).len(), 1);
    assert_eq!(find(&world, &draft.envelope[..64]).len(), 1);
    let session = draft.session(&mut client, EVE);
    std::thread::sleep(Duration::from_secs(9));
    assert_eq!(draft.open(&mut client, &session).json()["detail"], json!("expired"));
    let took = wait(Duration::from_secs(60), || find(&world, draft.share.as_bytes()).is_empty());
    println!("erased {took:?} after it was seen to be over");
    for needle in [draft.share.as_bytes(), &draft.body[..64], &draft.envelope[..64]] {
        assert_eq!(find(&world, needle), Vec::<String>::new());
    }
    assert_eq!(client.get("GET", &draft.path(), &device.token).json()["state"], "expired");
    wait(Duration::from_secs(30), || {
        client.get("GET", "/api/v1/me", &device.token).json()["used"] == json!(0)
    });
}

#[test]
fn an_older_backup_does_not_bring_a_recalled_message_back() {
    let mut world = World::new();
    let device = world.enrol(BOB);
    let (whole, one) = (draft(), draft());
    let mut client = world.client();
    assert_eq!(whole.create(&mut client, &device.token).status, 201);
    assert_eq!(one.create(&mut client, &device.token).status, 201);
    assert_eq!(world.stop(), 0);
    let backup = world.path().join("backup");
    let copy = |from: &std::path::Path, to: &std::path::Path| {
        let done = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
        assert!(done.success());
    };
    copy(&world.data(), &backup);
    world.start();
    let mut client = world.client();
    assert_eq!(client.get("DELETE", &whole.path(), &device.token).status, 204);
    let guest = format!("{}/guests/{}", one.path(), one.guest);
    assert_eq!(client.get("DELETE", &guest, &device.token).status, 204);
    assert_eq!(world.stop(), 0);
    // The backup comes back; the journal, which is not part of it, stays.
    std::fs::remove_file(backup.join("tombstones.log")).unwrap();
    copy(&world.data().join("tombstones.log"), &backup.join("tombstones.log"));
    std::fs::remove_dir_all(world.data()).unwrap();
    std::fs::rename(&backup, world.data()).unwrap();
    assert!(!find(&world, whole.share.as_bytes()).is_empty(), "the backup has the share");
    world.start();
    let mut client = world.client();
    assert_eq!(whole.try_session(&mut client, EVE).problem(), "gone");
    assert_eq!(one.try_session(&mut client, EVE).problem(), "gone");
    wait(Duration::from_secs(60), || find(&world, whole.share.as_bytes()).is_empty());
    assert_eq!(find(&world, one.share.as_bytes()), Vec::<String>::new());
}

/// After recall has answered, no share is released: openings and a recall at the same time, in many orders (R13).
#[test]
fn a_recall_that_has_answered_is_final() {
    let world = World::new();
    let device = world.enrol(BOB);
    let rounds = if is_full() { 1_000 } else { 40 };
    let (mut before, mut after) = (0, 0);
    for round in 0..rounds {
        let draft = draft();
        let mut client = world.client();
        assert_eq!(draft.create(&mut client, &device.token).status, 201);
        let sessions: Vec<String> = (0..4).map(|_| draft.session(&mut client, EVE)).collect();
        let start = Barrier::new(sessions.len() + 1);
        let opened: Vec<bool> = std::thread::scope(|scope| {
            let recall = scope.spawn(|| {
                let mut client = world.client();
                start.wait();
                std::thread::sleep(Duration::from_micros(u64::from(random::<1>()[0]) * (round % 40)));
                assert_eq!(client.get("DELETE", &draft.path(), &device.token).status, 204);
                // From here on nobody may get it, however they ask.
                for session in &sessions {
                    assert_eq!(draft.open(&mut client, session).problem(), "gone");
                }
            });
            let openers: Vec<_> = sessions
                .iter()
                .map(|session| {
                    scope.spawn(|| {
                        let mut client = world.client();
                        start.wait();
                        std::thread::sleep(Duration::from_micros(u64::from(random::<1>()[0]) * (round % 40)));
                        let answer = draft.open(&mut client, session);
                        assert!(matches!(answer.status, 200 | 410), "{answer:?}");
                        answer.status == 200
                    })
                })
                .collect();
            let opened = openers.into_iter().map(|opener| opener.join().unwrap()).collect();
            recall.join().unwrap();
            opened
        });
        before += opened.iter().filter(|opened| **opened).count();
        after += opened.iter().filter(|opened| !**opened).count();
    }
    println!(
        "{rounds} recalls against 4 openings each: {before} came before, {after} after; none after the answer"
    );
    assert!(before > 0 && after > 0, "the race was none");
}

#[test]
fn a_recall_of_one_guest_leaves_the_others() {
    let world = World::new();
    let device = world.enrol(BOB);
    let mut client = world.client();
    let mut draft = draft();
    let mut other = draft.request["guests"][0].clone();
    let second = base32(&random::<16>());
    other["guest"] = json!(second);
    other["address"] = json!(crate::world::address_hash(&draft.id, "carol@example.net"));
    other["share"] = json!(base32(&random::<32>()));
    draft.request["guests"].as_array_mut().unwrap().push(other.clone());
    assert_eq!(draft.create(&mut client, &device.token).status, 201);
    let session = draft.session(&mut client, EVE);
    assert_eq!(draft.open(&mut client, &session).status, 200);
    let path = format!("{}/guests/{}", draft.path(), draft.guest);
    assert_eq!(client.get("DELETE", &path, &device.token).status, 204);
    assert_eq!(draft.open(&mut client, &session).problem(), "gone");
    assert_eq!(client.get("GET", "/api/v1/guest/parts/0", &session).problem(), "gone");
    let session = draft.session(&mut client, "carol@example.net");
    assert_eq!(draft.open(&mut client, &session).json()["share"], other["share"]);
    let view = client.get("GET", &draft.path(), &device.token).json();
    assert_eq!(view["guests"][0]["state"], "recalled");
    assert_eq!(view["guests"][1]["state"], "delivered");
    assert_eq!(world.run(&["fsck"]).0, 0);
}

/// What a crash left before anything was acknowledged goes away by itself; what is young may still become something.
#[test]
fn files_that_no_row_names_go_away_after_a_day() {
    let mut world = World::new();
    let device = world.enrol(BOB);
    let mut client = world.client();
    let kept = draft();
    assert_eq!(kept.create(&mut client, &device.token).status, 201);
    assert_eq!(world.stop(), 0);
    let (old, young) = (draft(), draft());
    let file = |draft: &crate::world::Draft| {
        let folder = world.data().join("blobs/messages").join(&draft.id[..2]);
        std::fs::create_dir_all(&folder).unwrap();
        folder.join(format!("{}.g{}", draft.id, draft.guest))
    };
    let day = Duration::from_secs(25 * 3_600);
    for draft in [&kept, &old, &young] {
        if !std::ptr::eq(draft, &kept) {
            std::fs::write(file(draft), &draft.share).unwrap();
        }
        if !std::ptr::eq(draft, &young) {
            let file = std::fs::File::options().write(true).open(file(draft)).unwrap();
            file.set_modified(std::time::SystemTime::now() - day).unwrap();
        }
    }
    assert_eq!(world.run(&["fsck"]).1.lines().filter(|line| line.starts_with("orphan")).count(), 2);
    world.start();
    wait(Duration::from_secs(30), || find(&world, old.share.as_bytes()).is_empty());
    assert_eq!(find(&world, young.share.as_bytes()).len(), 1);
    assert_eq!(find(&world, kept.share.as_bytes()).len(), 1);
}
