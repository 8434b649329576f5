//! One gateway over HTTP.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, Url};
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::Sms;
use super::presets::PRESETS;
use crate::fail::Failure;

/// How long a gateway may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A gateway, as it is configured.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GatewayConfig {
    /// `cm`, `messagebird` or `spryng`; without one, `url`, `header` and `body` say all.
    #[serde(default)]
    preset: Option<String>,
    /// The file that holds the key.
    key_file: PathBuf,
    /// Whose name stands above the SMS.
    originator: String,
    /// Where requests go, in the place of what the preset says.
    #[serde(default)]
    url: Option<String>,
    /// The field of the header that holds the key.
    #[serde(default)]
    header: Option<String>,
    /// What stands before the key.
    #[serde(default)]
    prefix: Option<String>,
    /// The JSON that is posted.
    #[serde(default)]
    body: Option<String>,
}

/// A gateway that can be asked.
pub(super) struct Gateway {
    name: String,
    url: Url,
    header: HeaderName,
    key: HeaderValue,
    body: Value,
    originator: String,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Gateway {
    /// Reads the key, and checks what is configured.
    ///
    /// # Errors
    /// When the preset is not known, something is missing, the key cannot be read, or it would travel in the clear.
    pub(super) fn open(config: &GatewayConfig) -> Result<Self, Failure> {
        let wrong = |what: String| Failure::configuration(format!("[[sms.gateways]]: {what}"));
        let preset = match &config.preset {
            None => None,
            Some(name) => {
                let preset = PRESETS.into_iter().find(|preset| preset.name == name);
                Some(preset.ok_or_else(|| wrong(format!("there is no preset `{name}`")))?)
            }
        };
        let take = |own: &Option<String>, preset: Option<&'static str>, what: &str| {
            let value = own.clone().or_else(|| preset.map(str::to_owned));
            value.ok_or_else(|| wrong(format!("{what} is missing")))
        };
        let url = take(&config.url, preset.map(|preset| preset.url), "url")?;
        let url: Url = url.parse().map_err(|_| wrong(format!("`{url}` is not an address")))?;
        let here = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
        if url.scheme() != "https" && !here {
            return Err(wrong(format!("{url} would carry the key and the codes in the clear")));
        }
        let header = take(&config.header, preset.map(|preset| preset.header), "header")?;
        let header = header.parse().map_err(|_| wrong(format!("`{header}` is no field of a header")))?;
        let text = take(&config.body, preset.map(|preset| preset.body), "body")?;
        let body: Value = serde_json::from_str(&text)
            .map_err(|error| wrong("body is not JSON".to_owned()).because(error))?;
        let prefix = config.prefix.as_deref().or(preset.map(|preset| preset.prefix)).unwrap_or_default();
        let key = fs::read_to_string(&config.key_file).map(Zeroizing::new).map_err(|error| {
            wrong(format!("the key {} cannot be read", config.key_file.display())).because(error)
        })?;
        // EXPOSE: the gateway knows us by it.
        let key = Zeroizing::new(format!("{prefix}{}", key.trim()));
        let mut key =
            HeaderValue::from_str(&key).map_err(|_| wrong("the key has odd characters".to_owned()))?;
        key.set_sensitive(true);
        let name = preset.map_or("generic", |preset| preset.name).to_owned();
        Ok(Self { name, url, header, key, body, originator: config.originator.clone() })
    }

    /// Sends an SMS; says whether the gateway took it.
    pub(super) async fn send(&self, client: &Client, sms: &Sms<'_>) -> bool {
        let body = Zeroizing::new(fill(&self.body, sms, &self.originator).to_string());
        let request = client
            .post(self.url.clone())
            .header(self.header.clone(), self.key.clone())
            .header("accept", "application/json")
            .header("content-type", "application/json")
            .timeout(PATIENCE)
            .body(body.as_bytes().to_vec());
        // What it answers is not read: it may hold the number.
        match request.send().await {
            Ok(answer) if answer.status().is_success() => true,
            Ok(answer) => {
                tracing::warn!(gateway = %self.name, status = answer.status().as_u16(), "an SMS gateway refused");
                false
            }
            Err(error) => {
                tracing::warn!(gateway = %self.name, slow = error.is_timeout(), "an SMS gateway did not answer");
                false
            }
        }
    }
}

/// Fills in a template. Only strings are touched, so what is filled in cannot become structure.
fn fill(template: &Value, sms: &Sms<'_>, originator: &str) -> Value {
    let digits = sms.number.trim_start_matches('+');
    match template {
        Value::String(text) if text == "{number}" => {
            digits.parse::<u64>().map_or_else(|_| Value::String(digits.to_owned()), Value::from)
        }
        Value::String(text) => {
            // The text last: what it says is not a placeholder.
            let filled = text
                .replace("{plus}", sms.number)
                .replace("{digits}", digits)
                .replace("{zeros}", &format!("00{digits}"))
                .replace("{originator}", originator)
                .replace("{text}", sms.text);
            Value::String(filled)
        }
        Value::Array(items) => items.iter().map(|item| fill(item, sms, originator)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), fill(value, sms, originator))).collect()
        }
        other => other.clone(),
    }
}
