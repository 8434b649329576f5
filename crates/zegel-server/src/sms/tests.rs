use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;

const SMS: Sms<'static> = Sms { number: "+31600000042", text: "{digits} 123456 \"quoted\"" };

/// What a stand-in heard: path, header fields, body.
type Heard = (String, Vec<String>, Value);

/// A provider's stand-in that answers every request with one status, or never when that is 0.
fn stand_in(status: u16) -> (String, mpsc::Receiver<Heard>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1/send", listener.local_addr().unwrap());
    let (sender, heard) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut lines = Vec::new();
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).unwrap() == 0 || line == "\r\n" {
                    break;
                }
                lines.push(line.trim_end().to_owned());
            }
            let length = lines
                .iter()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            stream.read_exact(&mut body).unwrap();
            let first = lines.remove(0);
            let _ = sender.send((first, lines, serde_json::from_slice(&body).unwrap()));
            if status == 0 {
                std::thread::sleep(Duration::from_secs(30));
            }
            let _ = write!(
                stream.get_mut(),
                "HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
        }
    });
    (address, heard)
}

fn gateways(folder: &tempfile::TempDir, parts: &[(&str, &str)]) -> Result<Gateways, Failure> {
    let key = folder.path().join("key");
    std::fs::write(&key, "secret-key\n").unwrap();
    let text: String = parts
        .iter()
        .map(|(more, url)| {
            format!("[[gateways]]\n{more}\nurl = {url:?}\nkey_file = {key:?}\noriginator = \"Zorg\"\n")
        })
        .collect();
    Gateways::new(&toml::from_str(&text).unwrap())
}

/// What each provider's public document asks for: the field with the key, and the JSON.
#[tokio::test]
async fn every_preset_says_what_its_document_asks_for() {
    let folder = tempfile::tempdir().unwrap();
    let text = SMS.text;
    for (preset, field, body) in [
        (
            "cm",
            "x-cm-producttoken: secret-key",
            json!({ "messages": { "msg": [{
                "allowedChannels": ["SMS"],
                "body": { "content": text, "type": "auto" },
                "from": "Zorg",
                "maximumNumberOfMessageParts": 2,
                "minimumNumberOfMessageParts": 1,
                "to": [{ "number": "0031600000042" }],
            }] } }),
        ),
        (
            "messagebird",
            "authorization: AccessKey secret-key",
            json!({ "body": text, "originator": "Zorg", "recipients": [31_600_000_042_u64] }),
        ),
        (
            "spryng",
            "authorization: Bearer secret-key",
            json!({
                "body": text,
                "encoding": "auto",
                "originator": "Zorg",
                "recipients": ["31600000042"],
                "route": "business",
            }),
        ),
    ] {
        let (url, heard) = stand_in(201);
        let gateways = gateways(&folder, &[(&format!("preset = {preset:?}"), &url)]).unwrap();
        gateways.send(SMS).await.unwrap();
        let (first, fields, sent) = heard.recv().unwrap();
        assert_eq!(first, "POST /v1/send HTTP/1.1");
        assert!(fields.iter().any(|line| line == field), "{preset}: {fields:?}");
        assert!(fields.iter().any(|line| line == "content-type: application/json"));
        assert_eq!(sent, body, "{preset}");
    }
}

#[tokio::test]
async fn a_gateway_of_any_shape_can_be_described() {
    let folder = tempfile::tempdir().unwrap();
    let (url, heard) = stand_in(200);
    let more = "header = \"X-Key\"\nbody = '{\"to\":\"{plus}\",\"msg\":\"{text}\"}'";
    gateways(&folder, &[(more, &url)]).unwrap().send(SMS).await.unwrap();
    let (_, fields, sent) = heard.recv().unwrap();
    assert!(fields.iter().any(|line| line == "x-key: secret-key"));
    assert_eq!(sent, json!({ "to": "+31600000042", "msg": SMS.text }));
}

#[tokio::test]
async fn the_next_gateway_takes_over() {
    let folder = tempfile::tempdir().unwrap();
    let preset = "preset = \"spryng\"";
    let ((refusing, first), (hanging, second), (taking, third)) = (stand_in(500), stand_in(0), stand_in(200));
    let gateways = gateways(&folder, &[(preset, &refusing), (preset, &hanging), (preset, &taking)]).unwrap();
    let began = Instant::now();
    gateways.send(SMS).await.unwrap();
    // One that hangs holds a guest up for five seconds, not longer (R10).
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    for heard in [first, second, third] {
        assert_eq!(heard.try_iter().count(), 1);
    }
}

#[tokio::test]
async fn no_gateway_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let (url, heard) = stand_in(401);
    let gateways = gateways(&folder, &[("preset = \"cm\"", &url)]).unwrap();
    assert_eq!(gateways.send(SMS).await, Err(Refusal::unavailable()));
    assert_eq!(heard.try_iter().count(), 1);
    let none = Gateways::new(&SmsConfig::default()).unwrap();
    assert!(!none.can_send());
    assert_eq!(none.send(SMS).await, Err(Refusal::unavailable()));
}

#[test]
fn a_key_does_not_travel_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    assert!(gateways(&folder, &[("preset = \"cm\"", "http://sms.example.org/")]).is_err());
    assert!(gateways(&folder, &[("preset = \"cm\"", "https://sms.example.org/")]).is_ok());
    assert!(gateways(&folder, &[("preset = \"unknown\"", "https://sms.example.org/")]).is_err());
    assert!(gateways(&folder, &[("", "https://sms.example.org/")]).is_err());
    assert!(
        !format!("{:?}", gateways(&folder, &[("preset = \"cm\"", "https://sms.example.org/")]).unwrap())
            .contains("secret-key")
    );
}

#[test]
fn a_text_fits_into_one_sms() {
    for language in ["nl", "en"] {
        let text = text(language, "123456", "zegel.example.org");
        assert!(text.len() <= 160, "{language}: {}", text.len());
        assert!(
            text.is_ascii() && text.starts_with("123456 ") && text.ends_with("@zegel.example.org #123456")
        );
    }
}
