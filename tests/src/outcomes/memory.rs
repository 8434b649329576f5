//! Mails are made one at a time: hundreds of blind copies of a large message take no more memory than one.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use zegel_core::identity::Identity;
use zegel_store::Paths;
use zegel_store::cards::{Cards, Change, Proof};
use zegel_testkit::zegel_binary;

use crate::e2e::is_full;
use crate::e2e::world::{CLOCK, Fixed, World};

/// A mail server that takes everything and keeps nothing; counts mails.
fn swallow(stream: TcpStream, mails: &AtomicU64) -> std::io::Result<()> {
    let mut write = stream.try_clone()?;
    let mut read = BufReader::new(stream);
    write.write_all(b"220 hello\r\n")?;
    let (mut line, mut inside) = (Vec::new(), false);
    loop {
        line.clear();
        if read.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let answer: &[u8] = match (inside, line.get(..4).unwrap_or_default()) {
            (true, _) if line == b".\r\n" => {
                mails.fetch_add(1, Ordering::Relaxed);
                inside = false;
                b"250 taken\r\n"
            }
            (true, _) => continue,
            (_, b"EHLO") => b"250-hello\r\n250 PIPELINING\r\n",
            (_, b"DATA") => {
                inside = true;
                b"354 go on\r\n"
            }
            (_, b"QUIT") => b"221 bye\r\n",
            _ => b"250 fine\r\n",
        };
        write.write_all(answer)?;
    }
}

#[test]
fn many_blind_copies_take_the_memory_of_one() {
    // One mail has 4/3 of the size; all of them together would be far beyond the limit.
    let (people, size, limit_kib) =
        if is_full() { (200, 20 << 20, 256 << 10) } else { (40, 6 << 20, 160 << 10) };
    let world = World::new();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    world.write_account("alice", &format!("host = \"localhost\"\nport = {port}\ntls = \"none\"\n"));
    let mut blind = Vec::new();
    let (cards, now) = (Cards::new(&Paths::below(&world.home("alice"))), CLOCK.parse().unwrap());
    for number in 0..people {
        let address = format!("reader-{number}@example.org");
        let parsed = address.parse().unwrap();
        let identity = Identity::make(parsed, "", now, 86_400, &mut Fixed::new(&address)).unwrap();
        cards.pin(identity.card(), Proof::Confirmed, Change::Refuse, now).unwrap();
        blind.push(address);
    }
    world.write("work/large.bin", vec![7; size]);
    let mut arguments: Vec<String> =
        ["send", "--subject", "x", "--body", "y", "--attach", "large.bin"].map(str::to_owned).to_vec();
    for address in &blind {
        arguments.extend(["--bcc".to_owned(), address.clone()]);
    }
    let mails = AtomicU64::new(0);
    let ran = std::thread::scope(|scope| {
        scope.spawn(|| {
            let (stream, _) = listener.accept().unwrap();
            swallow(stream, &mails).unwrap();
        });
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", &format!("ulimit -v {limit_kib}; exec \"$0\" \"$@\"")])
            .arg(zegel_binary())
            .args(&arguments)
            .env_clear()
            .envs(world.environment("alice"))
            // glibc reserves 64 MiB of addresses for the heap of a second thread, without using them.
            .env("MALLOC_ARENA_MAX", "1")
            .current_dir(world.join("work"));
        // Five gigabytes take longer than a test may hang.
        let output = command.output().unwrap();
        // The server ends also when nobody called.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, port)));
        output
    });
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(mails.load(Ordering::Relaxed), people);
    println!(
        "{people} blind copies of {} MiB sent within {} MiB of address space",
        size >> 20,
        limit_kib >> 10
    );
}
