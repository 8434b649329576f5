// Whole messages that the Rust core sealed to guests, opened as the page does.

import assert from "node:assert/strict";
import { test } from "node:test";

import { recipientOf } from "../src/formats/age.js";
import { fixedBase32, toBase32 } from "../src/formats/base32.js";
import { type Bytes, concat, FormError, fromBase64, refuse } from "../src/formats/bytes.js";
import { beginBlake3 } from "../src/formats/crypto.js";
import { openGuestEnvelope } from "../src/formats/envelope.js";
import { deriveCodeKeys, deriveGuestIdentity, parseIds } from "../src/formats/guest.js";
import { readMail } from "../src/formats/mail.js";
import { openPart } from "../src/formats/part.js";
import { readSecret } from "../src/link.js";
import { type Case, cases } from "./vectors.js";

async function open(given: Case) {
  const text = (field: string) => given[field] as string;
  const ids = parseIds(text("message"), text("guest"));
  const link = readSecret(text("link")) ?? assert.fail("not a link secret");
  const code = given.code === undefined ? undefined : await deriveCodeKeys(text("code"), ids);
  const identity = await deriveGuestIdentity(link, fixedBase32(text("share"), 32), code?.seal, ids);
  const envelope = await openGuestEnvelope(fromBase64(text("envelope")), identity, text("message"), text("guest"));
  const { manifest, messageIdentity } = envelope;
  const files = (given.parts as string[]).map(fromBase64);
  if (files.length !== manifest.parts.length) refuse("other parts than were signed");
  const contents: Bytes[] = [];
  for (const [index, part] of manifest.parts.entries()) {
    const file = files[index] as Bytes;
    const pieces: Bytes[] = [];
    await openPart(new Blob([file]).stream(), file.length, part, messageIdentity, (piece) => pieces.push(piece));
    contents.push(concat(...pieces));
  }
  const mail = await readMail(contents[0] as Bytes, {
    from: manifest.sender.address,
    to: manifest.to,
    cc: manifest.cc,
    subject: manifest.subject,
    sent: manifest.sent,
    inReplyTo: manifest.inReplyTo,
    parts: manifest.parts,
  });
  const hash = await beginBlake3();
  hash.update(contents[0] as Bytes);
  await recipientOf(messageIdentity);
  return {
    outcome: "good",
    address: manifest.opener.address.text,
    body_blake3: hash.digest(),
    fingerprint: manifest.sender.card,
    guest: manifest.opener.guest,
    id: manifest.id,
    parts: manifest.parts.slice(1).map(({ blake3, name }) => ({ blake3, name })),
    pq: manifest.pq,
    reply_key: toBase32(manifest.replyKey),
    reply_recipient: manifest.replyRecipient,
    sender: manifest.sender.address.text,
    subject: manifest.subject,
    text: mail.text.trimEnd(),
  };
}

/** The page pins nobody: what it says of a sender is tested in the browser, with a directory. */
const NOT_OURS = ["key changed", "unknown sender"];

for (const given of cases("guest-messages")) {
  const { assurance, ...expected } = given.expect;
  if (NOT_OURS.includes(expected.outcome)) continue;
  test(`guest-messages: ${given.name}`, async () => {
    if (expected.outcome === "good") {
      assert.deepEqual(await open(given), { ...expected, text: (expected["text"] as string).trimEnd() });
    } else {
      const reason = await open(given).then(
        () => assert.fail("it opened"),
        (error: unknown) => (error instanceof FormError ? error.reason : assert.fail(String(error))),
      );
      assert.equal(reason === "no key", expected.outcome === "no key");
    }
  });
}
