//! Canaries: secrets that must never be where they do not belong (T1).
//!
//! Distinctive words go through everything the program does, good and bad. Then everything it left behind is searched:
//! outputs, files, what the mail server took, its log and queue, the process's arguments and environment, and the core
//! dump it must not make. Each kind of place has a planted leak that the search must find.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use secrecy::ExposeSecret;
use zegel_core::identity::Identity;
use zegel_testkit::{Act, Flaw, Port, Postfix, Script, ScriptedSmtp, Step};

use super::search::{Secret, find};
use super::world::{Ran, World, finish, wait_for};

const BODY: &str = "kanarie-lichaam-Qx7w9Zt2";
const SUBJECT: &str = "kanarie-onderwerp-Vb3n8Rk5";
const FILE: &str = "kanarie-bestand-Hj6m4Pd1";
const CONTENT: &str = "kanarie-inhoud-Lc2s5Yf8";
const PASSPHRASE: &str = "kanarie-wachtzin-Tg9k1Wq4";
const PASSWORD: &str = "kanarie-wachtwoord-Nz5x7Bv3";
const BLIND: &str = "kanarie.blind.dm4j8@example.net";

/// Everything that was seen, by the place it was seen in.
struct Seen(Vec<(String, Vec<u8>)>);

impl Seen {
    fn add(&mut self, place: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.push((place.into(), bytes.into()));
    }

    fn ran(&mut self, what: &str, ran: &Ran) {
        self.add(format!("standard output of {what}"), ran.stdout.clone());
        self.add(format!("standard error of {what}"), ran.stderr.clone());
    }

    /// Adds every file below a folder, its name too.
    fn files(&mut self, folder: &Path, but: &[&Path]) {
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if but.contains(&path.as_path()) {
                    continue;
                }
                self.add("file names", path.to_string_lossy().into_owned());
                match path.symlink_metadata() {
                    Ok(meta) if meta.is_dir() => folders.push(path),
                    Ok(meta) if meta.is_file() => {
                        self.add(path.display().to_string(), fs::read(&path).unwrap_or_default())
                    }
                    _ => {}
                }
            }
        }
    }

    fn leaks(&self, secrets: &[Secret]) -> Vec<String> {
        let mut leaks = Vec::new();
        for (place, bytes) in &self.0 {
            leaks.extend(find(bytes, secrets).into_iter().map(|leak| format!("{place}: {leak}")));
        }
        leaks
    }
}

fn secrets(identity: &Identity) -> Vec<Secret> {
    let text = identity.to_secret_text().unwrap();
    let text = text.expose_secret();
    let age =
        text.split('"').find(|word| word.starts_with("AGE-SECRET-KEY-")).expect("an identity has an age key");
    let openssh = identity.current().signing().to_openssh().unwrap();
    let seed = ed25519_seed(openssh.expose_secret());
    vec![
        Secret::new("body", BODY.as_bytes()),
        Secret::new("subject", SUBJECT.as_bytes()),
        Secret::new("file name", FILE.as_bytes()),
        Secret::new("content", CONTENT.as_bytes()),
        Secret::new("passphrase", PASSPHRASE.as_bytes()),
        Secret::new("password", PASSWORD.as_bytes()),
        // Not the part that every key has.
        Secret::new("age key", &age.as_bytes()[20..60]),
        Secret::new("end of the age key", &age.as_bytes()[age.len() - 40..]),
        Secret::new("signing seed", &seed),
    ]
}

/// Takes the 32 bytes of the private key out of the OpenSSH form (PROTOCOL.key: they stand before the public half).
fn ed25519_seed(openssh: &str) -> Vec<u8> {
    use base64::Engine as _;
    let body: String = openssh.lines().filter(|line| !line.starts_with('-')).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
    // The 64 bytes of seed and public key are a string of their own: length 0x40.
    let at = bytes.windows(4).rposition(|four| four == [0, 0, 0, 0x40]).unwrap();
    bytes[at + 4..at + 36].to_vec()
}

#[test]
fn secrets_stay_where_they_belong() {
    let world = World::new();
    let postfix = Postfix::start();
    let mut seen = Seen(Vec::new());
    // Keys of its own: made, exported, imported, so that the program itself has handled them.
    let private = |name: &str, content: &str| {
        let path = world.write(name, content);
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    };
    private("secret/pass", &format!("{PASSPHRASE}\n"));
    private("secret/smtp", &format!("{PASSWORD}\n"));
    let home = world.home("alice");
    let identity_file = newest(&home.join("data/identities"));
    let made = [
        "identity",
        "new",
        "--address",
        "eve@example.org",
        "--store",
        "file",
        "--passphrase-file",
        "../secret/pass",
    ];
    seen.ran("identity new", &world.must("alice", &made, b""));
    seen.ran(
        "identity export",
        &world.must("alice", &["identity", "export", "alice@example.org", "-o", "../secret/alice.key"], b""),
    );
    let sealed = [
        "identity",
        "export",
        "alice@example.org",
        "--sealed",
        "-o",
        "../secret/sealed.key",
        "--passphrase-file",
        "../secret/pass",
    ];
    seen.ran("identity export --sealed", &world.must("alice", &sealed, b""));
    seen.ran(
        "identity import",
        &world.zegel("alice", &["identity", "import", "../secret/alice.key", "--store", "plain"], b""),
    );
    let again = ["identity", "import", "../secret/alice.key", "--store", "plain", "--replace"];
    seen.ran("identity import --replace", &world.zegel("alice", &again, b""));
    let text = fs::read_to_string(world.join("secret/alice.key")).unwrap();
    let identity = Identity::parse(&text.trim_end().to_owned().into()).unwrap();
    let secrets = secrets(&identity);
    // The blind copy: somebody with a card.
    seen.ran(
        "identity new",
        &World::must(&world, "stranger", &["identity", "new", "--address", BLIND, "--store", "plain"], b""),
    );
    world.must("stranger", &["card", "export", BLIND, "-o", "../cards/blind.card"], b"");
    world.must("alice", &["card", "import", "--trust-file", "../cards/blind.card"], b"");

    account(&world, &postfix);
    write_mail(&world);
    seen.ran("send", &world.must("alice", &["send", "../secret/mail.eml", "--account", "work"], b""));
    seen.ran(
        "send --json",
        &world.must("alice", &["send", "../secret/mail.eml", "--account", "work", "--json"], b""),
    );
    let seal = ["seal", "../secret/mail.eml", "--mail", "--out-dir", "sealed"];
    seen.ran("seal", &world.must("alice", &seal, b""));
    seen.ran("doctor --online", &world.zegel("alice", &["doctor", "--online"], b""));
    seen.ran("smoke", &world.zegel("alice", &["smoke", "--embedded", "--junit", "smoke.xml"], b""));
    seen.ran("sendmail", &world.must("alice", &["sendmail", "-t", "-oi"], &mail()));
    wrong_turns(&world, &mut seen);
    while_running(&world, &mut seen);

    wait_for("the mail", || postfix.all().len() >= 6);
    let own: Vec<Vec<u8>> = postfix.all();
    for (number, mail) in own.iter().enumerate() {
        seen.add(format!("mail {number} at the server"), mail.clone());
    }
    // What the recipient is shown is not a leak; what stays behind would be.
    world.write(
        "received.eml",
        own.iter()
            .find(|mail| find(mail, &[Secret::new("to bob", b"Delivered-To: bob@")]).len() == 1)
            .unwrap(),
    );
    let opened = world.must("bob", &["open", "../received.eml"], b"");
    assert!(String::from_utf8_lossy(&opened.stdout).contains(BODY), "the canary reached the recipient");
    seen.add("standard error of open", opened.stderr);
    seen.ran("open by somebody else", &world.zegel("carol", &["open", "../received.eml"], b""));
    seen.ran("inspect", &world.must("carol", &["inspect", "../received.eml"], b""));

    seen.files(&postfix.folder().join("queue"), &[]);
    seen.add("log of Postfix", postfix.log());
    seen.files(world.root(), &[&world.join("secret"), &identity_file]);
    let kept: Vec<_> = seen.0.iter().filter(|(place, _)| place.contains("/homes/")).collect();
    assert!(kept.len() > 10, "the homes were searched");
    // Replaced keys are kept for old mail, in the folder of identities, as private as the others.
    seen.0.retain(|(place, bytes)| {
        !(place.contains("/homes/alice/data/identities/")
            && place.ends_with("identity")
            && bytes.starts_with(b"{"))
    });
    let leaks = seen.leaks(&secrets);
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
    blind_copies_stay_hidden(&own);
    println!("{} places searched for {} secrets: nothing", seen.0.len(), secrets.len());

    // The search is worth something only if it finds what is there.
    for place in 0..seen.0.len() {
        let secret = &secrets[place % secrets.len()];
        let (_, form) = secret.forms().nth(place / secrets.len() % secret.forms().count()).unwrap();
        let mut bytes = seen.0[place].1.clone();
        let middle = bytes.len() / 2;
        bytes.splice(middle..middle, form.iter().copied());
        assert!(!find(&bytes, &secrets).is_empty(), "a leak planted in {} is not found", seen.0[place].0);
    }
}

fn newest(folder: &Path) -> std::path::PathBuf {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"{") && bytes.len() > 1000))
        .max()
        .unwrap()
}

fn account(world: &World, postfix: &Postfix) {
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
}

fn mail() -> Vec<u8> {
    format!(
        "From: alice@example.org\nTo: bob@example.org\nBcc: {BLIND}\nSubject: {SUBJECT}\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=b\n\n--b\n\n{BODY}\n--b\nContent-Type: text/plain; name={FILE}.txt\n\
         Content-Disposition: attachment; filename={FILE}.txt\n\n{CONTENT}\n--b--\n"
    )
    .into_bytes()
}

fn write_mail(world: &World) {
    world.write("secret/mail.eml", mail());
    world.write(format!("secret/{FILE}.txt"), format!("{CONTENT}\n"));
}

/// Everything that goes wrong on the way: error texts must not quote what they were about.
fn wrong_turns(world: &World, seen: &mut Seen) {
    let broken = [
        (
            "no-card",
            format!("From: alice@example.org\nTo: nobody@example.com\nSubject: {SUBJECT}\n\n{BODY}\n"),
        ),
        (
            "two-from",
            format!(
                "From: alice@example.org\nFrom: bob@example.org\nTo: bob@example.org\nSubject: {SUBJECT}\n\n{BODY}\n"
            ),
        ),
        (
            "no-address",
            format!(
                "From: alice@example.org\nTo: bob@example.org\nSubject: {SUBJECT}\nSubject: {SUBJECT}\n\n{BODY}\n"
            ),
        ),
        ("no-colon", format!("{SUBJECT}\n{BODY}\n")),
    ];
    for (name, text) in broken {
        world.write(format!("secret/{name}.eml"), text);
        seen.ran(name, &world.zegel("alice", &["send", &format!("../secret/{name}.eml")], b""));
        // The plan shows the subject, which is what was asked for; the errors of `send` do not.
        let plan = world.zegel("alice", &["plan", &format!("../secret/{name}.eml"), "--json"], b"");
        seen.add(format!("standard error of a plan of {name}"), plan.stderr);
    }
    // A passphrase that does not fit, a password in the wrong place, a secret in an unknown variable.
    let wrong = ["identity", "show", "--identity", "../secret/sealed.key"];
    let mut command = world.command("alice", &wrong.map(str::to_owned));
    command.env("ZEGEL_PASSPHRASE", format!("{PASSPHRASE}-wrong"));
    seen.ran("a wrong passphrase", &finish(command, b""));
    let mut command = world.command("alice", &["doctor".to_owned()]);
    command.env("ZEGEL_SMTP_PASSWRD", PASSWORD);
    seen.ran("an unknown variable", &finish(command, b""));
    let config = fs::read_to_string(world.join("homes/alice/config/config.toml")).unwrap();
    let literal = format!("{config}username = \"alice\"\npassword = \"{PASSWORD}\"\n");
    let path = world.write("secret/literal.toml", literal);
    let mut command = world.command("alice", &["account".to_owned(), "list".to_owned()]);
    command.env("ZEGEL_CONFIG", path);
    seen.ran("a password in the configuration", &finish(command, b""));
    // A server that refuses and repeats what it was told; the log-in, and the identity read as a mail.
    let scripted = ScriptedSmtp::start(Script::new().on(Step::Auth, Act::Reply("535 5.7.8 no".to_owned())));
    let mut command = world.command("alice", &["send".to_owned(), "../secret/mail.eml".to_owned()]);
    command.env("ZEGEL_SMTP_HOST", "localhost").env("ZEGEL_SMTP_PORT", scripted.port().to_string());
    command
        .env("ZEGEL_SMTP_TLS", "none")
        .env("ZEGEL_SMTP_USERNAME", "alice")
        .env("ZEGEL_SMTP_PASSWORD", PASSWORD);
    let ran = finish(command, b"");
    assert_ne!(ran.code, 0, "a log-in that was refused");
    seen.ran("a refused log-in", &ran);
    seen.ran("a key read as a mail", &world.zegel("alice", &["send", "../secret/alice.key"], b""));
    seen.ran(
        "a key read as a card",
        &world.zegel("alice", &["card", "import", "../secret/alice.key", "--trust-file"], b""),
    );
    seen.ran("a key read as a message", &world.zegel("alice", &["open", "../secret/alice.key"], b""));
    seen.ran("a damaged key", &{
        let text = fs::read_to_string(world.join("secret/alice.key")).unwrap();
        world.write("secret/damaged.key", text.replacen("\"format\"", "\"formal\"", 1));
        world.zegel(
            "alice",
            &["identity", "import", "../secret/damaged.key", "--store", "plain", "--replace"],
            b"",
        )
    });
}

/// Looks at a process that hangs in the middle of sending: arguments, environment, open files; then aborts it.
fn while_running(world: &World, seen: &mut Seen) {
    let scripted = ScriptedSmtp::start(Script::new().on(Step::Dot, Act::Hang));
    let mut command = world.command("alice", &["send".to_owned(), "../secret/mail.eml".to_owned()]);
    command.env("ZEGEL_SMTP_HOST", "localhost").env("ZEGEL_SMTP_PORT", scripted.port().to_string());
    command.env("ZEGEL_SMTP_TLS", "none");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    wait_for("the mail to be sent", || scripted.seen_text().contains("\r\n.\r\n"));
    let proc = format!("/proc/{}", child.id());
    for name in ["cmdline", "environ", "comm", "status", "maps"] {
        // Root may read them; the process of a user who is not dumpable shows them to nobody else.
        seen.add(format!("/proc/PID/{name}"), fs::read(format!("{proc}/{name}")).unwrap_or_default());
    }
    for entry in fs::read_dir(format!("{proc}/fd")).into_iter().flatten() {
        let target = fs::read_link(entry.unwrap().path()).unwrap_or_default();
        seen.add("open files", target.to_string_lossy().into_owned());
    }
    seen.files(&world.join("tmp"), &[]);
    let limits = fs::read_to_string(format!("{proc}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let words: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(&words[4..6], ["0", "0"], "core dumps are off, and cannot be switched on again: {core}");
    let owner = std::os::unix::fs::MetadataExt::uid(&fs::metadata(format!("{proc}/environ")).unwrap());
    assert_eq!(owner, 0, "the files of a process that is not dumpable belong to root");
    Command::new("kill").args(["-ABRT", &child.id().to_string()]).status().unwrap();
    let status = child.wait().unwrap();
    assert!(!std::os::unix::process::ExitStatusExt::core_dumped(&status), "a core was dumped");
    thread::sleep(Duration::from_millis(50));
    for text in scripted.seen() {
        seen.add("the wire", text);
    }
}

/// Says whether any mail to others shows the person in blind copy.
fn blind_copies_stay_hidden(mails: &[Vec<u8>]) {
    let secret = [Secret::new("blind copy", BLIND.as_bytes())];
    let own = format!("Delivered-To: {BLIND}");
    let (to_them, to_others): (Vec<_>, Vec<_>) =
        mails.iter().partition(|mail| String::from_utf8_lossy(&mail[..mail.len().min(2000)]).contains(&own));
    assert!(!to_them.is_empty() && !to_others.is_empty());
    for mail in to_others {
        let found = find(mail, &secret);
        assert!(found.is_empty(), "{found:?}");
    }
}

#[test]
fn another_process_does_dump_its_core() {
    // The positive control of the above: without our precautions an aborted process leaves a core here.
    let folder = tempfile::tempdir().unwrap();
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    let child = Command::new("/bin/sh")
        .args(["-c", "ulimit -c unlimited; kill -ABRT $$"])
        .current_dir(folder.path())
        .status()
        .unwrap();
    let dumped = std::os::unix::process::ExitStatusExt::core_dumped(&child);
    let files = fs::read_dir(folder.path()).unwrap().count();
    assert!(dumped || pattern.starts_with('|'), "core_pattern {pattern:?}: {child:?}");
    println!(
        "core_pattern {:?}: an unprotected process dumped: {dumped}, files here: {files}",
        pattern.trim()
    );
}
