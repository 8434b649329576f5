use super::{finds, leaves, scan};
use crate::detect::{DetectorId, masked};

#[test]
fn private_key() {
    finds(
        "private-key",
        &[
            "«-----BEGIN RSA PRIVATE KEY-----\nMIIEow==\n-----END RSA PRIVATE KEY-----»\ndank",
            "«-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n-----END OPENSSH PRIVATE KEY-----»",
            "«-----BEGIN PRIVATE KEY-----\nMIIE\nabcd==\n»",
            "«-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOY\n-----END PGP PRIVATE KEY BLOCK-----»",
            "key «AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ».",
            "«AGE-SECRET-KEY-PQ-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ»",
        ],
    );
    leaves(
        "private-key",
        &[
            "-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----",
            "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
            "BEGIN RSA PRIVATE KEY",
            "AGE-SECRET-KEY-1",
            "my private key is at home",
            "begin private key",
        ],
    );
}

#[test]
fn token() {
    let secret = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
    let texts = [
        format!("«ghp_{secret}»"),
        "«AKIAIOSFODNN7EXAMPLE» in the log".to_owned(),
        format!("«xoxb-1234567890-{secret}»."),
        format!("use «sk_live_{secret}»"),
        format!("Authorization: Bearer «{secret}»"),
        format!("token: «{secret}»"),
        "«eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P»".to_owned(),
        format!("api key is \"«{secret}»\""),
        format!("glpat: «glpat-{}»", &secret[..20]),
    ];
    finds("token", &texts.iter().map(String::as_str).collect::<Vec<_>>());
    leaves(
        "token",
        &[
            "ghp_short",
            "token: <your-token-goes-here-1234>",
            "the token ring network",
            "token: https://example.org/a1B2c3D4e5F6g7H8",
            "commit 3f786850e387550fdab836ed7e6dc881de23001b",
            "api key: xxxxxxxxxxxxxxxx1234",
            "openbare sleutel a1B2c3D4e5F6g7H8i9J0k1L2",
        ],
    );
}

#[test]
fn password() {
    finds(
        "password",
        &[
            "wachtwoord: «Zomer2024!»",
            "Mijn wachtwoord is «fiets#kaas#lamp» en niet anders",
            "password=«hunter22»",
            "the password for the portal is «Letmein-2024@»",
            "met wachtwoord «Welkom-12@x»",
            "ww: \"«Geheim12»\"",
        ],
    );
    leaves(
        "password",
        &[
            "Wachtwoord vergeten? Klik op Nieuw wachtwoord",
            "password: <your-password>",
            "wachtwoord: ********",
            "Forgotten your password? Choose Reset",
            "PASSWORD=changeme",
            "password: ${DB_PASSWORD}",
            "your password is required",
            "het wachtwoord is verlopen op 12-03-2024",
        ],
    );
}

#[test]
fn env_secret() {
    finds(
        "env-secret",
        &[
            "DB_PASSWORD=«s3cr3t-value»",
            "export API_TOKEN=\"«a b c d e f»\"",
            "SECRET_KEY='«abc123def»'\nDEBUG=1",
            "DB_HOST=localhost\nAWS_SECRET_ACCESS_KEY=«wJalrXUtnFEMIK7MDENGbPxRfiCYzzzzzzzzKEY1»",
            "STRIPE_SECRET = «sk_live_a1b2c3d4e5f6g7h8i9»",
        ],
    );
    leaves(
        "env-secret",
        &[
            "PASSWORD=changeme",
            "DB_PASSWORD=${VAULT}",
            "DB_HOST=localhost",
            "DB_PASSWORD=",
            "SECRET_KEY=<secret>",
            "LOG_LEVEL=debug-level",
        ],
    );
}

#[test]
fn a_credential_is_never_shown_and_other_values_only_by_their_end() {
    let text = "wachtwoord: Zomer2024!";
    let found = scan(text);
    assert_eq!(found[0].masked(text), "••••••••");
    for id in DetectorId::all_builtin() {
        let shown = masked(&id, "ab12345678");
        assert!(!shown.contains("ab1"), "{id}");
        assert_eq!(shown.contains("678"), !id.is_credential(), "{id}");
        assert!(!masked(&id, "12345").contains(|c: char| c.is_ascii_digit()));
        assert!(masked(&id, &"é1".repeat(1000)).chars().count() < 40);
    }
}
