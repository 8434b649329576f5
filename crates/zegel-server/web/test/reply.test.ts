import assert from "node:assert/strict";
import { test } from "node:test";

import { identityFromSeed, recipientOf } from "../src/formats/age.js";
import { type Bytes, FormError, utf8 } from "../src/formats/bytes.js";
import type { GuestEnvelope } from "../src/formats/envelope.js";
import { readMail, safeName, writeMail } from "../src/formats/mail.js";
import { openPart, Pile } from "../src/formats/part.js";
import { expectOwn, openReply, type ReplyExpectation, sealReply } from "../src/formats/reply.js";
import { parseAddress } from "../src/formats/text.js";

const member = identityFromSeed(new Uint8Array(32).fill(1));
const guest = identityFromSeed(new Uint8Array(32).fill(2));
const guestId = "aibaeaqcaibaeaqcaibaeaqcai";
const messageId = "aeaqcaibaeaqcaibaeaqcaibae";
const card = "a4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dq";

async function answered(): Promise<GuestEnvelope> {
  const alice = parseAddress("alice@example.org");
  const bob = parseAddress("bob@example.net");
  return {
    messageIdentity: guest,
    signingKey: "",
    manifest: {
      archive: undefined,
      cc: [],
      id: messageId,
      inReplyTo: undefined,
      labels: [],
      opener: { address: bob, card: undefined, guest: guestId, role: "guest" },
      parts: [],
      pq: true,
      receiptKey: new Uint8Array(32).fill(8),
      replyKey: new Uint8Array(32).fill(9),
      replyRecipient: await recipientOf(member),
      sender: { address: alice, card },
      sent: 0,
      subject: "Uitslag",
      to: [bob],
    },
  };
}

function file(name: string, length: number, type = ""): File {
  return new File([new Uint8Array(length).map((_, at) => at * 7)], name, { type });
}

const draft = {
  text: "Dank u wel.\nGroeten, Bob – één",
  files: [] as File[],
  inReplyTo: "<1@example.org>",
  subject: "Re: Uitslag – één",
  sent: 1_795_000_000_000,
};

async function read(sealed: Awaited<ReturnType<typeof sealReply>>, envelope: GuestEnvelope) {
  const expected: ReplyExpectation = { ...expectOwn(envelope.manifest, sealed.id), opener: "member" };
  const opened = await openReply(sealed.envelope, member, expected);
  const contents: Bytes[] = [];
  for (const [index, { file }] of sealed.parts.entries()) {
    const pile = new Pile();
    const part = opened.manifest.parts[index] ?? assert.fail();
    await openPart(file.stream(), file.size, part, opened.messageIdentity, (piece) => pile.add(piece));
    contents.push(new Uint8Array(await pile.toBlob("").arrayBuffer()));
  }
  const { manifest } = opened;
  const mail = await readMail(contents[0] ?? assert.fail(), {
    from: manifest.guest.address,
    to: [manifest.member.address],
    cc: [],
    subject: manifest.subject,
    sent: manifest.sent,
    inReplyTo: manifest.inReplyTo,
    parts: manifest.parts,
  });
  return { manifest, mail, contents };
}

test("a reply opens for the member and for the guest, and for nobody else", async () => {
  const envelope = await answered();
  const sealed = await sealReply(envelope, guest, draft);
  const { manifest, mail } = await read(sealed, envelope);
  assert.equal(mail.text.trimEnd(), draft.text);
  assert.equal(manifest.subject, draft.subject);
  assert.equal(manifest.inReplyTo, draft.inReplyTo);
  const own = await openReply(sealed.ownEnvelope, guest, expectOwn(envelope.manifest, sealed.id));
  assert.equal(own.manifest.opener, "guest");
  // Nobody opens the other's.
  await assert.rejects(openReply(sealed.envelope, guest, expectOwn(envelope.manifest, sealed.id)), FormError);
  await assert.rejects(openReply(sealed.ownEnvelope, member, { ...expectOwn(envelope.manifest, sealed.id), opener: "member" }), FormError);
});

test("files stand in the mail while they are small and are parts when they are not", async () => {
  const envelope = await answered();
  const files = [file("foto één.jpg", 3_000_000, "image/jpeg"), file("big.bin", 5_000_000), file("notes.txt", 10, "text/plain")];
  const sealed = await sealReply(envelope, guest, { ...draft, files });
  const { manifest, mail, contents } = await read(sealed, envelope);
  assert.deepEqual(manifest.parts.map(({ name }) => name), ["", "big.bin"]);
  assert.deepEqual(contents[1], new Uint8Array(await (files[1] as File).arrayBuffer()));
  const names = mail.attachments.map(({ name, content }) => [name, content.length]);
  assert.deepEqual(names, [["notes.txt", 10], ["foto één.jpg", 3_000_000]]);
  assert.deepEqual(mail.attachments[1]?.content, new Uint8Array(await (files[0] as File).arrayBuffer()));
});

test("a reply under another message, guest, id, member or key is refused", async () => {
  const envelope = await answered();
  const sealed = await sealReply(envelope, guest, draft);
  const right: ReplyExpectation = { ...expectOwn(envelope.manifest, sealed.id), opener: "member" };
  await openReply(sealed.envelope, member, right);
  const wrong: Partial<ReplyExpectation>[] = [
    { id: messageId },
    { message: guestId },
    { guest: messageId },
    { guestAddress: parseAddress("eve@example.net") },
    { member: { address: parseAddress("eve@example.org"), card } },
    { member: { address: right.member.address, card: card.replace("a4", "b4") } },
    { opener: "guest" },
    { replyKey: new Uint8Array(32) },
  ];
  for (const change of wrong) {
    await assert.rejects(openReply(sealed.envelope, member, { ...right, ...change }), FormError, JSON.stringify(Object.keys(change)));
  }
});

test("a mail says nothing but what it was given, whatever a file is called", async () => {
  const from = parseAddress("bob@example.net");
  const to = parseAddress("alice@example.org");
  const names = ['a"b\r\nBcc: eve@example.com\r\n\r\n', "x\\..\\y", "ümlaut (1).txt", "=?utf-8?q?x?=", "\u202egpj.exe"];
  const used = new Set<string>();
  const files = names.map((name) => ({ name: safeName(name, "a/b", used), mediaType: "a/b", content: utf8("x") }));
  const subject = "one\r\nBcc: eve@example.com";
  const mail = writeMail({ id: messageId, from, to, subject, sent: 1000, inReplyTo: undefined, text: "--\r\n", files, parts: [] });
  const text = new TextDecoder().decode(mail);
  assert.doesNotMatch(text, /^Bcc/m);
  const signed = { from, to: [to], cc: [], subject: "one Bcc: eve@example.com", sent: 1000, inReplyTo: undefined };
  const part = { blake3: "", index: 0, length: 0, mediaType: "message/rfc822", name: "" };
  const opened = await readMail(mail, { ...signed, parts: [part] });
  assert.deepEqual(opened.attachments.map(({ name }) => name), files.map(({ name }) => name));
});

test("a mail whose headers are doubled, hidden or unprotected is refused", async () => {
  const from = parseAddress("bob@example.net");
  const to = parseAddress("alice@example.org");
  const part = { blake3: "", index: 0, length: 0, mediaType: "message/rfc822", name: "" };
  const signed = { from, to: [to], cc: [], subject: "s", sent: 1000, inReplyTo: undefined, parts: [part] };
  const good = new TextDecoder().decode(
    writeMail({ id: messageId, from, to, subject: "s", sent: 1000, inReplyTo: undefined, text: "t", files: [], parts: [] }),
  );
  await readMail(utf8(good), signed);
  await readMail(utf8(good.replace(/\r\n/g, "\n")), signed);
  const bad = [
    good.replace("\r\nFrom: bob", "\r\nFrom: eve"),
    good.replace("\r\nFrom:", "\r\nFrom: eve@example.com\r\nFrom:"),
    good.replace("\r\nTo:", "\r\nFrom: eve@example.com\r\nTo:"),
    good.replace("\r\nTo: alice@example.org", ""),
    good.replace("\r\nTo:", "\r\nCc: eve@example.com\r\nTo:"),
    good.replace("Subject: s", "Subject: other"),
    good.replace(/\r\nDate: .*\+0000/, "\r\nDate: Sat, 21 Nov 2026 07:00:00 +0000"),
    good.replace('; hp="cipher"', ""),
    good.replace('hp="cipher"', 'hp="clear"'),
    good.replace(/HP-Outer: Subject.*\r\n/, ""),
    good.replace("\r\nTo:", "\rTo:"),
    good.replace("\r\nTo:", "\r\nnot a header\r\nTo:"),
    good.replace("\r\nTo:", "\r\nIn-Reply-To: <x@y>\r\nTo:"),
  ];
  for (const text of bad) await assert.rejects(readMail(utf8(text), signed), FormError, text.slice(0, 400));
});
