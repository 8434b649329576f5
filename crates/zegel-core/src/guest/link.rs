//! The link that a guest gets: where the message lies, which one it is, and the secret in the fragment.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use zeroize::Zeroizing;

use super::LinkSecret;
use crate::id::MessageId;

/// Longest origin in bytes.
const ORIGIN_MAX: usize = 300;
/// Longest link in bytes, as pasted.
const LINK_MAX: usize = 1_000;

/// Tells that a text is not where a server can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a server is named https://host or https://host:port; http only on this computer itself")]
pub struct OriginError;

/// Tells what is wrong with a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Not of the form `https://host/m/<message>#<secret>`.
    #[error("not a link to a message: https://host/m/MESSAGE#SECRET")]
    Form,
    /// What follows the `#` is missing, or is not whole.
    #[error("the link is not whole: after the # come 32 characters")]
    Secret,
}

/// Where a server is: scheme, host and port, without a path.
///
/// Plain `http` is for loopback only, where nobody listens who could not read the program's memory as well.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerOrigin(String);

impl ServerOrigin {
    /// Returns the text, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the host, without the port.
    pub fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, authority)| authority);
        host_and_port(authority).map_or("", |(host, _)| host)
    }

    /// Says whether it is spoken to over TLS.
    pub fn is_tls(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl FromStr for ServerOrigin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let text = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
        if text.len() > ORIGIN_MAX {
            return Err(OriginError);
        }
        let (scheme, authority) = text.split_once("://").ok_or(OriginError)?;
        let (host, port) = host_and_port(authority).ok_or(OriginError)?;
        let named = !host.is_empty()
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
            && !host.starts_with(['.', '-'])
            && !host.ends_with(['.', '-'])
            && !host.contains("..");
        let six = host == "[::1]";
        let port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
        let safe = match scheme {
            "https" => true,
            "http" => six || host == "localhost" || host.starts_with("127.") && is_ipv4(host),
            _ => false,
        };
        if (named || six) && port && safe { Ok(Self(text)) } else { Err(OriginError) }
    }
}

impl fmt::Display for ServerOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_ipv4(host: &str) -> bool {
    host.parse::<std::net::Ipv4Addr>().is_ok()
}

fn host_and_port(authority: &str) -> Option<(&str, Option<&str>)> {
    if authority.starts_with('[') {
        let end = authority.find(']')? + 1;
        let (host, rest) = authority.split_at_checked(end)?;
        return match rest {
            "" => Some((host, None)),
            _ => Some((host, Some(rest.strip_prefix(':')?))),
        };
    }
    Some(match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    })
}

/// A guest's link.
#[derive(Debug, Clone)]
pub struct GuestLinkUrl {
    /// The server.
    pub origin: ServerOrigin,
    /// The message.
    pub message: MessageId,
    /// The secret; it stands in the fragment and is never sent to the server.
    pub secret: LinkSecret,
}

impl GuestLinkUrl {
    /// Reads a link as it was pasted. A mail program may have written the `#` as `%23`, or that as `%2523`.
    ///
    /// # Errors
    /// See [`LinkError`].
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let text = text.trim().trim_start_matches('<').trim_end_matches('>');
        if text.len() > LINK_MAX {
            return Err(LinkError::Form);
        }
        let (origin, rest) = text.split_once("/m/").ok_or(LinkError::Form)?;
        let origin = origin.parse().map_err(|_| LinkError::Form)?;
        let separated = ["#", "%2523", "%23"].iter().find_map(|mark| rest.split_once(mark));
        let Some((message, secret)) = separated else {
            return Err(if rest.parse::<MessageId>().is_ok() { LinkError::Secret } else { LinkError::Form });
        };
        let message = message.parse().map_err(|_| LinkError::Form)?;
        let secret = LinkSecret::parse(secret).map_err(|_| LinkError::Secret)?;
        Ok(Self { origin, message, secret })
    }

    /// Returns the page of the message, without the secret.
    pub fn page(&self) -> String {
        format!("{}/m/{}", self.origin, self.message)
    }

    /// Returns the whole link.
    pub fn to_secret_text(&self) -> Zeroizing<String> {
        // EXPOSE: this is the function that writes the link for the guest's mail.
        Zeroizing::new(format!("{}#{}", self.page(), self.secret.to_secret_text().as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "aeaqcaibaeaqcaibaeaqcaibae";
    const SECRET: &str = "ambqgaydambqgaydambqgaydambqgayd";

    #[test]
    fn origins_are_a_host_and_nothing_else() {
        for text in [
            "https://zegel.example.org",
            "https://zegel.example.org:8443",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "http://localhost",
        ] {
            let origin: ServerOrigin = text.parse().unwrap();
            assert_eq!(origin.to_string(), text);
            assert_eq!(format!("{text}/").parse(), Ok(origin));
        }
        assert_eq!("https://a.example:1".parse::<ServerOrigin>().unwrap().host(), "a.example");
        for text in [
            "",
            "zegel.example.org",
            "http://zegel.example.org",
            "http://127.0.0.1.example.org",
            "http://127.evil.example",
            "ftp://zegel.example.org",
            "https://",
            "https://user@zegel.example.org",
            "https://zegel.example.org/path",
            "https://zegel.example.org?x",
            "https://zegel.example.org#x",
            "https://zegel.example.org:0",
            "https://zegel.example.org:99999",
            "https://zegel..example.org",
            "https://zegel.example.org\r\nX: y",
        ] {
            assert!(text.parse::<ServerOrigin>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn links_survive_what_mail_programs_do_to_them() {
        let whole = format!("https://zegel.example.org/m/{ID}#{SECRET}");
        for text in [
            whole.clone(),
            format!(" <{whole}>\n"),
            whole.replace('#', "%23"),
            whole.replace('#', "%2523"),
            whole.replace(SECRET, &SECRET.to_uppercase()),
        ] {
            let link = GuestLinkUrl::parse(&text).unwrap();
            assert_eq!(*link.to_secret_text(), whole, "{text}");
            assert!(!format!("{link:?}").contains(SECRET));
        }
        let page = format!("https://zegel.example.org/m/{ID}");
        assert_eq!(GuestLinkUrl::parse(&page).unwrap_err(), LinkError::Secret);
        assert_eq!(
            GuestLinkUrl::parse(whole.get(..whole.len() - 1).unwrap()).unwrap_err(),
            LinkError::Secret
        );
        for text in
            ["", "https://zegel.example.org/", &whole.replace("https", "http"), &whole.replace("/m/", "/n/")]
        {
            assert_eq!(GuestLinkUrl::parse(text).unwrap_err(), LinkError::Form, "{text}");
        }
    }
}
