use secrecy::ExposeSecret;

use super::*;

const FULL: &str = r#"version = 1
default_account = "work"

[seal]
subject = "Sealed message"
part_threshold = 1048576

# The one for customers.
[account.work]
address = "Alice@Example.org"
name = "Alice"
identity = "keyring"

[account.work.smtp]
host = "mail.example.org"
tls = "starttls"
auth = "login"
username = "alice"
password = { from = "file", path = "/run/secrets/smtp" }
ca_file = "/etc/ssl/own.pem"
timeout_seconds = 5

[account.work.sent]
kind = "imap"
host = "imap.example.org"
username = "alice"
password = { from = "env", name = "IMAP_PASSWORD" }
folder = "Verzonden"

[account.cron]
address = "cron@example.org"
identity = "/etc/zegel/cron.key"
smtp = { host = "::1", tls = "none" }
sent = { kind = "maildir", path = "/var/mail/sent" }
"#;

fn account(lines: &str) -> Result<Config, ConfigError> {
    Config::parse(&format!("version = 1\n[account.a]\naddress = \"a@example.org\"\n{lines}\n"))
}

#[test]
fn everything_is_read() {
    let config = Config::parse(FULL).unwrap();
    assert_eq!(config.seal().subject(), Some("Sealed message"));
    assert_eq!(config.seal().part_threshold(), Some(1 << 20));
    assert_eq!(config.default_account().unwrap().as_str(), "work");
    let work = config.account("work").unwrap();
    assert_eq!(work.identity(), &IdentitySource::Keyring);
    let smtp = work.smtp().unwrap();
    assert_eq!((smtp.port(), smtp.tls()), (587, Tls::StartTls));
    assert_eq!(smtp.timeout().as_secs(), 5);
    let file = Password::File { path: "/run/secrets/smtp".into() };
    assert_eq!(smtp.auth(), &Auth::Login { username: "alice".to_owned(), password: file });
    let Sent::Imap(imap) = work.sent() else { panic!() };
    assert_eq!((imap.port(), imap.folder(), imap.tls()), (993, "Verzonden", Tls::Implicit));
    let cron = config.account("cron").unwrap();
    assert_eq!(cron.identity(), &IdentitySource::Path("/etc/zegel/cron.key".into()));
    assert_eq!((cron.smtp().unwrap().port(), cron.smtp().unwrap().auth()), (25, &Auth::None));
    assert_eq!(cron.sent(), &Sent::Maildir("/var/mail/sent".into()));
    let found = config.account_of(&"alice@example.org".parse().unwrap()).unwrap();
    assert_eq!(found.0.as_str(), "work");
}

#[test]
fn what_is_written_reads_the_same() {
    let config = Config::parse(FULL).unwrap();
    assert_eq!(Config::parse(&config.to_toml()).unwrap(), config);
    assert_eq!(Config::parse(&Config::default().to_toml()).unwrap(), Config::default());
}

#[test]
fn errors_name_line_and_field() {
    for (text, line, field, message) in [
        ("version = 1\n[account.a]\naddress = \"nobody\"", 3, "address", "name@domain"),
        (
            "version = 1\n[account.a]\naddress = \"a@b.c\"\n\n[account.a.smtp]\nhost = \"h\"\nport = 70000",
            7,
            "port",
            "expected u16",
        ),
        (
            "version = 1\n[account.a]\naddress = \"a@b.c\"\n[account.a.smtp]\nhost = \"h x\"",
            5,
            "host",
            "host name",
        ),
        (
            "version = 1\n[account.a]\naddress = \"a@b.c\"\n[account.a.smtp]\nhost = \"mail.b.c\"\ntls = \"none\"",
            4,
            "account.a.smtp",
            "this computer",
        ),
        ("version = 1\n[account.a]\nadress = \"a@b.c\"", 3, "", "unknown field `adress`"),
        ("version = 1\n[seal]\nallow_classic = true", 3, "", "unknown field"),
        ("version = 2", 1, "version", "only version = 1"),
        ("[seal]\nsubject = \"x\"", 1, "seal", "missing field `version`"),
        ("version = 1\ndefault_account = \"b\"", 1, "version", "names an account that does not stand here"),
        ("version = 1\n[account.\"a/b\"]\naddress = \"a@b.c\"", 2, "", "letters, digits"),
        ("version = 1\n[account.a]\nname = \"A\"", 2, "account.a", "address is missing"),
        ("version = 1\nversion = 1", 2, "version", "duplicate key"),
    ] {
        match Config::parse(text).unwrap_err() {
            ConfigError::Text { line: l, field: f, message: m, .. } => {
                assert_eq!((l, f.as_str()), (line, field), "{text}\n{m}");
                assert!(m.contains(message), "{text}\n{m}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_literal_password_is_refused_and_never_shown() {
    for lines in [
        "[account.a.smtp]\nhost = \"h\"\nusername = \"u\"\npassword = \"hunter2\"",
        "[account.a.smtp]\nhost = \"h\"\nusername = \"u\"\npassword = 98765",
        "[account.a.smtp]\nhost = \"h\"\nusername = \"u\"\npassword = 98.765",
        "[account.a.smtp]\nhost = \"h\"\nusername = \"u\"\npassword = [\"hunter2\"]",
        "[account.a.smtp]\nhost = \"h\"\nusername = \"u\"\npassword = hunter2",
        "[account.a.smtp]\nhost = \"h\"\nusername = \"u\"\npassword = \"hunter2",
        "[account.a.smtp]\nhost = \"h\"\nusername = \"u\"\npassword = { from = \"hunter2\" }",
        "[account.a.smtp]\nhost = \"h\"\nusername = \"u\"\npassword = { from = \"keyring\", value = \"hunter2\" }",
        "[account.a.smtp]\nhost = \"h\"\nusername = \"u\"\npassword = { from = \"keyring\", path = \"hunter2\" }",
        "[account.a.smtp]\nhost = \"h\"\nusername = \"u\"\npasswd = \"hunter2\"",
        "[account.a.smtp]\nhost = \"h\"\nusername = \"u\"\npassword.text = \"hunter2\"",
        "[account.a.sent]\nkind = \"imap\"\nhost = \"h\"\nusername = \"u\"\npassword = \"hunter2\"",
        "smtp = { host = \"h\", username = \"u\", password = \"hunter2\" }",
    ] {
        let error = account(lines).unwrap_err();
        let shown = format!("{error} {error:?} {:?}", error.hint());
        assert!(!shown.contains("hunter2") && !shown.contains("98"), "{lines}\n{shown}");
        let ConfigError::Text { line, .. } = error else { panic!("{error:?}") };
        assert!(line >= 4, "{lines}: line {line}");
    }
    let error =
        account("[account.a.smtp]\nhost = \"h\"\nusername = \"u\"\npassword = \"hunter2\"").unwrap_err();
    assert!(error.to_string().ends_with("password: a password never stands in the configuration"), "{error}");
    assert!(error.hint().unwrap().contains("{ from = \"keyring\" }"));
}

#[test]
fn a_value_in_the_wrong_place_is_never_shown() {
    let smtp = "[account.a.smtp]\nhost = \"mail.example.org\"\n";
    let mut places: Vec<String> = [
        "name = HUNTER",
        "address = HUNTER",
        "identity = HUNTER",
        "identity = [HUNTER]",
        "smtp = HUNTER",
        "sent = HUNTER",
        "sent = { kind = HUNTER }",
        "sent = { kind = \"maildir\", path = [HUNTER] }",
        "[account.a.sent]\nkind = HUNTER\nhost = \"h\"",
    ]
    .map(str::to_owned)
    .to_vec();
    for field in ["host", "port", "tls", "auth", "username", "ca_file", "timeout_seconds", "password"] {
        places.push(format!("{smtp}{field} = HUNTER"));
        places.push(format!("{smtp}{field} = {{ from = HUNTER }}"));
        places.push(format!("{smtp}{field} = {{ from = \"file\", path = [HUNTER] }}"));
    }
    let values = [
        "\"hunter2\\n\"",
        "\"a, expected hunter2\\n\"",
        "\"\"\"\nkey = hunter2\n\"\"\"",
        "'hunter2\u{7}'",
        "hunter2",
        "\"hunter2",
        "\"\"\"\nx = hunter2\n",
        "'''\nx = hunter2\n",
        "[\"hunter2\"]",
        "{ other = \"hunter2\" }",
        "986543210986",
        "98654321098654321098654321",
        "98.6543210",
        "-986543210",
        "0x9865432109",
        "9865-43-21",
    ];
    let mut refused = 0;
    for (place, value) in places.iter().flat_map(|place| values.map(|value| (place, value))) {
        let lines = place.replace("HUNTER", value);
        let Err(error) = account(&lines) else { continue };
        refused += 1;
        let shown = format!("{error} {error:?} {:?}", error.hint());
        let leaks = ["hunter2", "9865", "986543"].iter().any(|secret| shown.contains(secret));
        assert!(!leaks, "{lines}\n{shown}");
        let ConfigError::Text { line, column, .. } = error else { panic!("{error:?}") };
        assert!(line >= 2 && column >= 1, "{lines}\n{shown}");
    }
    assert!(refused > 400, "{refused}");
    for text in [
        "version = 98654",
        "version = \"hunter2\"",
        "version = 1\ndefault_account = \"hunter2\"",
        "version = 1\ndefault_account = \"hunter2 \"",
        "hunter2",
    ] {
        let error = Config::parse(text).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("98654"), "{shown}");
    }
    let error = account("[account.a.smtp]\nhost = \"h\"\nport = \"hunter2\"").unwrap_err();
    assert_eq!(error.to_string(), "configuration:6:8: port: not what belongs here, expected u16");
}

#[test]
fn what_does_not_fit_together_is_refused() {
    for lines in [
        "[account.a.smtp]\nhost = \"h\"\nusername = \"u\"",
        "[account.a.smtp]\nhost = \"h\"\nauth = \"plain\"",
        "[account.a.smtp]\nhost = \"h\"\nauth = \"none\"\nusername = \"u\"",
        "[account.a.smtp]\nhost = \"h\"\nauth = \"cram-md5\"",
        "[account.a.smtp]\nhost = \"h\"\nport = 0",
        "[account.a.smtp]\nhost = \"h\"\ntimeout_seconds = 0",
        "[account.a.smtp]\nhost = \"10.0.0.1\"\ntls = \"none\"",
        "[account.a.smtp]\nhost = \"localhost.example.org\"\ntls = \"none\"",
        "[account.a.smtp]\nport = 25",
        "[account.a.smtp]\nhost = \"h\"\nusername = \"u\\nv\"\npassword = { from = \"keyring\" }",
        "[account.a.smtp]\nhost = \"h\"\nusername = \"u\"\npassword = { from = \"env\", name = \"ZEGEL_X\" }",
        "[account.a.sent]\nkind = \"maildir\"",
        "[account.a.sent]\nkind = \"none\"\npath = \"/x\"",
        "[account.a.sent]\nkind = \"imap\"\nhost = \"h\"\nusername = \"u\"\npassword = { from = \"keyring\" }\nfolder = \"a\\r\\nb\"",
        "name = \"A\\nBcc: x\"",
        "name = \"A\\u202Eb\"",
        "identity = \"keychain\"",
        "identity = \"\"",
    ] {
        assert!(account(lines).is_err(), "{lines}");
    }
    for lines in [
        "[account.a.smtp]\nhost = \"localhost\"\ntls = \"none\"",
        "[account.a.smtp]\nhost = \"127.3.2.1\"\ntls = \"none\"",
    ] {
        assert!(account(lines).is_ok(), "{lines}");
    }
    assert!(Config::parse("version = 1\n[seal]\nsubject = \"a\\nBcc: b\"").is_err());
    assert!(Config::parse("version = 1\n[seal]\npart_threshold = 0").is_err());
}

#[test]
fn variables_change_the_chosen_account() {
    let config = Config::parse(FULL).unwrap();
    let none = Environment::default();
    assert_eq!(config.choose(None, &none).unwrap().name.as_str(), "work");
    assert_eq!(config.choose(Some("cron"), &none).unwrap().name.as_str(), "cron");
    let environment = Environment::of([
        ("ZEGEL_ACCOUNT", "cron"),
        ("ZEGEL_SMTP_HOST", "relay.example.org"),
        ("ZEGEL_SMTP_TLS", "implicit"),
        ("ZEGEL_SMTP_USERNAME", "robot"),
        ("ZEGEL_SMTP_PASSWORD", "hunter2"),
        ("ZEGEL_IDENTITY_FILE", "/run/id"),
    ]);
    let chosen = config.choose(None, &environment).unwrap();
    let smtp = chosen.account.smtp().unwrap();
    assert_eq!((chosen.name.as_str(), smtp.port()), ("cron", 465));
    assert_eq!(chosen.account.identity(), &IdentitySource::Path("/run/id".into()));
    let (username, password) = smtp.auth().credentials().unwrap();
    assert_eq!(username, "robot");
    let secret = password.fetch(&chosen.name, Purpose::Smtp, &environment).unwrap();
    assert_eq!(secret.expose_secret(), "hunter2");
    assert!(!format!("{chosen:?} {environment:?}").contains("hunter2"));
    // The command line comes before the variable.
    assert_eq!(
        config.choose(Some("work"), &Environment::of([("ZEGEL_ACCOUNT", "cron")])).unwrap().name.as_str(),
        "work"
    );
}

#[test]
fn variables_alone_make_an_account() {
    let config = Config::default();
    assert!(matches!(config.choose(None, &Environment::default()), Err(ConfigError::NoAccount)));
    let environment = Environment::of([
        ("ZEGEL_ADDRESS", "ci@example.org"),
        ("ZEGEL_SMTP_HOST", "localhost"),
        ("ZEGEL_SMTP_TLS", "none"),
        ("ZEGEL_SMTP_PORT", "2525"),
    ]);
    let chosen = config.choose(None, &environment).unwrap();
    assert_eq!((chosen.name.as_str(), chosen.account.smtp().unwrap().port()), ("environment", 2525));
}

#[test]
fn wrong_variables_are_refused() {
    let config = Config::parse(FULL).unwrap();
    for (name, value) in [
        ("ZEGEL_ACCOUNT", "nobody"),
        ("ZEGEL_ADDRESS", "nobody"),
        ("ZEGEL_SMTP_HOST", "a b"),
        ("ZEGEL_SMTP_PORT", "0x10"),
        ("ZEGEL_SMTP_PORT", "0"),
        ("ZEGEL_SMTP_TLS", "ssl"),
        ("ZEGEL_SMTP_TLS", "none"),
        ("ZEGEL_SMTP_AUTH", "md5"),
        ("ZEGEL_SMTP_TIMEOUT_SECONDS", "-1"),
        ("ZEGEL_SMTP_HOSTS", "x"),
        ("ZEGEL_NAME", "a\nb"),
    ] {
        let error = config.choose(None, &Environment::of([(name, value)])).unwrap_err();
        assert!(!error.to_string().is_empty(), "{name}={value}");
    }
    let both = Environment::of([("ZEGEL_SMTP_PASSWORD", "x"), ("ZEGEL_SMTP_PASSWORD_FILE", "/x")]);
    assert!(config.choose(None, &both).is_err());
    let two = Config::parse(&FULL.replace("default_account = \"work\"\n", "")).unwrap();
    assert!(
        matches!(two.choose(None, &Environment::default()), Err(ConfigError::Several { names }) if names == "cron, work")
    );
}

#[test]
fn passwords_come_from_files_as_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p");
    let password = Password::File { path: path.clone() };
    let name: AccountName = "a".parse().unwrap();
    let fetch = || password.fetch(&name, Purpose::Smtp, &Environment::default());
    assert!(matches!(fetch(), Err(PasswordError::File(_))));
    for (bytes, expected) in [
        (&b"s3cret\n"[..], Some("s3cret")),
        (b"s3cret\r\n", Some("s3cret")),
        (b" s3cret ", Some(" s3cret ")),
        (b"", None),
        (b"\n", None),
        (b"a\nb\n", None),
        (b"\xff", None),
    ] {
        let _ = std::fs::remove_file(&path);
        crate::staging::write_atomically(
            &path,
            bytes,
            crate::staging::Mode::Private,
            crate::staging::Overwrite::Forbid,
        )
        .unwrap();
        assert_eq!(fetch().ok().map(|s| s.expose_secret().to_owned()).as_deref(), expected);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = fetch().unwrap_err();
        assert!(error.hint().unwrap().contains("chmod"), "{error}");
    }
}

fn home() -> (tempfile::TempDir, Paths) {
    let home = tempfile::tempdir().unwrap();
    let paths = Paths::below(home.path());
    (home, paths)
}

#[test]
fn accounts_are_added_replaced_and_removed_and_comments_stay() {
    let (_home, paths) = home();
    let config = Config::parse(FULL).unwrap();
    let (work, cron) = ("work".parse().unwrap(), "cron".parse().unwrap());
    let first =
        Config::save_account(&paths, &work, config.account("work").unwrap(), AccountChange::Add).unwrap();
    assert_eq!(first.default_account.as_ref(), Some(&work));
    let text = std::fs::read_to_string(paths.config_file()).unwrap();
    assert!(text.contains("password = { from = \"file\", path = \"/run/secrets/smtp\" }"), "{text}");
    std::fs::write(
        paths.config_file(),
        format!("# mine\n{}", text.replace("[account.work]", "# for customers\n[account.work]")),
    )
    .unwrap();
    let both =
        Config::save_account(&paths, &cron, config.account("cron").unwrap(), AccountChange::Add).unwrap();
    assert_eq!(both.accounts(), config.accounts());
    let refused = Config::save_account(&paths, &cron, config.account("work").unwrap(), AccountChange::Add);
    assert!(matches!(refused, Err(ConfigError::AccountExists { .. })));
    assert_eq!(Config::load(&paths, &Environment::default()).unwrap(), both);
    Config::save_account(&paths, &work, config.account("cron").unwrap(), AccountChange::Replace).unwrap();
    let text = std::fs::read_to_string(paths.config_file()).unwrap();
    assert!(text.starts_with("# mine\n") && text.contains("# for customers\n[account.work]\n"), "{text}");
    let left = Config::remove_account(&paths, &work).unwrap();
    assert_eq!((left.accounts().len(), left.default_account.is_none()), (1, true));
    assert!(matches!(Config::remove_account(&paths, &work), Err(ConfigError::UnknownAccount { .. })));
}

#[test]
fn a_broken_file_is_not_touched() {
    let (_home, paths) = home();
    paths.make().unwrap();
    std::fs::write(paths.config_file(), "version = 1\nwhat\n").unwrap();
    let account = Account::new("a@example.org".parse().unwrap());
    let error =
        Config::save_account(&paths, &"a".parse().unwrap(), &account, AccountChange::Add).unwrap_err();
    assert!(error.to_string().contains("config.toml:2:"), "{error}");
    assert_eq!(std::fs::read_to_string(paths.config_file()).unwrap(), "version = 1\nwhat\n");
    assert!(matches!(Config::default().save(&paths), Err(ConfigError::File(FileError::Exists { .. }))));
}

#[test]
fn a_missing_file_is_empty_unless_it_was_named() {
    let (_home, paths) = home();
    assert_eq!(Config::load(&paths, &Environment::default()).unwrap(), Config::default());
    let environment = Environment::of([("ZEGEL_CONFIG", paths.config_file().as_os_str())]);
    assert!(matches!(Config::load(&paths, &environment), Err(ConfigError::File(_))));
}

#[cfg(unix)]
#[test]
fn a_file_others_may_change_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let (_home, paths) = home();
    Config::default().save(&paths).unwrap();
    std::fs::set_permissions(paths.config_file(), std::fs::Permissions::from_mode(0o666)).unwrap();
    assert!(matches!(
        Config::load(&paths, &Environment::default()),
        Err(ConfigError::File(FileError::Exposed { .. }))
    ));
}

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUvTqf7aQ8nmMk3OMTr4xyqkXJD6yUWlw2LTqTZJTUF";

#[test]
fn what_the_computer_settles_no_user_changes() {
    let (home, paths) = home();
    let machine = home.path().join("machine.toml");
    let paths = paths.with_machine_file(machine.clone());
    paths.make().unwrap();
    let user = |text: &str| std::fs::write(paths.config_file(), format!("version = 1\n{text}")).unwrap();
    let load = || Config::load(&paths, &Environment::default());

    // Without the file the user's counts.
    user("[policy]\nfile = \"mine.toml\"\n");
    let config = load().unwrap();
    assert_eq!(config.policy().file(), Some(paths.config().join("mine.toml").as_path()));

    let settled = format!(
        "version = 1\n[policy]\nfile = \"policy.toml\"\nsigner = \"{KEY}\"\nname = \"Clinic\"\n[scan]\nclamd = \"/run/clamd.sock\"\n"
    );
    std::fs::write(&machine, &settled).unwrap();
    for other in [
        "[policy]\nfile = \"mine.toml\"\n",
        "[scan]\nclamd = \"127.0.0.1:3310\"\n",
        &format!("[policy]\nfile = {:?}\nname = \"Other\"\n", home.path().join("policy.toml")),
    ] {
        user(other);
        let error = load().unwrap_err();
        assert!(error.to_string().contains("settled here"), "{other}: {error}");
        assert!(error.hint().is_some());
    }
    // The same said twice is fine, rules of one's own are added, and no variable takes it away.
    for agreeing in ["", "[policy]\nown = \"stricter.toml\"\n", "[scan]\nclamd = \"/run/clamd.sock\"\n"] {
        user(agreeing);
        let config = load().unwrap();
        assert_eq!(config.policy().file(), Some(home.path().join("policy.toml").as_path()));
        assert_eq!(config.policy().signer().map(ToString::to_string).as_deref(), Some(KEY));
        assert_eq!(
            (config.policy().name(), config.scan().clamd()),
            (Some("Clinic"), Some("/run/clamd.sock"))
        );
        assert_eq!(config.policy().own().is_some(), agreeing.contains("own"));
    }
    std::fs::remove_file(paths.config_file()).unwrap();
    assert!(load().unwrap().policy().signer().is_some());

    // What is there and cannot be understood settles nothing, and refuses.
    for broken in [
        "version = 2\n",
        "version = 1\n[seal]\n",
        "version = 1\n[policy]\nown = \"x\"\nfile = \"y\"\n",
        "version = 1\n[policy]\nname = \"x\"\n",
        "version = 1\n[policy]\nfile = 1\n",
    ] {
        std::fs::write(&machine, broken).unwrap();
        assert!(load().is_err(), "{broken}");
    }
}

#[cfg(unix)]
#[test]
fn what_others_may_change_settles_nothing() {
    use std::os::unix::fs::PermissionsExt;

    let (home, paths) = home();
    let machine = home.path().join("machine.toml");
    let paths = paths.with_machine_file(machine.clone());
    std::fs::write(&machine, "version = 1\n").unwrap();
    assert!(Config::load(&paths, &Environment::default()).is_ok());
    std::fs::set_permissions(&machine, std::fs::Permissions::from_mode(0o666)).unwrap();
    assert!(matches!(
        Config::load(&paths, &Environment::default()),
        Err(ConfigError::File(FileError::Exposed { .. }))
    ));
}

#[test]
fn twenty_at_once_lose_nothing() {
    let (_home, paths) = home();
    std::thread::scope(|scope| {
        for i in 0..20 {
            let paths = &paths;
            scope.spawn(move || {
                let account = Account::new(format!("a{i}@example.org").parse().unwrap());
                Config::save_account(paths, &format!("a{i}").parse().unwrap(), &account, AccountChange::Add)
                    .unwrap();
            });
        }
    });
    assert_eq!(Config::load(&paths, &Environment::default()).unwrap().accounts().len(), 20);
}

/// The page people read, so that it cannot say anything else than what is done.
const PAGE: &str = include_str!("../../../../docs/formats/store.md");

#[test]
fn the_documented_configuration_is_read() {
    let sample = PAGE.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let config = Config::parse(sample).unwrap();
    let smtp = config.account("work").unwrap().smtp().unwrap();
    assert_eq!((smtp.port(), smtp.timeout().as_secs()), (465, 60));
}

#[test]
fn every_variable_is_documented_and_no_other() {
    let table = PAGE.split("### Variables").nth(1).unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `ZEGEL_"));
    let documented: Vec<String> =
        rows.map(|row| format!("ZEGEL_{}", row.split('`').next().unwrap())).collect();
    let known: Vec<&str> = crate::environment::VARIABLES.iter().map(|variable| variable.name).collect();
    assert_eq!(documented, known);
}
