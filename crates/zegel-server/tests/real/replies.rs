//! Answers of guests, and uploads in pieces.

use serde_json::json;

use crate::world::{BOB, EVE, World, base32, base64, draft, hash, random};

#[test]
fn an_answer_is_uploaded_in_pieces_and_read_from_the_inbox() {
    let mut world = World::new();
    let device = world.enrol(BOB);
    let mut client = world.client();
    let draft = draft();
    assert_eq!(draft.create(&mut client, &device.token).status, 201);
    let session = draft.session(&mut client, EVE);
    let (reply, file) = (base32(&random::<16>()), random::<100_000>());
    let path = format!("/api/v1/guest/replies/{reply}");
    let request = json!({
        "envelope": base64(b"to the member"),
        "own_envelope": base64(b"to the guest"),
        "parts": [
            { "size": 4, "hash": hash(b"body"), "inline": base64(b"body") },
            { "size": file.len(), "hash": hash(&file) },
        ],
    });
    assert_eq!(client.json("PUT", &path, &session, &request).problem(), "unauthorized");
    assert_eq!(draft.open(&mut client, &session).status, 200);
    let created = client.json("PUT", &path, &session, &request);
    assert_eq!((created.status, created.json()["complete"].clone()), (201, json!(false)));
    assert_eq!(client.json("PUT", &path, &session, &request).status, 200);
    assert_eq!(client.get("GET", "/api/v1/inbox", &device.token).json()["replies"], json!([]));

    let part = format!("{path}/parts/1");
    let patch = |client: &mut crate::http::Client, session: &str, offset: usize, bytes: &[u8]| {
        let (bearer, offset) = (format!("Bearer {session}"), offset.to_string());
        let headers = [("authorization", bearer.as_str()), ("upload-offset", offset.as_str())];
        client.send("PATCH", &part, &headers, bytes)
    };
    let first = patch(&mut client, &session, 0, &file[..40_000]);
    assert_eq!((first.status, first.header("upload-offset")), (204, Some("40000")));
    let off = patch(&mut client, &session, 50_000, &file[50_000..]);
    assert_eq!((off.problem().as_str(), off.header("upload-offset")), ("conflict", Some("40000")));
    // A crash in between; the guest proves the factor again and goes on.
    world.kill();
    world.start();
    let mut client = world.client();
    let session = draft.session(&mut client, EVE);
    assert_eq!(draft.open(&mut client, &session).status, 200);
    assert_eq!(client.get("HEAD", &part, &session).header("upload-offset"), Some("40000"));
    let mut wrong = file;
    wrong[99_999] ^= 1;
    assert_eq!(patch(&mut client, &session, 40_000, &wrong[40_000..]).problem(), "unprocessable");
    assert_eq!(client.get("HEAD", &part, &session).header("upload-offset"), Some("0"));
    assert_eq!(patch(&mut client, &session, 0, &[file.as_slice(), b"more"].concat()).problem(), "too-large");
    let mut client = world.client();
    assert_eq!(patch(&mut client, &session, 0, &file).header("upload-offset"), Some("100000"));

    let inbox = client.get("GET", "/api/v1/inbox", &device.token).json();
    assert_eq!(inbox["replies"][0]["reply"], json!(reply));
    assert_eq!(inbox["replies"][0]["guest"], json!(draft.guest));
    assert_eq!(inbox["replies"][0]["envelope"], json!(base64(b"to the member")));
    let fetched = client.get("GET", &format!("/api/v1/inbox/{reply}/parts/1"), &device.token);
    assert_eq!(fetched.body, file);
    let own = client.get("GET", "/api/v1/guest/replies", &session).json();
    assert_eq!(own["replies"][0]["own_envelope"], json!(base64(b"to the guest")));
    assert_eq!(client.get("GET", &part, &session).body, file);

    // Somebody else's session and another member see nothing of it.
    let other = crate::world::draft();
    assert_eq!(other.create(&mut client, &device.token).status, 201);
    let stranger = other.session(&mut client, EVE);
    assert_eq!(other.open(&mut client, &stranger).status, 200);
    assert_eq!(client.get("GET", &part, &stranger).problem(), "not-found");
    assert_eq!(client.json("PUT", &path, &stranger, &request).problem(), "conflict");
    let carol = world.enrol("carol@example.org");
    assert_eq!(client.get("GET", &format!("/api/v1/inbox/{reply}/parts/1"), &carol.token).status, 404);
    assert_eq!(client.get("DELETE", &format!("/api/v1/inbox/{reply}"), &carol.token).status, 404);

    assert_eq!(client.get("DELETE", &format!("/api/v1/inbox/{reply}"), &device.token).status, 204);
    assert_eq!(client.get("GET", "/api/v1/inbox", &device.token).json()["replies"], json!([]));
    assert_eq!(client.json("PUT", &path, &session, &request).problem(), "gone");
    assert_eq!(world.run(&["fsck"]), (0, "clean\n".to_owned()));
}

#[test]
fn a_message_is_seen_when_its_last_part_is_there() {
    let world = World::new();
    let device = world.enrol(BOB);
    let mut client = world.client();
    let mut draft = draft();
    draft.request["parts"][0].as_object_mut().unwrap().remove("inline");
    assert_eq!(draft.create(&mut client, &device.token).json()["state"], "uploading");
    assert_eq!(draft.try_session(&mut client, EVE).problem(), "not-found");
    let part = format!("{}/parts/0", draft.path());
    assert_eq!(client.get("HEAD", &part, &device.token).header("upload-offset"), Some("0"));
    let bearer = format!("Bearer {}", device.token);
    let headers = [("authorization", bearer.as_str()), ("upload-offset", "0")];
    assert_eq!(client.send("PATCH", &part, &headers, &draft.body).status, 204);
    assert_eq!(client.get("GET", &draft.path(), &device.token).json()["state"], "ready");
    let session = draft.session(&mut client, EVE);
    assert_eq!(draft.open(&mut client, &session).status, 200);
}

#[test]
fn a_recall_during_an_upload_leaves_nothing() {
    use std::io::Write as _;
    let world = World::new();
    let device = world.enrol(BOB);
    let mut client = world.client();
    let mut draft = draft();
    draft.request["parts"][0].as_object_mut().unwrap().remove("inline");
    assert_eq!(draft.create(&mut client, &device.token).status, 201);
    // An upload that has sent half of its bytes.
    let mut stream = world.connect();
    let head = format!(
        "PATCH {}/parts/0 HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\nupload-offset: 0\r\ncontent-length: {}\r\n\r\n",
        draft.path(),
        device.token,
        draft.body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&draft.body[..4_000]).unwrap();
    let files =
        || world.everything().iter().filter(|(path, _)| path.to_string_lossy().contains(&draft.id)).count();
    crate::world::wait(std::time::Duration::from_secs(10), || files() == 2);
    assert_eq!(client.get("DELETE", &draft.path(), &device.token).status, 204);
    assert_eq!(files(), 0);
    stream.write_all(&draft.body[4_000..]).unwrap();
    let mut stream = std::io::BufReader::new(stream);
    assert!(crate::http::line(&mut stream).unwrap().starts_with("HTTP/1.1 410 "));
    assert_eq!(files(), 0);
    assert_eq!(world.run(&["fsck"]), (0, "clean\n".to_owned()));
}
