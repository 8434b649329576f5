//! The history of recipients out of a folder of a real Dovecot.

use std::fs;

use zegel_testkit::{ASCII_PASSWORD, ASCII_USER, Dovecot};

use super::world::World;

#[test]
fn the_history_is_learnt_from_an_imap_folder() {
    let server = Dovecot::start();
    let world = World::new();
    let authority = world.join("imap-authority.pem");
    fs::copy(server.certificates().authority(), &authority).unwrap();
    let account = |password: &str| {
        let path = world.write("homes/alice/password", password);
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        world.write_account(
            "alice",
            &format!(
                "host = \"localhost\"\ntls = \"none\"\n[account.work.sent]\nkind = \"imap\"\nhost = \"localhost\"\nport = {}\n\
                 tls = \"implicit\"\nusername = \"{ASCII_USER}\"\npassword = {{ from = \"file\", path = \"{}\" }}\n\
                 ca_file = \"{}\"\nfolder = \"Sent\"\n",
                server.tls_port(),
                path.display(),
                authority.display()
            ),
        );
    };
    let import = ["history", "import", "imap:INBOX", "--json"];
    let mails = |from: &str, count: usize, start: usize| -> Vec<String> {
        (start..start + count)
            .map(|n| {
                format!(
                    "From: {from}\r\nTo: p{n}@example.net\r\nMessage-ID: <{n}@example.org>\r\n\r\nHello\r\n"
                )
            })
            .collect()
    };

    account("wrong");
    let before = world.listing(&[]);
    let refused = world.zegel("alice", &import, b"");
    assert_eq!(refused.code, 78, "{refused:?}");
    assert_eq!(world.listing(&[]), before, "nothing was written");

    account(ASCII_PASSWORD);
    let empty = world.must("alice", &import, b"");
    assert!(String::from_utf8(empty.stdout).unwrap().contains("\"read\":0"));
    server.put(
        "INBOX",
        &[mails("Alice <alice@example.org>", 230, 0), mails("bob@example.org", 3, 500)].concat(),
    );
    for expected in ["\"counted\":230,\"again\":0,\"not_own\":3", "\"counted\":0,\"again\":230,\"not_own\":3"]
    {
        let ran = world.must("alice", &import, b"");
        let report = String::from_utf8(ran.stdout).unwrap();
        assert!(report.contains(expected), "{report}");
    }
    let missing = world.zegel("alice", &["history", "import", "imap:Nowhere"], b"");
    assert_eq!(missing.code, 69, "{missing:?}");
}
