-- Rows hold hashes, times, sizes and states. What opens anything (shares, envelopes, numbers) lies in files.

CREATE TABLE members (
    id INTEGER PRIMARY KEY,
    address TEXT NOT NULL UNIQUE,
    -- Set at the first enrolment; an invited address alone is no member.
    enrolled_at INTEGER NOT NULL,
    blocked INTEGER NOT NULL DEFAULT 0,
    quota INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    -- The last time step of the authenticator that was accepted (RFC 6238 section 5.2: each counts once).
    totp_step INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE invitations (
    hash BLOB PRIMARY KEY,
    address TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    -- What the secret of a new member's authenticator is derived from.
    seed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE enrolments (
    hash BLOB PRIMARY KEY,
    invitation BLOB NOT NULL,
    device TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE authenticators (
    member INTEGER PRIMARY KEY REFERENCES members (id) ON DELETE CASCADE,
    seed BLOB NOT NULL
) STRICT;

CREATE TABLE devices (
    id BLOB PRIMARY KEY,
    member INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    token BLOB NOT NULL UNIQUE,
    enrolled_at INTEGER NOT NULL,
    seen_on INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_of_member ON devices (member);

CREATE TABLE recovery_codes (
    member INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    hash BLOB NOT NULL,
    PRIMARY KEY (member, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE cards (
    member INTEGER PRIMARY KEY REFERENCES members (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    domain TEXT NOT NULL,
    published INTEGER NOT NULL,
    card TEXT NOT NULL
) STRICT;
CREATE INDEX cards_by_name ON cards (name);

-- state: 0 uploading, 1 ready, 2 recalled, 3 expired. A row stays as the tombstone of its id.
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    member INTEGER NOT NULL REFERENCES members (id),
    state INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    request BLOB NOT NULL,
    fetch_token BLOB,
    openers INTEGER NOT NULL,
    size INTEGER NOT NULL,
    erased INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX messages_of_member ON messages (member, seq);
CREATE INDEX messages_by_end ON messages (expires_at) WHERE state < 2;
CREATE INDEX messages_to_erase ON messages (seq) WHERE state > 1 AND erased = 0;

-- kind: 0 of a message, 1 of a reply.
CREATE TABLE parts (
    kind INTEGER NOT NULL,
    owner BLOB NOT NULL,
    number INTEGER NOT NULL,
    size INTEGER NOT NULL,
    hash BLOB NOT NULL,
    received INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    PRIMARY KEY (kind, owner, number)
) STRICT, WITHOUT ROWID;

-- factor: 0 code, 1 mail, 2 sms.
CREATE TABLE guests (
    message BLOB NOT NULL,
    guest BLOB NOT NULL,
    number INTEGER NOT NULL,
    address BLOB,
    factor INTEGER NOT NULL,
    verifier BLOB,
    recalled INTEGER NOT NULL DEFAULT 0,
    delivered_at INTEGER,
    wrong_number_at INTEGER,
    PRIMARY KEY (message, guest)
) STRICT, WITHOUT ROWID;

-- Judged tries of guests, and of those who are none: both count and lock alike.
CREATE TABLE tries (
    message BLOB NOT NULL,
    guest BLOB NOT NULL,
    tries INTEGER NOT NULL,
    PRIMARY KEY (message, guest)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipts (
    message BLOB NOT NULL,
    opener BLOB NOT NULL,
    receipt TEXT NOT NULL,
    PRIMARY KEY (message, opener)
) STRICT, WITHOUT ROWID;

-- state: 0 uploading, 1 complete, 2 removed. `arrived` orders the inbox.
CREATE TABLE replies (
    id BLOB PRIMARY KEY,
    message BLOB NOT NULL,
    guest BLOB NOT NULL,
    member INTEGER NOT NULL REFERENCES members (id),
    state INTEGER NOT NULL,
    request BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    received_at INTEGER,
    arrived INTEGER,
    size INTEGER NOT NULL,
    erased INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX replies_of_guest ON replies (message, guest);
CREATE UNIQUE INDEX replies_by_arrival ON replies (member, arrived) WHERE arrived IS NOT NULL;
CREATE INDEX replies_to_finish ON replies (created_at) WHERE state = 0;
CREATE INDEX replies_to_erase ON replies (id) WHERE state = 2 AND erased = 0;

-- Counts what ends sessions and streams, also when another process did it.
CREATE TABLE epoch (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    value INTEGER NOT NULL
) STRICT;
INSERT INTO epoch (only, value) VALUES (1, 0);
