//! What the server has at rest opens nothing, and names nobody whom it need not name (T1, T11).

use data_encoding::HEXLOWER;
use serde_json::json;

use crate::world::{BOB, EVE, NUMBER, World, base32, base64, random, sms_draft};

#[test]
fn nothing_at_rest_or_in_the_log_tells_what_it_need_not() {
    let mut world = World::new();
    let device = world.enrol(BOB);
    let mut client = world.client();
    let draft = sms_draft();
    assert_eq!(draft.create(&mut client, &device.token).status, 201);
    let session = draft.session(&mut client, EVE);
    let ask = json!({ "digits": "042", "language": "en" });
    assert_eq!(client.json("POST", "/api/v1/guest/code", &session, &ask).status, 202);
    let (_, code) = world.last_sms();
    let opened = client.json("POST", "/api/v1/guest/open", &session, &json!({ "code": code }));
    assert_eq!(opened.status, 200);
    assert_eq!(client.get("GET", "/api/v1/guest/parts/0", &session).body, draft.body);
    let link_secret = base32(&random::<20>());
    client.send("GET", &format!("/m/{}%23{link_secret}", draft.id), &[], b"");
    let invitation = world.invite("carol@example.org");

    let secrets = [
        ("device token", device.token.as_str()),
        ("session", session.as_str()),
        ("fetch token", draft.fetch_token.as_str()),
        ("invitation", invitation.as_str()),
        ("recovery code", device.recovery_codes[0].as_str()),
        ("authenticator", device.totp.split("secret=").nth(1).unwrap().split('&').next().unwrap()),
        ("the guest's address", EVE),
        ("link secret", link_secret.as_str()),
    ];
    let search = |world: &World| -> Vec<String> {
        let mut hits = Vec::new();
        for (path, bytes) in world.everything() {
            let lower = bytes.to_ascii_lowercase();
            for (name, secret) in secrets {
                for form in [
                    secret.to_lowercase(),
                    secret.to_lowercase().replace('-', ""),
                    HEXLOWER.encode(secret.as_bytes()),
                    base64(secret.as_bytes()).to_lowercase().trim_end_matches('=').to_owned(),
                ] {
                    if lower.windows(form.len()).any(|window| window == form.as_bytes()) {
                        hits.push(format!("{name} in {}", path.display()));
                    }
                }
            }
        }
        hits
    };
    assert_eq!(search(&world), Vec::<String>::new());
    // The log names nobody, and the number is only where the code is sent from: in the guest's file.
    let holding = |needle: &str| -> Vec<bool> {
        let all = world.everything();
        let hits =
            all.iter().filter(|(_, bytes)| bytes.windows(needle.len()).any(|w| w == needle.as_bytes()));
        hits.map(|(path, _)| path.to_string_lossy().contains(&format!("{}.g{}", draft.id, draft.guest)))
            .collect()
    };
    assert_eq!(holding(NUMBER), [true]);
    assert_eq!(holding(&draft.share), [true]);
    let log = std::fs::read_to_string(world.log()).unwrap();
    assert!(!log.contains(BOB) && !log.contains(NUMBER) && !log.contains(&code));

    // The control: each of them planted, the search sees it.
    for (name, secret) in secrets {
        let planted = world.data().join("planted");
        std::fs::write(&planted, format!("...{secret}...")).unwrap();
        assert!(search(&world).iter().any(|hit| hit.starts_with(name)), "the search is blind for the {name}");
        std::fs::remove_file(planted).unwrap();
    }
    assert_eq!(world.stop(), 0);
    assert_eq!(search(&world), Vec::<String>::new());
}
