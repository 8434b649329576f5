//! Every identity is tried before a message is refused.

use std::fs;

use crate::attack::forge::{tar, untar};
use crate::e2e::world::World;

const SECOND: &str = "bob.second@example.org";

#[test]
fn an_envelope_made_badly_for_one_identity_does_not_hide_it_from_another() {
    let world = World::new();
    world.must("bob", &["identity", "new", "--address", SECOND, "--store", "plain"], b"");
    world.must("bob", &["card", "export", SECOND, "-o", "second.card"], b"");
    world.must("alice", &["card", "import", "second.card", "--trust-file"], b"");
    let to = ["seal", "--to", "bob@example.org", "--to", SECOND, "--subject", "x", "--body", "the text"];
    let to: Vec<&str> = to.into_iter().chain(["-o", "sealed.zegel"]).collect();
    world.must("alice", &to, b"");
    let files = untar(&fs::read(world.join("work/sealed.zegel")).unwrap());
    assert_eq!(files.envelopes.len(), 3, "the two addresses of Bob, and Alice's own");
    let damage = |numbers: &[usize]| {
        let mut envelopes = files.envelopes.clone();
        for number in numbers {
            // Behind the header: whose envelope it is can still be told.
            *envelopes[*number].last_mut().unwrap() ^= 1;
        }
        world.write("work/damaged.zegel", tar(&files.parts, &envelopes));
        world.zegel("bob", &["open", "damaged.zegel"], b"")
    };
    for number in 0..3 {
        let ran = damage(&[number]);
        assert_eq!(ran.code, 0, "envelope {number}: {}", ran.stderr);
        assert!(String::from_utf8_lossy(&ran.stdout).contains("the text"));
        fs::remove_dir_all(world.home("bob").join("state/seen")).unwrap();
    }
    let before = world.listing(&[]);
    let ran = damage(&[0, 1, 2]);
    // Told as damaged: that it was for one of them says more than that it was not for the other.
    assert_eq!((ran.code, ran.stdout.len()), (65, 0), "{}", ran.stderr);
    fs::remove_file(world.join("work/damaged.zegel")).unwrap();
    let mut after = world.listing(&[]);
    after.retain(|path, _| path != "work/damaged.zegel");
    let before = before.into_iter().filter(|(path, _)| path != "work/damaged.zegel").collect();
    assert_eq!(after, before);
}
