//! Truncated and flipped messages: nothing of them may be seen, on any way out (T27).
//!
//! A sample in every run; all 10,000 truncations and 10,000 flips with `ZEGEL_TEST_FULL=1`.

use zegel_core::message::FirstUse;

use super::forge::{tar, untar};
use super::people::{Seeded, World, now};
use super::stage::{Reader, Seen};

/// Cases in a full run and in a plain one.
const FULL: usize = 10_000;
const SAMPLE: usize = 1_500;

fn amount() -> usize {
    if std::env::var_os("ZEGEL_TEST_FULL").is_some() { FULL } else { SAMPLE }
}

struct Bench {
    world: &'static World,
    book: super::people::Book,
    honest: Seen,
}

impl Bench {
    fn new() -> Self {
        let world = World::get();
        let book = world.book();
        let honest = Seen::of(reader(world, &book).open(&world.container).0.unwrap());
        Self { world, book, honest }
    }

    /// Opens; returns what is seen and how many unverified bytes were staged and dropped.
    fn open(&self, container: &[u8]) -> (Option<Seen>, u64) {
        let (result, staged) = reader(self.world, &self.book).open(container);
        (result.ok().map(Seen::of), staged)
    }
}

fn reader<'a>(world: &'a World, book: &'a super::people::Book) -> Reader<'a> {
    Reader { who: &world.bob, contacts: book, first_use: FirstUse::Refuse, now: now() }
}

/// Chooses positions evenly spread over the stretches of a file: a third of them near the borders of its entries.
fn positions(container: &[u8], count: usize, seed: &str) -> Vec<usize> {
    let mut rng = Seeded::new(seed);
    let mut borders = vec![0, container.len()];
    let mut at = 0;
    let entries = untar(container);
    for file in entries.parts.iter().chain(&entries.envelopes) {
        borders.extend([at, at + 512, at + 512 + 1_800, at + 512 + file.len()]);
        at += 512 + file.len().next_multiple_of(512);
    }
    (0..count)
        .map(|number| {
            if number % 3 > 0 {
                return rng.below(container.len());
            }
            let border = borders[rng.below(borders.len())];
            (border + rng.below(128)).saturating_sub(64).min(container.len() - 1)
        })
        .collect()
}

#[test]
fn no_truncation_shows_anything() {
    let bench = Bench::new();
    let container = &bench.world.container;
    let cuts = positions(container, amount(), "truncations");
    for cut in &cuts {
        let (seen, staged) = bench.open(&container[..*cut]);
        assert!(seen.is_none() && staged == 0, "cut at {cut}");
    }
    println!("{} truncations of {} bytes: 0 opened, 0 bytes staged", cuts.len(), container.len());
}

/// The archive is put right again around a file that was cut: only the file's own end can tell.
#[test]
fn no_truncation_of_a_file_inside_shows_anything() {
    let bench = Bench::new();
    let entries = untar(&bench.world.container);
    let mut rng = Seeded::new("files");
    let (mut count, mut most) = (0, 0);
    for number in 0..amount() / 3 {
        let (mut parts, mut envelopes) = (entries.parts.clone(), entries.envelopes.clone());
        let whole = number % (parts.len() + envelopes.len());
        let file = match whole.checked_sub(parts.len()) {
            Some(envelope) => &mut envelopes[envelope],
            None => &mut parts[whole],
        };
        let length = rng.below(file.len());
        file.truncate(length);
        let (seen, staged) = bench.open(&tar(&parts, &envelopes));
        most = most.max(staged);
        count += 1;
        // An envelope of somebody else is not Bob's to judge; then all he sees is as it was.
        assert!(
            seen.is_none_or(|seen| whole >= parts.len() && seen == bench.honest),
            "file {whole} cut at {length}"
        );
    }
    println!("{count} truncated files: none opened otherwise; at most {most} bytes were staged, and dropped");
}

#[test]
fn no_flipped_bit_shows_anything_else() {
    let bench = Bench::new();
    let mut rng = Seeded::new("bits");
    let (mut same, mut most) = (0, 0);
    let mut container = bench.world.container.clone();
    let flips = positions(&container, amount(), "flips");
    for at in &flips {
        let bit = 1 << rng.below(8);
        container[*at] ^= bit;
        let (seen, staged) = bench.open(&container);
        most = most.max(staged);
        if let Some(seen) = seen {
            // Only a bit of another's envelope may not matter, and then nothing may differ.
            assert_eq!(seen, bench.honest, "bit {bit} of byte {at}");
            same += 1;
        }
        container[*at] ^= bit;
    }
    let shares = untar(&container);
    let others: usize = shares.envelopes.iter().map(Vec::len).sum();
    println!(
        "{} flipped bits: {} refused, {same} in envelopes of others (of {others} bytes in {}) changed nothing; \
         at most {most} bytes were staged, and dropped",
        flips.len(),
        flips.len() - same,
        container.len(),
    );
}
