use super::*;

fn store() -> (tempfile::TempDir, Blobs) {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path().join("blobs")).unwrap();
    (folder, blobs)
}

#[tokio::test]
async fn what_is_erased_is_gone_and_nothing_else() {
    let (_folder, blobs) = store();
    let (message, other, guest) = (Id::make(), Id::make(), Id::make());
    let owner = Owner::Message(message);
    let keys =
        [Key::Guest(message, guest), Key::Part(owner, 0), Key::Part(owner, 1), Key::Guest(other, guest)];
    for key in keys {
        blobs.add(vec![Put { key, bytes: b"x".to_vec() }]).await.unwrap();
    }
    drop(blobs.upload(Key::Part(owner, 2), 0).await.unwrap());
    assert_eq!(blobs.list().unwrap().len(), 5);
    blobs.erase(owner).await.unwrap();
    let left: Vec<String> = blobs.list().unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(left, [Blobs::name_of(Key::Guest(other, guest))]);
    blobs.erase(owner).await.unwrap();
}

#[tokio::test]
async fn an_upload_goes_on_where_it_was_synced() {
    let (_folder, blobs) = store();
    let key = Key::Part(Owner::Message(Id::make()), 0);
    let upload = blobs.upload(key, 0).await.unwrap();
    let upload =
        upload.write(vec![Bytes::from_static(b"hello "), Bytes::from_static(b"torn")]).await.unwrap();
    drop(upload.sync().await.unwrap());
    let upload = blobs.upload(key, 6).await.unwrap();
    let upload = upload.write(vec![Bytes::from_static(b"world")]).await.unwrap();
    assert!(blobs.reader(key).await.unwrap().is_none());
    assert!(upload.finish(Hash::of(b"hello world")).await.unwrap());
    assert_eq!(blobs.read(key).await.unwrap().unwrap(), b"hello world");
}

#[tokio::test]
async fn an_upload_with_another_hash_leaves_nothing() {
    let (_folder, blobs) = store();
    let key = Key::Part(Owner::Reply(Id::make()), 3);
    let upload = blobs.upload(key, 0).await.unwrap().write(vec![Bytes::from_static(b"a")]).await.unwrap();
    assert!(!upload.finish(Hash::of(b"b")).await.unwrap());
    assert!(blobs.list().unwrap().is_empty());
}

use bytes::Bytes;
