//! Guests through the real server, a real Postfix and the real program: sent, opened, seen, taken back; and every refusal sends
//! nothing and leaves nothing.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use zegel_testkit::{
    Act, Flaw, Port, Postfix, Script, ScriptedSmtp, Step, free_port, wait_until, zegel_binary,
};

use super::world::{Ran, World, finish};

const CODE: &str = "blauwe-maan-42";
const TEXT: &str = "Beste Frank, hierbij de uitslag.\n";

/// The sender, and a colleague whose card she has. Both live by the real clock, as the server does: in the world's own time what
/// is sealed would have ended there one day.
const SENDER: &str = "now-alice";
const COLLEAGUE: &str = "now-bob";
/// People who have nothing but a mail with a link.
const FRANK: &str = "now-frank";
const GRACE: &str = "now-grace";

fn command(world: &World, who: &str, arguments: &[&str]) -> Command {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let mut command = world.command(who, &arguments);
    command.env_remove("ZEGEL_TEST_CLOCK");
    command
}

fn zegel(world: &World, who: &str, arguments: &[&str]) -> Ran {
    finish(command(world, who, arguments), b"")
}

fn must(world: &World, who: &str, arguments: &[&str]) -> Ran {
    let ran = zegel(world, who, arguments);
    assert_eq!(ran.code, 0, "zegel {arguments:?} for {who}: {}", ran.stderr);
    ran
}

/// Makes the sender, and pins the colleague.
fn people(world: &World) {
    for (who, address) in [(SENDER, "alice@example.org"), (COLLEAGUE, "bob@example.org")] {
        must(world, who, &["identity", "new", "--address", address, "--store", "plain"]);
    }
    must(world, COLLEAGUE, &["card", "export", "-o", "bob-now.card"]);
    must(world, SENDER, &["card", "import", "bob-now.card", "--trust-file"]);
}

/// Says where the sender's mail goes.
fn write_account(world: &World, smtp: &str) {
    let folder = world.home(SENDER).join("config");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("config.toml");
    fs::write(
        &file,
        format!("version = 1\n[account.work]\naddress = \"alice@example.org\"\n[account.work.smtp]\n{smtp}"),
    )
    .unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
}

/// The server program, listening on loopback.
struct Server {
    child: Child,
    port: u16,
    data: PathBuf,
}

impl Server {
    fn binary() -> PathBuf {
        let binary = zegel_binary().with_file_name("zegel-server");
        assert!(binary.is_file(), "build it: cargo build -p zegel-server");
        binary
    }

    fn start(world: &World) -> Self {
        let (data, port) = (world.join("server"), free_port());
        let config =
            world.write("server.toml", format!("[sms]\nfile = \"{}\"\n", world.join("sms.jsonl").display()));
        Self { child: Self::run(&data, port, &config), port, data }
    }

    fn run(data: &std::path::Path, port: u16, config: &std::path::Path) -> Child {
        let child = Command::new(Self::binary())
            .arg("--config")
            .arg(config)
            .arg("--data")
            .arg(data)
            .args(["run", "--listen", &format!("127.0.0.1:{port}")])
            .env_clear()
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_until("the server", Duration::from_secs(20), || {
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        child
    }

    fn invite(&self, address: &str) -> String {
        let made = Command::new(Self::binary())
            .arg("--data")
            .arg(&self.data)
            .args(["invite", address])
            .env_clear()
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let text = String::from_utf8(made.stdout).unwrap();
        let is_invitation = |word: &&str| word.len() == 52 && word.bytes().all(|b| b.is_ascii_alphanumeric());
        text.split_whitespace()
            .find(is_invitation)
            .unwrap_or_else(|| panic!("no invitation: {text}"))
            .to_owned()
    }

    fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Enrols Alice: the program shows the link for the app, and is then told the code.
fn log_in(world: &World, server: &Server, wrong_code: bool) -> Ran {
    world.write("work/invitation", server.invite("alice@example.org"));
    let arguments = [
        "login",
        "--address",
        "alice@example.org",
        "--server",
        &format!("http://127.0.0.1:{}", server.port),
        "--invitation-file",
        "invitation",
        "--code-file",
        "-",
        "--store",
        "file",
        "--json",
    ];
    let mut command = command(world, SENDER, &arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let (mut stderr, mut line) = (String::new(), String::new());
    while errors.read_line(&mut line).unwrap() > 0 {
        stderr.push_str(&line);
        if line.starts_with("otpauth://") {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
            let right = totp_rs::Totp::from_url(line.trim()).unwrap().generate(now);
            let code = if wrong_code { "000000".to_owned() } else { right.to_string() };
            writeln!(child.stdin.take().unwrap(), "{code}").unwrap();
        }
        line.clear();
    }
    errors.read_to_string(&mut stderr).unwrap();
    let mut stdout = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
    Ran { code: child.wait().unwrap().code().unwrap(), stdout, stderr }
}

fn account(world: &World, postfix: &Postfix) {
    let authority = world.join("authority.pem");
    fs::copy(postfix.certificates().authority(), &authority).unwrap();
    write_account(
        world,
        &format!(
            "host = \"localhost\"\nport = {}\ntls = \"starttls\"\nca_file = \"{}\"\n",
            postfix.port(Port::StartTls(Flaw::None)),
            authority.display()
        ),
    );
}

fn write_mail(world: &World) {
    world.write("work/text", TEXT);
    world.write("work/codes", format!("frank@example.com={CODE}\n"));
    world.write("work/code", CODE);
}

const SEND: [&str; 16] = [
    "send",
    "--from",
    "alice@example.org",
    "--to",
    "bob@example.org",
    "--to",
    "frank@example.com",
    "--bcc",
    "grace@example.com",
    "--subject",
    "Uitslag",
    "--body-file",
    "text",
    "--access-code-file",
    "codes",
    "--json",
];

fn send(world: &World) -> Ran {
    let sms = ["--sms", "grace@example.com=+31 6 0000 0001"];
    zegel(world, SENDER, &[SEND.as_slice(), &sms].concat())
}

fn json(ran: &Ran) -> Value {
    serde_json::from_slice(&ran.stdout)
        .unwrap_or_else(|error| panic!("{error}: {} {}", String::from_utf8_lossy(&ran.stdout), ran.stderr))
}

/// Everything that Alice's server still has.
fn ready(world: &World) -> usize {
    let log = json(&must(world, SENDER, &["log", "--json"]));
    log["messages"].as_array().unwrap().iter().filter(|message| message["state"] == "ready").count()
}

/// Finds the link in the mail to somebody.
fn link(mails: &[Vec<u8>], to: &str) -> String {
    let mail = mails
        .iter()
        .map(|mail| String::from_utf8(mail.clone()).unwrap())
        .find(|mail| mail.contains(&format!("Delivered-To: {to}")))
        .unwrap();
    assert!(mail.contains("Subject: Versleuteld bericht / Encrypted message"));
    assert!(!mail.contains("Uitslag") && !mail.contains("uitslag") && !mail.contains(CODE), "{mail}");
    mail.lines().find(|line| line.starts_with("http://127.0.0.1")).unwrap().trim().to_owned()
}

#[test]
fn a_guest_reads_the_sender_sees_it_and_takes_it_back() {
    let (world, postfix) = (World::new(), Postfix::start());
    people(&world);
    account(&world, &postfix);
    write_mail(&world);
    let server = Server::start(&world);
    // Before there is a server, nothing is different: no card, no mail.
    let before = zegel(&world, SENDER, &SEND[..13]);
    assert_eq!(before.code, 67, "{}", before.stderr);
    let login = log_in(&world, &server, false);
    assert_eq!(login.code, 0, "{}", login.stderr);
    assert!(!json(&login)["recovery_codes"].as_array().unwrap().is_empty());
    let devices = json(&must(&world, SENDER, &["device", "list", "--json"]));
    assert_eq!(devices["devices"].as_array().unwrap().len(), 1);

    let sent = send(&world);
    assert_eq!(sent.code, 0, "{}", sent.stderr);
    let report = json(&sent);
    let id = report["message_id"].as_str().unwrap().to_owned();
    wait_until("the mails", Duration::from_secs(20), || postfix.all().len() == 3);
    let mails = postfix.all();

    // Frank has the link and the code. A wrong one is judged by the server.
    let frank = link(&mails, "frank@example.com");
    assert!(frank.contains(&id));
    world.write("work/wrong", "blauwe-maan-43");
    let open = |code: &str| {
        let arguments =
            ["open", &frank, "--address", "frank@example.com", "--code-file", code, "--first-use", "--json"];
        zegel(&world, FRANK, &arguments)
    };
    let refused = open("wrong");
    assert_eq!((refused.code, json(&refused)["kind"].as_str().unwrap()), (78, "authentication"));
    let opened = open("code");
    assert_eq!(opened.code, 0, "{}", opened.stderr);
    let opened = json(&opened);
    assert_eq!((opened["subject"].as_str(), opened["role"].as_str()), (Some("Uitslag"), Some("guest")));
    assert_eq!(opened["text"].as_str().unwrap().trim(), TEXT.trim());
    assert_eq!(opened["message_id"], report["message_id"]);

    // The receipt was verified with Alice's keys; Grace has not opened.
    let log = json(&must(&world, SENDER, &["log", &id, "--json"]));
    let guests = log["messages"][0]["guests"].as_array().unwrap().clone();
    let of = |address: &str| guests.iter().find(|guest| guest["address"] == address).unwrap().clone();
    assert!(of("frank@example.com")["delivered_at"].is_string());
    assert!(of("frank@example.com")["opened_at"].is_string(), "{log}");
    assert_eq!(of("grace@example.com")["state"], "waiting");
    assert_eq!(log["messages"][0]["false_receipts"], 0);

    // Grace gets a code by SMS, which comes once the last digits were right.
    must(&world, SENDER, &["guest", "set-phone", &id, "grace@example.com", "--number", "+31600000002"]);
    let grace = link(&mails, "grace@example.com");
    let arguments = [
        "open",
        &grace,
        "--address",
        "grace@example.com",
        "--digits",
        "002",
        "--code-file",
        "-",
        "--first-use",
    ];
    let mut child = command(&world, GRACE, &arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let codes = world.join("sms.jsonl");
    wait_until("the SMS", Duration::from_secs(20), || codes.is_file());
    let sms: Value =
        serde_json::from_str(fs::read_to_string(&codes).unwrap().lines().last().unwrap()).unwrap();
    assert_eq!(sms["number"], "+31600000002");
    let text = sms["text"].as_str().unwrap();
    let code = text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).unwrap();
    writeln!(child.stdin.take().unwrap(), "{code}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains("hierbij de uitslag"));

    // Taken back, it is gone for everybody.
    must(&world, SENDER, &["recall", &id]);
    let gone = open("code");
    assert_eq!((gone.code, json(&gone)["kind"].as_str().unwrap()), (69, "gone"));
    assert_eq!(ready(&world), 0);
}

#[test]
fn a_refusal_mails_nothing_and_leaves_nothing_on_the_server() {
    let (world, smtp) = (World::new(), ScriptedSmtp::start(Script::new()));
    let account = |port: u16| {
        write_account(
            &world,
            &format!("host = \"localhost\"\nport = {port}\ntls = \"none\"\ntimeout_seconds = 5\n"),
        );
    };
    people(&world);
    account(smtp.port());
    write_mail(&world);
    let mut server = Server::start(&world);
    let wrong = log_in(&world, &server, true);
    assert_eq!(wrong.code, 78, "{}", wrong.stderr);
    assert_eq!(zegel(&world, SENDER, &["device", "list"]).code, 78, "no token was kept");
    let login = log_in(&world, &server, false);
    assert_eq!(login.code, 0, "{}", login.stderr);
    let mails = |smtp: &ScriptedSmtp| smtp.seen_text().matches("DATA\r\n").count();

    // A guest without a factor holds everybody back.
    let ran = zegel(&world, SENDER, &SEND);
    assert_eq!((ran.code, mails(&smtp), ready(&world)), (67, 0, 0), "{}", ran.stderr);
    // A code to the same mailbox is no second factor.
    let weak = [&SEND[..], &["--mail-code", "grace@example.com"]].concat();
    let ran = zegel(&world, SENDER, &weak);
    assert_eq!((ran.code, mails(&smtp), ready(&world)), (77, 0, 0), "{}", ran.stderr);
    // Nobody listens where the mail should go.
    account(free_port());
    let ran = send(&world);
    assert_eq!((ran.code, ready(&world)), (75, 0), "{}", ran.stderr);
    // The mail server says no after the message lies on the server: it is taken back.
    let no = ScriptedSmtp::start(Script::new().on(Step::Mail, Act::Reply("550 5.7.1 no".to_owned())));
    account(no.port());
    let ran = send(&world);
    assert_eq!((ran.code, mails(&no), ready(&world)), (69, 0, 0), "{}", ran.stderr);
    // The server is away.
    account(smtp.port());
    server.stop();
    let ran = send(&world);
    assert_eq!((ran.code, mails(&smtp)), (75, 0), "{}", ran.stderr);
}
