use zegel_wire::server::FactorKind;

use super::*;
use crate::blobs::Put;
use crate::db::{Invitation, NewDevice, NewGuest, NewMessage, NewPart, Owner, Proof};
use crate::text::{Hash, Id, Secret};

/// A store with one member and one message of one guest and two parts, all in order.
async fn store() -> (tempfile::TempDir, Database, Blobs, Id, Id) {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open(&folder.path().join("db")).await.unwrap();
    let blobs = Blobs::open(folder.path().join("blobs")).unwrap();
    let (invitation, enrolment) = (Secret::make().hash(), Secret::make().hash());
    let address = "alice@example.org".to_owned();
    let new = Invitation { hash: invitation, address: address.clone(), expires_at: 100, seed: [0; 16] };
    assert!(db.invite(new).await.is_ok());
    assert!(db.begin_enrolment(invitation, address, enrolment, "laptop".to_owned(), 1).await.is_ok());
    let device =
        NewDevice { id: Id::make(), token: Secret::make().hash(), recovery_codes: vec![], quota: 1 << 20 };
    let proof = Proof::Totp(Box::new(|_, _| Some(1)));
    assert!(db.confirm_enrolment(enrolment, proof, device, 1).await.is_ok());
    let (message, guest) = (Id::make(), Id::make());
    let owner = Owner::Message(message);
    blobs
        .add(vec![
            Put { key: Key::Guest(message, guest), bytes: b"guest".to_vec() },
            Put { key: Key::Part(owner, 0), bytes: b"part".to_vec() },
        ])
        .await
        .unwrap();
    let rows = NewMessage {
        id: message,
        member: 1,
        created_at: 1,
        expires_at: 1_000,
        request: Hash::of(b"request"),
        fetch_token: None,
        openers: 0,
        size: 9,
        parts: vec![
            NewPart { size: 4, hash: Hash::of(b"part"), here: true },
            NewPart { size: 4, hash: Hash::of(b"more"), here: false },
        ],
        guests: vec![NewGuest {
            guest,
            address: Hash::of(b"address"),
            factor: FactorKind::Code,
            verifier: Some(Hash::of(b"verifier")),
        }],
    };
    assert!(db.create_message(rows).await.is_ok());
    (folder, db, blobs, message, guest)
}

#[tokio::test]
async fn every_injected_fault_is_found_and_named() {
    let (folder, db, blobs, message, guest) = store().await;
    assert_eq!(check(&db, &blobs).await.unwrap(), []);
    let part = Blobs::name_of(Key::Part(Owner::Message(message), 0));
    let share = Blobs::name_of(Key::Guest(message, guest));
    let file = |name: &str| folder.path().join("blobs").join(name);

    std::fs::write(file(&part), "pars").unwrap();
    assert_eq!(check(&db, &blobs).await.unwrap(), [Fault::Damaged(part.clone())]);
    std::fs::write(file(&part), "par").unwrap();
    assert_eq!(check(&db, &blobs).await.unwrap(), [Fault::Damaged(part.clone())]);
    std::fs::remove_file(file(&part)).unwrap();
    assert_eq!(check(&db, &blobs).await.unwrap(), [Fault::Missing(part.clone())]);
    std::fs::write(file(&part), "part").unwrap();

    std::fs::rename(file(&share), file("away")).unwrap();
    assert_eq!(
        check(&db, &blobs).await.unwrap(),
        [Fault::Missing(share.clone()), Fault::Orphan("away".to_owned())]
    );
    std::fs::rename(file("away"), file(&share)).unwrap();

    // A row that says more than there is of an upload.
    assert!(db.received(Owner::Message(message), 1, 3).await.is_ok());
    let upload = format!("{}.upload", Blobs::name_of(Key::Part(Owner::Message(message), 1)));
    assert_eq!(check(&db, &blobs).await.unwrap(), [Fault::Missing(upload.clone())]);
    std::fs::write(file(&upload), "mor").unwrap();
    assert_eq!(check(&db, &blobs).await.unwrap(), []);

    assert!(db.recall(message).await.is_ok());
    let mut left = vec![Fault::NotErased(part), Fault::NotErased(share), Fault::NotErased(upload)];
    left.sort();
    assert_eq!(check(&db, &blobs).await.unwrap(), left);
    blobs.erase(Owner::Message(message)).await.unwrap();
    assert_eq!(check(&db, &blobs).await.unwrap(), []);
}
