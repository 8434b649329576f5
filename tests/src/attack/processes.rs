//! Damaged messages given to the program itself: nothing on standard output, no file in any folder (T27).

use std::os::unix::fs::PermissionsExt;

use secrecy::ExposeSecret;
use zegel_testkit::{Output, TempHome, run, zegel_binary};

use super::forge::{Spec, tar, untar};
use super::people::{Seeded, World};

/// Runs of the program in a plain run.
const RUNS: usize = 200;

struct Desk {
    home: TempHome,
    program: std::path::PathBuf,
}

impl Desk {
    /// Gives Bob a home with his identity and Alice's card.
    fn new(world: &World) -> Self {
        let desk = Self { home: TempHome::new(), program: zegel_binary() };
        let secret = world.bob.to_secret_text().unwrap();
        let identity = desk.home.write("bob.identity", format!("{}\n", secret.expose_secret()));
        std::fs::set_permissions(identity, std::fs::Permissions::from_mode(0o600)).unwrap();
        desk.home.write("alice.card", world.alice.card().text());
        desk.home.write("tmp/kept", "");
        let pinned = desk.run(&["card", "import", "--trust-file", "alice.card"]);
        assert_eq!(pinned.code, 0, "{}", pinned.stderr);
        desk
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let tmp = self.home.join("tmp");
        let environment = [("TMPDIR", tmp.to_str().unwrap()), ("ZEGEL_IDENTITY_FILE", "bob.identity")];
        run(&self.program, arguments, &self.home, &environment, b"")
    }

    /// Lets Bob open a container, with everything that `zegel open` can write.
    fn open(&self, container: &[u8]) -> Output {
        self.home.write("message.zegel", container);
        self.run(&["open", "message.zegel", "--eml", "mail.eml", "--extract", "attachments"])
    }
}

#[test]
fn a_damaged_message_leaves_nothing_of_the_program() {
    let world = World::get();
    let desk = Desk::new(world);
    desk.home.write("message.zegel", &world.container);
    let before = desk.home.files();
    let mut rng = Seeded::new("processes");
    let entries = untar(&world.container);
    let own = Spec::of(&world.container, &world.bob).before.len();
    let mut codes = std::collections::BTreeMap::new();
    for number in 0..RUNS {
        let (mut parts, mut envelopes) = (entries.parts.clone(), entries.envelopes.clone());
        let mut cut = None;
        let file = match rng.below(4) {
            3 => &mut envelopes[own],
            part => &mut parts[part.min(2)],
        };
        match number % 3 {
            0 => cut = Some(rng.below(world.container.len())),
            1 => file.truncate(rng.below(file.len())),
            _ => {
                let at = rng.below(file.len());
                file[at] ^= 1 << rng.below(8);
            }
        }
        let mut container = tar(&parts, &envelopes);
        container.truncate(cut.unwrap_or(container.len()));
        let output = desk.open(&container);
        assert!(matches!(output.code, 65 | 67), "{number}: {} {}", output.code, output.stderr);
        assert_eq!(output.stdout, b"", "{number}");
        assert!(!output.stderr.contains("SECRET-PLAINTEXT"), "{number}: {}", output.stderr);
        assert_eq!(desk.home.files(), before, "{number}: files were left");
        assert!(!desk.home.join("attachments").exists(), "{number}: a folder was left");
        *codes.entry(output.code).or_insert(0) += 1;
    }
    println!("{RUNS} damaged messages, exit codes {codes:?}: 0 bytes on standard output, 0 files");

    let control = desk.open(&world.container);
    assert_eq!(control.code, 0, "positive control: {}", control.stderr);
    assert!(std::fs::read_to_string(desk.home.join("mail.eml")).unwrap().contains("SECRET-PLAINTEXT one"));
    assert_eq!(
        std::fs::read(desk.home.join("attachments/second.bin")).unwrap(),
        super::people::second_part()
    );
}
