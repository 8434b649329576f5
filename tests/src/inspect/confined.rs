//! The walls around the reader, and the parent behind them.

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use zegel_core::material::UnreadReason;
use zegel_inspect::probe::{self, Outcome};
use zegel_inspect::sandbox::Layer;
use zegel_inspect::{Budget, Inspector, Limits, inspect};
use zegel_testkit::zegel_binary;

use super::{folder, inspector, outermost, patient, places, reasons};

#[test]
fn the_reader_can_open_neither_files_nor_sockets_nor_programs() {
    // The same attempts outside, so that a probe that tries nothing cannot pass.
    let outside = probe::attempts();
    assert!(outside.iter().all(|attempt| attempt.outcome == Outcome::Worked), "{outside:#?}");
    let mut child = inspector(patient());
    let inside = child.probe().unwrap();
    assert_eq!(inside.len(), outside.len());
    assert!(inside.iter().all(|attempt| attempt.outcome == Outcome::Failed), "{inside:#?}");
    // It survived the attempts and still reads.
    let material = child.inspect("a.txt", "text/plain", &b"still here"[..]);
    assert_eq!(places(&material, "still here"), ["text shown"]);
}

#[test]
fn the_reader_says_how_it_is_confined() {
    let confinement = inspector(patient()).confinement().unwrap();
    assert!(confinement.is_closed(), "{confinement:?}");
    assert_eq!(confinement.limits, Layer::Full);
    assert_eq!(confinement.seccomp, Layer::Full);
}

#[test]
fn the_reader_gets_no_environment_and_no_help() {
    // The child is no command: it is not in the help, and anything but the protocol ends it.
    let help = Command::new(zegel_binary()).arg("--help").output().unwrap();
    assert!(!String::from_utf8_lossy(&help.stdout).contains("inspect-worker"));
    let mut child = Command::new(zegel_binary())
        .arg("inspect-worker")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut said).unwrap();
    assert!(said.starts_with(b"H"), "it says hello and ends with its input");
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_program_that_is_no_reader_leaves_everything_unexamined() {
    for (program, argument) in
        [("/bin/cat", "/dev/null"), ("/bin/false", ""), ("/nowhere/zegel", ""), ("/bin/sleep", "0")]
    {
        let mut broken = Inspector::of_program(program.into(), [argument.into()], patient());
        let material = broken.inspect("letter.txt", "text/plain", &b"text"[..]);
        assert_eq!(reasons(&material), [UnreadReason::NoInspector], "{program}");
        assert_eq!(outermost(&material).length, 0, "{program}");
        assert!(material.pieces.is_empty());
    }
}

#[test]
fn a_reader_that_takes_too_long_is_killed_and_the_next_file_is_read() {
    let mut limits = Limits::default();
    limits.time = Duration::from_millis(0);
    let mut hurried = inspector(limits);
    let start = Instant::now();
    let material =
        hurried.inspect("letter.pdf", "", fs::read(folder().join("letter.pdf")).unwrap().as_slice());
    assert_eq!(reasons(&material), [UnreadReason::Limit]);
    assert!(start.elapsed() < Duration::from_secs(20));
    let again = hurried.inspect("letter.pdf", "", fs::read(folder().join("letter.pdf")).unwrap().as_slice());
    assert_eq!(reasons(&again), [UnreadReason::Limit]);
}

#[test]
fn every_file_gets_a_child_of_its_own() {
    let mut child = inspector(patient());
    for number in 0..50 {
        let text = format!("text number {number}");
        let material = child.inspect("a.txt", "text/plain", text.as_bytes());
        assert_eq!(places(&material, &text), ["text shown"]);
        assert!(material.is_examined());
    }
    let first = child.process_id().unwrap();
    child.inspect("a.txt", "text/plain", &b"one more"[..]);
    assert_ne!(child.process_id().unwrap(), first);
}

#[test]
fn all_attachments_of_a_draft_share_one_budget() {
    let mut budget = Budget::default();
    budget.text_bytes = 10_000;
    let mut child = inspector(patient());
    let text = "word ".repeat(800);
    let reasons: Vec<_> = (0..4)
        .map(|number| {
            let name = format!("{number}.txt");
            reasons(&child.inspect_within(&mut budget, &name, "text/plain", text.as_bytes()))
        })
        .collect();
    assert_eq!(reasons, [vec![], vec![], vec![UnreadReason::Limit], vec![UnreadReason::Limit]]);
}

#[test]
fn a_source_that_breaks_off_is_not_examined_and_the_next_is() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    let mut child = inspector(patient());
    let material = child.inspect("a.txt", "text/plain", (&b"first part"[..]).chain(Broken));
    assert_eq!(reasons(&material), [UnreadReason::NoInspector]);
    assert!(material.pieces.is_empty());
    assert!(child.inspect("b.txt", "text/plain", &b"whole"[..]).is_examined());
}

#[test]
fn a_file_that_is_too_long_is_counted_and_its_beginning_is_read() {
    let mut limits = patient();
    limits.file_bytes = 1000;
    let data = "word ".repeat(1000);
    let material = inspector(limits.clone()).inspect("a.txt", "text/plain", data.as_bytes());
    assert_eq!(outermost(&material).length, 5000);
    assert_eq!(reasons(&material), [UnreadReason::Limit]);
    assert_eq!(places(&material, "word word"), ["text shown"]);
    assert_eq!(inspect(data.as_bytes(), "a.txt", "text/plain", &limits), material);
}
