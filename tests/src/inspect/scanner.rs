//! The client of the virus scanner against a real clamd.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixListener;
use std::time::Duration;

use zegel_inspect::scan::ScanAddress;
use zegel_inspect::{Clamd as Client, ScanError, ScanVerdict};
use zegel_testkit::Clamd;

fn clients(server: &Clamd) -> [Client; 2] {
    [
        Client::new(ScanAddress::Unix(server.socket())),
        Client::new(ScanAddress::Tcp("127.0.0.1".to_owned(), server.port())),
    ]
}

#[test]
fn clean_and_infected_files_are_told_apart_over_both_sockets() {
    let server = Clamd::start();
    for client in clients(&server) {
        client.ping().unwrap();
        assert!(client.version().unwrap().starts_with("ClamAV "));
        assert_eq!(client.scan(&b"a letter"[..]).unwrap(), ScanVerdict::Clean);
        assert_eq!(client.scan(&b""[..]).unwrap(), ScanVerdict::Clean);
        let infected = ScanVerdict::Infected { name: Clamd::BAD_NAME.to_owned() };
        assert_eq!(client.scan(Clamd::BAD.as_bytes()).unwrap(), infected);
        // In the last of many chunks.
        let filler = std::io::repeat(b'x').take(900_000);
        assert_eq!(client.scan(filler.chain(Clamd::BAD.as_bytes())).unwrap(), infected);
    }
}

#[test]
fn infected_files_inside_archives_are_found() {
    let server = Clamd::start();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(Clamd::BAD.as_bytes()).unwrap();
    let verdict = clients(&server)[0].scan(packed.finish().unwrap().as_slice()).unwrap();
    assert!(matches!(verdict, ScanVerdict::Infected { .. }), "{verdict:?}");
}

#[test]
fn what_is_too_long_for_the_scanner_is_not_called_clean() {
    let server = Clamd::start();
    for client in clients(&server) {
        // The daemon hangs up while we write; its last words come through, whoever is faster.
        let lengths = [1, 100_000, 63 * Clamd::LONGEST as u64];
        for more in lengths.into_iter().cycle().take(30) {
            let length = Clamd::LONGEST as u64 + more;
            let outcome = client.scan(std::io::repeat(b'x').take(length));
            assert!(matches!(outcome, Ok(ScanVerdict::NotExamined { .. })), "{length}: {outcome:?}");
        }
    }
}

#[test]
fn a_scanner_that_is_down_is_an_error() {
    let server = Clamd::start();
    let clients = clients(&server);
    drop(server);
    for client in clients {
        assert!(matches!(client.ping(), Err(ScanError::Connect { .. })));
        assert!(matches!(client.scan(&b"x"[..]), Err(ScanError::Connect { .. })));
    }
}

#[test]
fn a_scanner_that_says_nothing_or_nonsense_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for answer in ["", "hello", "stream: OK", "stream: OK\0stream: OK", "stream: fine\0"] {
        let path = folder.path().join(format!("{}.ctl", answer.len()));
        let listener = UnixListener::bind(&path).unwrap();
        let scanner = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            reader.read_until(0, &mut Vec::new()).unwrap();
            let mut chunk = [0; 4 + 1 + 4];
            reader.read_exact(&mut chunk).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let client = Client::new(ScanAddress::Unix(path));
        assert!(matches!(client.scan(&b"x"[..]), Err(ScanError::Answer { .. })), "{answer:?}");
        scanner.join().unwrap();
    }
    // One that takes the connection and then sleeps.
    let path = folder.path().join("sleeps.ctl");
    let _listener = UnixListener::bind(&path).unwrap();
    let patience = Duration::from_millis(200);
    let client = Client::new(ScanAddress::Unix(path)).with_patience(patience, patience);
    assert!(matches!(client.scan(&b"x"[..]), Err(ScanError::Exchange { .. })));
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_and_no_verdict() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    let server = Clamd::start();
    for client in clients(&server) {
        assert!(matches!(client.scan((&b"begin"[..]).chain(Broken)), Err(ScanError::Read(_))));
    }
}

/// A scanner that says something as soon as it is asked, and hangs up before it has seen the file.
fn hasty(answer: &'static [u8]) -> (tempfile::TempDir, Client, std::thread::JoinHandle<()>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hasty.ctl");
    let listener = UnixListener::bind(&path).unwrap();
    let scanner = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        BufReader::new(stream.try_clone().unwrap()).read_until(0, &mut Vec::new()).unwrap();
        stream.write_all(answer).unwrap();
    });
    (folder, Client::new(ScanAddress::Unix(path)), scanner)
}

#[test]
fn a_scanner_that_hangs_up_in_the_middle_never_calls_a_file_clean() {
    let long = || std::io::repeat(b'x').take(64 << 20);
    let (_folder, client, scanner) = hasty(b"stream: OK\0");
    assert!(client.scan(long()).is_err());
    scanner.join().unwrap();
    let (_folder, client, scanner) = hasty(b"stream: Bad FOUND\0");
    assert!(!matches!(client.scan(long()), Ok(ScanVerdict::Clean)));
    scanner.join().unwrap();
}

#[test]
fn a_scanner_that_dribbles_has_no_longer_than_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slow.ctl");
    let listener = UnixListener::bind(&path).unwrap();
    let scanner = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // A letter now and then: each step is quick, the whole would take half an hour.
        for _ in 0..4_000 {
            if stream.write_all(b"x").is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let patience = Duration::from_millis(600);
    let client = Client::new(ScanAddress::Unix(path)).with_patience(patience, patience);
    let start = std::time::Instant::now();
    assert!(matches!(client.scan(&b"x"[..]), Err(ScanError::Exchange { .. })));
    assert!(start.elapsed() < Duration::from_secs(60));
    drop(client);
    scanner.join().unwrap();
}
