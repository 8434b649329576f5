//! A sample of the generated mail through the program itself: `zegel send`, Postfix, `zegel open`.

use std::fs;
use std::time::Instant;

use zegel_testkit::{Flaw, Port, Postfix};

use super::generate::{Letter, Wanted};
use super::is_full;
use super::random::Rng;
use super::through_postfix::assert_same;
use super::world::{PEOPLE, World, wait_for};

const VISIBLE: [&str; 2] = ["bob@example.org", "carol@example.net"];
const BLIND: [&str; 1] = ["günther@example.org"];

#[test]
fn generated_mail_comes_out_of_the_program_as_it_went_in() {
    let (count, largest) = if is_full() { (50, 16 << 20) } else { (6, 5 << 20) };
    let world = World::new();
    let postfix = Postfix::start();
    let authority = world.join("authority.pem");
    fs::copy(postfix.certificates().authority(), &authority).unwrap();
    let port = postfix.port(Port::StartTls(Flaw::None));
    world.write_account(
        "alice",
        &format!(
            "host = \"localhost\"\nport = {port}\ntls = \"starttls\"\nca_file = \"{}\"\n",
            authority.display()
        ),
    );
    let (visible, blind) = (VISIBLE.map(str::to_owned), BLIND.map(str::to_owned));
    let mut rng = Rng::new(7);
    let began = Instant::now();
    let (mut mails, mut bytes) = (0, 0);
    for number in 0..count {
        // The last one has a part that travels apart.
        let size = if number + 1 == count { largest } else { rng.size(largest) };
        let seed = 100_000 + number as u64;
        let letter = Letter::make(&Wanted {
            seed,
            size,
            sender: "alice@example.org",
            visible: &visible,
            blind: &blind,
        });
        world.write("work/mail.eml", letter.draft());
        world.must("alice", &["send", "mail.eml"], b"");
        let expected = letter.restored();
        bytes += expected.len();
        let to = letter.visible.iter().map(|at| VISIBLE[*at]).chain(letter.blind.iter().map(|at| BLIND[*at]));
        let to: Vec<&str> = to.collect();
        wait_for("the mails", || postfix.all().len() == to.len());
        for mail in postfix.all() {
            let text = String::from_utf8(mail.clone()).unwrap();
            let address = text.lines().find_map(|line| line.strip_prefix("Delivered-To: ")).unwrap();
            let blind = letter.blind.iter().map(|at| BLIND[*at]).find(|blind| *blind != address);
            assert!(
                blind.is_none_or(|blind| !text.contains(blind)),
                "letter {seed} shows a blind copy to {address}"
            );
            let (who, ..) = PEOPLE.iter().find(|(_, other, ..)| *other == address).unwrap();
            world.write("work/received.eml", &mail);
            world.must(who, &["open", "received.eml", "--eml", "restored.eml", "--force"], b"");
            let restored = fs::read(world.join("work/restored.eml")).unwrap();
            assert_same(
                without_added(&restored, &expected),
                &expected,
                &format!("letter {seed} to {address}"),
            );
            mails += 1;
        }
        for entry in fs::read_dir(postfix.mailbox().join("new")).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
    }
    println!(
        "{count} letters ({} KiB) through the program became {mails} mails in {:.1} s; every one came out identical",
        bytes >> 10,
        began.elapsed().as_secs_f64()
    );
}

/// Drops the Date and the Message-ID that were added because the draft had none.
fn without_added<'a>(restored: &'a [u8], expected: &[u8]) -> &'a [u8] {
    let added = restored.len().saturating_sub(expected.len());
    let (before, rest) = restored.split_at(added);
    let fields = String::from_utf8_lossy(before);
    let only_ours = fields.lines().all(|line| line.starts_with("Date: ") || line.starts_with("Message-ID: "));
    if only_ours && fields.lines().count() <= 2 { rest } else { restored }
}
