//! Alice at work: a policy, a mail server, and runs of the program that send or leave everything as it was.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use zegel_testkit::{Script, ScriptedSmtp};

use crate::e2e::world::{Ran, World};

/// The beginning of every policy.
pub(super) const HEAD: &str = "format = \"zegel/policy/v1\"\nname = \"Example\"\nserial = 1\n";

/// What the tests write about: a policy with one rule of every action.
pub(super) const RULES: &str = r#"
[organisation]
domains = ["example.org"]

[[class]]
id = "personal"
level = "middle"
label = { nl = "Persoonsgegevens", en = "Personal data" }

[[rule]]
id = "many-bsn"
class = "personal"
action = "block"
explain = { nl = "Te veel burgerservicenummers.", en = "Too many citizen service numbers." }
when = [{ content = { detectors = ["bsn"], different = 2 } }]

[[rule]]
id = "bsn"
class = "personal"
action = "warn"
accept = "justify"
explain = { nl = "Er staat een BSN in.", en = "There is a citizen service number in it." }
when = [{ content = { detectors = ["bsn"] } }]

[[rule]]
id = "project"
action = "warn"
accept = "by-name"
explain = { nl = "Dit gaat over het project.", en = "This is about the project." }
when = [{ content = { detectors = ["project-name"] } }]

[[rule]]
id = "unexamined"
action = "warn"
accept = "by-name"
explain = { nl = "Hier is niet in gekeken.", en = "Nobody looked into this." }
when = [{ attachments = { unread = ["any"] } }]

[[detector]]
id = "project-name"
words = ["Zonnebloem"]
"#;

/// One who has a policy and a mail server.
pub(super) struct Office {
    pub(super) world: World,
    pub(super) server: ScriptedSmtp,
}

impl Office {
    /// Puts the policy in force that is given, unsigned, with more lines of configuration.
    pub(super) fn new(policy: &str, more: &str) -> Self {
        let office = Self { world: World::new(), server: ScriptedSmtp::start(Script::new()) };
        office.write_policy(policy);
        let file = office.world.join("work/policy.toml");
        office.configure(&format!("[policy]\nfile = {file:?}\n{more}"));
        office
    }

    /// Has no policy of its own, only more lines of configuration.
    pub(super) fn without_policy(more: &str) -> Self {
        let office = Self { world: World::new(), server: ScriptedSmtp::start(Script::new()) };
        office.configure(more);
        office
    }

    /// Writes the policy file.
    pub(super) fn write_policy(&self, text: &str) {
        self.write_private("work/policy.toml", text);
    }

    /// Writes a file that nobody else may change.
    pub(super) fn write_private(&self, name: &str, text: &str) {
        let path = self.world.write(name, text);
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }

    /// Writes the configuration: the account and these lines.
    pub(super) fn configure(&self, more: &str) {
        let port = self.server.port();
        self.world.write_account(
            "alice",
            &format!("host = \"localhost\"\nport = {port}\ntls = \"none\"\ntimeout_seconds = 5\n{more}"),
        );
    }

    /// Writes the draft.
    pub(super) fn draft(&self, body: &str) {
        self.world.write("work/mail.eml", mail(body));
    }

    /// Returns how many mails the server has taken.
    pub(super) fn mails(&self) -> usize {
        self.server.seen_text().matches("DATA\r\n").count()
    }

    /// Sends, and expects that the server took one mail.
    pub(super) fn sent(&self, more: &[&str]) -> Ran {
        let before = self.mails();
        let ran = self.world.must("alice", &[&["send", "mail.eml"], more].concat(), b"");
        assert_eq!(self.mails(), before + 1, "{more:?}: one mail was sent");
        ran
    }

    /// Tries every way out, and expects each to end with this code and these words, having left everything as it was: no file
    /// in the whole world differs, and nobody so much as connected to the server.
    pub(super) fn refused(&self, more: &[&str], code: i32, says: &[&str]) {
        for way in [
            &["send", "mail.eml"][..],
            &["send", "mail.eml", "--dry-run"],
            &["send", "mail.eml", "--output", "out.eml"],
            &["send", "mail.eml", "--output", "maildir:out"],
            &["send", "mail.eml", "--output", "-"],
            &["seal", "mail.eml", "-o", "out.zegel"],
            &["seal", "mail.eml", "--out-dir", "out"],
            &["plan", "mail.eml"],
        ] {
            self.unchanged(&[way, more].concat(), b"", code, says);
        }
        if more.is_empty() {
            let draft = fs::read(self.world.join("work/mail.eml")).unwrap();
            self.unchanged(&["sendmail", "-t", "-oi"], &draft, code, says);
        }
    }

    /// Runs the program once, and expects the same.
    pub(super) fn unchanged(&self, arguments: &[&str], input: &[u8], code: i32, says: &[&str]) -> Ran {
        let (before, connections) = (self.world.listing(&[]), self.server.seen().len());
        let ran = self.world.zegel("alice", arguments, input);
        let told = format!("{arguments:?}: {}", ran.stderr);
        assert_eq!(ran.code, code, "{told}");
        // `plan` shows its reason on the page.
        let page = String::from_utf8_lossy(&ran.stdout).into_owned();
        let is_plan = arguments.first() == Some(&"plan");
        for words in says {
            assert!(
                ran.stderr.contains(words) || (is_plan && page.contains(words)),
                "{words:?} {told}{page}"
            );
        }
        assert!(is_plan || page.is_empty(), "{told}{page}");
        assert_eq!(self.world.listing(&[]), before, "{told}");
        assert_eq!(self.server.seen().len(), connections, "{told}: nobody connected");
        ran
    }
}

/// Makes a draft to Bob.
pub(super) fn mail(body: &str) -> String {
    format!("From: alice@example.org\nTo: bob@example.org\nSubject: Thursday\n\nDear Bob,\n\n{body}\n")
}

/// Makes a draft to Bob with attachments: name, media type, content.
pub(super) fn mail_with(body: &str, files: &[(&str, &str, &[u8])]) -> String {
    let mut mail = String::from(
        "From: alice@example.org\nTo: bob@example.org\nSubject: Thursday\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=\"bound\"\n\n--bound\nContent-Type: text/plain\n\n",
    );
    mail.push_str(body);
    for (name, media_type, content) in files {
        let encoded = data_encoding::BASE64.encode(content);
        let lines: Vec<&str> =
            encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        mail.push_str(&format!(
            "\n--bound\nContent-Type: {media_type}; name=\"{name}\"\nContent-Disposition: attachment; \
             filename=\"{name}\"\nContent-Transfer-Encoding: base64\n\n{}\n",
            lines.join("\n")
        ));
    }
    mail.push_str("\n--bound--\n");
    mail
}
