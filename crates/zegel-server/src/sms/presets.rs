//! What gateways want to hear, as data: written from their public documents, and never run against the providers themselves.

/// How a gateway is spoken to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Preset {
    pub(super) name: &'static str,
    /// Where requests go.
    pub(super) url: &'static str,
    /// The field of the header that holds the key, and what stands before the key.
    pub(super) header: &'static str,
    pub(super) prefix: &'static str,
    /// The JSON that is posted. In its strings `{plus}` is the number as `+31…`, `{digits}` as `31…`, `{zeros}` as `0031…`,
    /// `{originator}` who sends, `{text}` what. A string that is `{number}` alone becomes the digits as a JSON number.
    pub(super) body: &'static str,
}

/// All presets, by name.
pub(super) const PRESETS: [Preset; 3] = [
    // https://developers.cm.com/messaging/docs/integration, and .../sms: POST /v1.0/message
    Preset {
        name: "cm",
        url: "https://gw.cmtelecom.com/v1.0/message",
        header: "X-CM-PRODUCTTOKEN",
        prefix: "",
        body: r#"{"messages":{"msg":[{"allowedChannels":["SMS"],"body":{"content":"{text}","type":"auto"},"from":"{originator}",
            "maximumNumberOfMessageParts":2,"minimumNumberOfMessageParts":1,"to":[{"number":"{zeros}"}]}]}}"#,
    },
    // https://developers.messagebird.com/api/sms-messaging: POST /messages
    Preset {
        name: "messagebird",
        url: "https://rest.messagebird.com/messages",
        header: "Authorization",
        prefix: "AccessKey ",
        body: r#"{"body":"{text}","originator":"{originator}","recipients":["{number}"]}"#,
    },
    // https://docs.spryngsms.com: POST /v1/messages
    Preset {
        name: "spryng",
        url: "https://rest.spryngsms.com/v1/messages",
        header: "Authorization",
        prefix: "Bearer ",
        body: r#"{"body":"{text}","encoding":"auto","originator":"{originator}","recipients":["{digits}"],"route":"business"}"#,
    },
];
