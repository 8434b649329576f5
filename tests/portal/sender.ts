// A sender for the tests: makes messages to guests from the formats' documents, with the page's primitives.

import { ed25519 } from "../../crates/zegel-server/web/node_modules/@noble/curves/ed25519.js";

import { identityFromSeed, recipientOf } from "../../crates/zegel-server/web/src/formats/age.js";
import { fixedBase32, toBase32 } from "../../crates/zegel-server/web/src/formats/base32.js";
import { type Bytes, concat, makeRandom, toBase64, utf8 } from "../../crates/zegel-server/web/src/formats/bytes.js";
import { fingerprint } from "../../crates/zegel-server/web/src/formats/card.js";
import { beginBlake3, hkdf, sha512 } from "../../crates/zegel-server/web/src/formats/crypto.js";
import { sealPadded } from "../../crates/zegel-server/web/src/formats/envelope.js";
import { deriveCodeKeys, deriveGuestIdentity } from "../../crates/zegel-server/web/src/formats/guest.js";
import { toCanonical } from "../../crates/zegel-server/web/src/formats/json.js";
import { writePart } from "../../crates/zegel-server/web/src/formats/manifest.js";
import { type SealedPart, sealPart } from "../../crates/zegel-server/web/src/formats/part.js";
import { writeMailDate, writeTime } from "../../crates/zegel-server/web/src/formats/text.js";

export interface Sender {
  readonly address: string;
  readonly seed: Bytes;
  readonly identity: string;
  readonly recipient: string;
  readonly signing: Bytes;
  readonly key: string;
  readonly card: string;
  readonly fingerprint: string;
}

function string(bytes: Uint8Array): Bytes {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concat(length, bytes);
}

async function sign(namespace: string, message: Bytes, secret: Bytes): Promise<string> {
  const publicKey = ed25519.getPublicKey(secret);
  const hash = string(utf8("sha512"));
  const signed = concat(utf8("SSHSIG"), string(utf8(namespace)), string(new Uint8Array()), hash, string(await sha512(message)));
  const signature = concat(string(utf8("ssh-ed25519")), string(ed25519.sign(signed, secret)));
  const blob = concat(
    utf8("SSHSIG"),
    new Uint8Array([0, 0, 0, 1]),
    string(concat(string(utf8("ssh-ed25519")), string(publicKey))),
    string(utf8(namespace)),
    string(new Uint8Array()),
    hash,
    string(signature),
  );
  const lines = toBase64(blob).replace(/.{70}(?=.)/g, "$&\n");
  return `-----BEGIN SSH SIGNATURE-----\n${lines}\n-----END SSH SIGNATURE-----\n`;
}

export async function makeSender(address: string): Promise<Sender> {
  const seed = makeRandom(32);
  const signing = makeRandom(32);
  const identity = identityFromSeed(seed);
  const recipient = await recipientOf(identity);
  const key = `ssh-ed25519 ${toBase64(concat(string(utf8("ssh-ed25519")), string(ed25519.getPublicKey(signing))))}`;
  const card = toCanonical({
    address,
    created: writeTime(Date.now() - 86_400_000),
    expires: writeTime(Date.now() + 365 * 86_400_000),
    format: "zegel/card/v1",
    name: "Alice Jansen",
    recipient,
    serial: 1,
    signing_key: key,
  });
  const line = `${card}\n`;
  return {
    address,
    seed,
    identity,
    recipient,
    signing,
    key,
    card: line + (await sign("zegel-card", utf8(line), signing)),
    fingerprint: await fingerprint(address, recipient, key),
  };
}

/** The reply key that a sender derives for a guest (`docs/formats/receipt.md`). */
export async function openerKey(sender: Sender, message: string, guest: string, info: string): Promise<Bytes> {
  const root = await hkdf(sender.seed, new Uint8Array(), "zegel/receipt-root/v1");
  return hkdf(root, concat(fixedBase32(message, 16), fixedBase32(guest, 16)), info);
}

export interface TestFile {
  readonly name: string;
  readonly mediaType: string;
  readonly content: Bytes;
}

export type TestFactor = { code: string } | { sms: string };

export interface Letter {
  readonly guest: string;
  readonly factor: TestFactor;
  readonly subject?: string;
  readonly text?: string;
  readonly html?: string;
  /** Pictures of the HTML, named by their Content-ID. */
  readonly pictures?: readonly TestFile[];
  readonly files?: readonly TestFile[];
  readonly apart?: readonly TestFile[];
  readonly expiresIn?: number;
  /** Changes the mail inside after it was written. */
  readonly forge?: (mail: string) => string;
  /** Sealed and signed by this sender, though it names another. */
  readonly from?: string;
}

export interface SealedLetter {
  readonly message: string;
  readonly guest: string;
  readonly link: string;
  readonly parts: readonly SealedPart[];
  readonly request: Record<string, unknown>;
}

function base64(bytes: Bytes): string {
  return toBase64(bytes).replace(/.{76}(?=.)/g, "$&\r\n");
}

function leaf(file: TestFile, extra: string[]): string {
  const name = `filename*=utf-8''${encodeURIComponent(file.name)}`;
  const disposition = extra.length > 0 ? "inline" : "attachment";
  return [
    `Content-Type: ${file.mediaType}`,
    "Content-Transfer-Encoding: base64",
    `Content-Disposition: ${disposition}; ${name}`,
    ...extra,
    "",
    base64(file.content),
  ].join("\r\n");
}

/** The mail inside, by hand: `docs/formats/mail.md`. */
function writeInner(letter: Letter, from: string, messageId: string, sent: number): string {
  const date = writeMailDate(sent);
  const subject = `=?utf-8?B?${toBase64(utf8(letter.subject ?? ""))}?=`;
  const text = (type: string, content: string) =>
    [`Content-Type: ${type}; charset=utf-8`, "Content-Transfer-Encoding: base64", "", base64(utf8(content))].join("\r\n");
  const multi = (kind: string, boundary: string, pieces: string[], protection = "") =>
    `Content-Type: multipart/${kind};${protection} boundary="${boundary}"\r\n\r\n` +
    `${pieces.map((piece) => `--${boundary}\r\n${piece}\r\n`).join("")}--${boundary}--\r\n`;
  let content = letter.html === undefined ? text("text/plain", letter.text ?? "") : text("text/html", letter.html);
  if (letter.html !== undefined && letter.text !== undefined) content = multi("alternative", "a1", [text("text/plain", letter.text), content]);
  if (letter.pictures !== undefined) {
    content = multi("related", "r1", [content, ...letter.pictures.map((one) => leaf(one, [`Content-ID: <${one.name}>`]))]);
  }
  const stubs = (letter.apart ?? []).map(
    (one, at) =>
      `Content-Type: message/external-body; access-type=x-zegel-part; index=${at + 1}\r\n\r\n` +
      `Content-Type: ${one.mediaType}\r\nContent-Transfer-Encoding: base64\r\n` +
      `Content-Disposition: attachment; filename*=utf-8''${encodeURIComponent(one.name)}\r\n\r\n`,
  );
  content = multi("mixed", "m1", [content, ...(letter.files ?? []).map((one) => leaf(one, [])), ...stubs], ' hp="cipher";');
  return [
    `HP-Outer: From: ${from}`,
    "HP-Outer: Subject: [...]",
    `HP-Outer: Date: ${date}`,
    `HP-Outer: Message-ID: ${messageId}`,
    `From: "Dr. A. Jansen" <${from}>`,
    `To: ${letter.guest}`,
    `Subject: ${subject}`,
    `Date: ${date}`,
    `Message-ID: ${messageId}`,
    "MIME-Version: 1.0",
    content,
  ].join("\r\n");
}

async function hash(...pieces: Uint8Array[]): Promise<string> {
  const hasher = await beginBlake3();
  hasher.update(concat(...pieces));
  return hasher.digest();
}

/** Seals a letter to one guest; what it returns is for the server, the link for the mail. */
export async function sealLetter(sender: Sender, letter: Letter): Promise<SealedLetter> {
  const ids = { message: makeRandom(16), guest: makeRandom(16) };
  const [message, guest] = [toBase32(ids.message), toBase32(ids.guest)];
  const sent = Math.floor(Date.now() / 1000) * 1000;
  const from = letter.from ?? sender.address;
  const messageIdentity = identityFromSeed(makeRandom(32));
  const recipient = await recipientOf(messageIdentity);
  let mail = writeInner(letter, from, `<${message}@example.org>`, sent);
  if (letter.forge !== undefined) mail = letter.forge(mail);
  const parts = [await sealPart(new Blob([mail]), { index: 0, mediaType: "message/rfc822", name: "" }, recipient)];
  for (const [at, { name, mediaType, content }] of (letter.apart ?? []).entries()) {
    parts.push(await sealPart(new Blob([content]), { index: at + 1, mediaType, name }, recipient));
  }
  const line = `${toCanonical({
    cc: [],
    format: "zegel/manifest/v1",
    id: message,
    labels: [],
    opener: { address: letter.guest, guest, role: "guest" },
    parts: parts.map(({ part }) => writePart(part)),
    pq: true,
    receipt_key: toBase32(await openerKey(sender, message, guest, "zegel/receipt-key/v1")),
    reply_key: toBase32(await openerKey(sender, message, guest, "zegel/reply-key/v1")),
    reply_recipient: sender.recipient,
    sender: { address: from, card: from === sender.address ? sender.fingerprint : await fingerprint(from, sender.recipient, sender.key) },
    sent: writeTime(sent),
    subject: letter.subject ?? "",
    to: [letter.guest],
  })}\n`;
  const link = makeRandom(20);
  const share = makeRandom(32);
  const code = "code" in letter.factor ? await deriveCodeKeys(letter.factor.code, ids) : undefined;
  const identity = await deriveGuestIdentity(link, share, code?.seal, ids);
  const blocks = line + (await sign("zegel-manifest", utf8(line), sender.signing)) + `${messageIdentity}\n`;
  const factor = "sms" in letter.factor ? { sms: { number: letter.factor.sms } } : { code: { verifier: await hash(code?.verify ?? new Uint8Array()) } };
  const request = {
    expires_at: writeTime(sent + (letter.expiresIn ?? 7 * 86_400) * 1000),
    parts: await Promise.all(
      parts.map(async ({ file, hash }) => ({
        size: file.size,
        hash,
        ...(file.size <= 256 * 1024 ? { inline: toBase64(new Uint8Array(await file.arrayBuffer())) } : {}),
      })),
    ),
    guests: [
      {
        guest,
        address: await hash(utf8(`zegel/guest-address/v1\n${message}\n${letter.guest}`)),
        factor,
        share: toBase32(share),
        envelope: toBase64(await sealPadded(blocks, await recipientOf(identity))),
      },
    ],
  };
  return { message, guest, link: toBase32(link), parts, request };
}
