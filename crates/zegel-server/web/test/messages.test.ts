// The messages of the vectors, opened with the page's code as the holder of a key would: a guest's envelope differs from theirs only in
// whom it names. Reading the archive and looking up contacts is not the page's work; those cases are left out by their class.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openBytes, openStream, recipientOf, sealBytes, identityFromSeed, measureHeader } from "../src/formats/age.js";
import { type Bytes, concat, FormError, refuse, utf8 } from "../src/formats/bytes.js";
import { beginBlake3 } from "../src/formats/crypto.js";
import { openEnvelope } from "../src/formats/envelope.js";
import { readMail } from "../src/formats/mail.js";
import { openPart, Pile, sealPart } from "../src/formats/part.js";
import { padme } from "../src/formats/text.js";
import { restore } from "../src/eml.js";
import { bytes, type Case, cases } from "./vectors.js";

const people = new Map(cases("people").map((person) => [person.name, person]));

function person(name: string) {
  const found = people.get(name) ?? assert.fail(name);
  const identities = (found.identity as string).match(/AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]+/g) ?? [];
  return { identities, fingerprint: found.expect.fingerprint as string, address: found.expect.address as string };
}

/** The entries of an archive that is known to be one. */
function entries(archive: Bytes, folder: string): Bytes[] {
  const found: Bytes[] = [];
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const text = (from: number, length: number) => Buffer.from(archive.subarray(at + from, at + from + length)).toString("latin1");
    const size = Number.parseInt(text(124, 11), 8);
    const name = text(0, 100).replace(/\0.*$/s, "");
    if (name.startsWith(`${folder}/`)) found.push(archive.slice(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return found;
}

async function open(given: Case) {
  const archive = bytes(given.container as string);
  const reader = person(given.opener as string);
  const base = (given.opener as string).replace("-rotated", "");
  const all = [...people.values()].filter(({ name }) => [base, `${base}-rotated`].includes(name)).map(({ name }) => person(name));
  const isForReader = ({ opener }: { opener: { card: string | undefined; address: { text: string } } }) =>
    all.some(({ fingerprint }) => fingerprint === opener.card) && opener.address.text === reader.address;
  let last: unknown;
  let envelope;
  for (const file of entries(archive, "envelopes")) {
    for (const identity of reader.identities.filter((text) => text.startsWith("AGE-SECRET-KEY-PQ-"))) {
      try {
        envelope ??= await openEnvelope(file, identity, isForReader);
      } catch (error) {
        if (!(error instanceof FormError) || (last === undefined && error.reason === "no key")) last ??= error;
        else if (error.reason !== "no key") last = error;
      }
    }
  }
  if (envelope === undefined) throw last ?? new FormError("no envelope");
  const { manifest, messageIdentity } = envelope;
  const contact = (given.contacts as { person: string }[])[0];
  const known = contact === undefined ? reader : person(contact.person);
  if (manifest.opener.role !== "sender" && known.fingerprint !== manifest.sender.card) refuse("of an unknown sender");
  const files = entries(archive, "parts");
  if (files.length !== manifest.parts.length) refuse("other parts than were signed");
  const contents: Blob[] = [];
  for (const [index, part] of manifest.parts.entries()) {
    const pile = new Pile();
    const file = files[index] as Bytes;
    await openPart(new Blob([file]).stream(), file.length, part, messageIdentity, (piece) => pile.add(piece));
    contents.push(pile.toBlob(part.mediaType));
  }
  const body = new Uint8Array(await (contents[0] as Blob).arrayBuffer());
  const mail = await readMail(body, {
    from: manifest.sender.address,
    to: manifest.to,
    cc: manifest.cc,
    subject: manifest.subject,
    sent: manifest.sent,
    inReplyTo: manifest.inReplyTo,
    parts: manifest.parts,
  });
  return { manifest, body, mail, parts: contents.slice(1) };
}

async function blake3(content: Bytes): Promise<string> {
  const hash = await beginBlake3();
  hash.update(content);
  return hash.digest();
}

/** Of these a guest's page sees nothing: the archive, the pins, other envelopes, classic keys, its own clock. */
const NOT_OURS = ["container", "expired", "key changed", "on server", "unknown sender"];
const NOT_OURS_BY_NAME = ["classic-envelope-beside-a-post-quantum-message", "classic-recipient", "letter-first-use"];

for (const given of cases("messages")) {
  if (NOT_OURS.includes(given.expect.outcome) || NOT_OURS_BY_NAME.includes(given.name)) continue;
  test(`messages: ${given.name}`, async () => {
    if (given.expect.outcome === "good") {
      const { manifest, body, parts } = await open(given);
      assert.equal(manifest.id, given.expect.id);
      assert.equal(manifest.subject, given.expect.subject);
      assert.equal(manifest.opener.role, given.expect.role);
      assert.equal(await blake3(body), given.expect.body_blake3);
      assert.equal(parts.length, (given.expect.parts as unknown[]).length);
    } else {
      await assert.rejects(open(given), FormError);
    }
  });
}

test("a message with a part is put together again", async () => {
  const given = cases("messages").find(({ name }) => name === "with-a-part") ?? assert.fail();
  const { body, parts } = await open(given);
  const whole = Buffer.from(await (await restore(body, parts)).arrayBuffer()).toString("latin1");
  assert.doesNotMatch(whole, /HP-Outer|hp="cipher"|x-zegel-part/);
  const part = Buffer.from(await (parts[0] as Blob).arrayBuffer());
  assert.ok(whole.replace(/\r?\n/g, "").includes(part.toString("base64")));
});

const identity = identityFromSeed(new Uint8Array(32).fill(3));

test("a part that is cut anywhere gives nothing that passes for whole (T27)", async () => {
  const content = new Uint8Array(200_000).map((_, at) => at);
  const recipient = await recipientOf(identity);
  const sealed = await sealPart(new Blob([content]), { index: 1, mediaType: "a/b", name: "x" }, recipient);
  const file = new Uint8Array(await sealed.file.arrayBuffer());
  const whole: Bytes[] = [];
  await openPart(new Blob([file]).stream(), file.length, sealed.part, identity, (piece) => whole.push(piece));
  assert.deepEqual(concat(...whole), content);
  const cuts = [0, 1, 100, 1600, 2000, file.length - 65_552, file.length - 65_553, file.length - 17, file.length - 16, file.length - 1];
  for (let at = 3000; at < file.length; at += 4099) cuts.push(at);
  for (const cut of cuts) {
    for (const size of [cut, file.length]) {
      const stream = new Blob([file.slice(0, cut)]).stream();
      await assert.rejects(openPart(stream, size, sealed.part, identity, () => {}), FormError, `cut at ${cut}`);
    }
  }
  // One byte changed, anywhere.
  for (let at = 0; at < file.length; at += 2003) {
    const changed = file.slice();
    changed[at] = (changed[at] as number) ^ 1;
    await assert.rejects(openPart(new Blob([changed]).stream(), file.length, sealed.part, identity, () => {}), FormError, `at ${at}`);
  }
});

test("a file to two recipients, to a classic one or with a long header is not opened (T24, T26)", async () => {
  const { Encrypter, generateX25519Identity, identityToRecipient } = await import("age-encryption");
  const hybrid = await recipientOf(identity);
  const classicIdentity = await generateX25519Identity();
  const classic = await identityToRecipient(classicIdentity);
  const make = async (...recipients: string[]) => {
    const encrypter = new Encrypter();
    for (const recipient of recipients) encrypter.addRecipient(recipient);
    return (await encrypter.encrypt(utf8("secret"))) as Bytes;
  };
  assert.deepEqual(await openBytes(await make(hybrid), identity), utf8("secret"));
  for (const file of [await make(hybrid, classic), await make(classic, hybrid), await make(hybrid, hybrid), await make(classic)]) {
    await assert.rejects(openBytes(file, identity), FormError);
  }
  await assert.rejects(sealBytes(utf8("secret"), classic), FormError);
  const junk = concat(utf8("age-encryption.org/v1\n"), utf8("-> X25519 AAAA\nAAAA\n".repeat(50_000)));
  const start = performance.now();
  assert.throws(() => measureHeader(junk), FormError);
  assert.ok(performance.now() - start < 1000);
  const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(utf8("age-encryption.org/v1\n-> X 1\nAAAA\n")) });
  await assert.rejects(openStream(endless, 100, 10, identity, () => {}), FormError);
});

test("padding never costs more than twelve percent", () => {
  for (let length = 0; length < 2_000_000; length += 997) {
    const padded = padme(length);
    assert.ok(padded >= length && (padded - length) * 100 <= length * 12);
    assert.equal(padme(padded), padded);
  }
});
