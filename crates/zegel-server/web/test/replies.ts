// The vectors of replies: how one is judged, and how they were made.

import { bech32 } from "@scure/base";
import { writeFileSync } from "node:fs";

import { identityFromSeed, recipientOf, sealBytes } from "../src/formats/age.js";
import { fixedBase32, toBase32 } from "../src/formats/base32.js";
import { type Bytes, concat, FormError, fromBase64, refuse, toBase64, utf8 } from "../src/formats/bytes.js";
import { beginBlake3, hkdf, hmac } from "../src/formats/crypto.js";
import { readMail, writeMail } from "../src/formats/mail.js";
import type { Part } from "../src/formats/manifest.js";
import { openPart, sealPart } from "../src/formats/part.js";
import { openReply, type ReplyManifest, writeReplyManifest } from "../src/formats/reply.js";
import { parseAddress, parseTime, writeTime } from "../src/formats/text.js";
import { type Case, cases, path } from "./vectors.js";

interface Person {
  readonly identity: string;
  readonly address: string;
  readonly card: string;
  readonly recipient: string;
}

function person(name: string): Person {
  const found = cases("people").find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  const identity = (found.identity as string).match(/AGE-SECRET-KEY-PQ-1[A-Z0-9]+/)?.[0] ?? "";
  const { address, fingerprint, recipient } = found.expect as unknown as Record<string, string>;
  return { identity, address: address ?? "", card: fingerprint ?? "", recipient: recipient ?? "" };
}

/** The keys of `docs/formats/receipt.md`, which the page gets in the manifest. */
async function deriveKey(member: Person, message: string, guest: string, info: string): Promise<Bytes> {
  const secret = bech32.decodeToBytes(member.identity).bytes as Bytes;
  const root = await hkdf(secret, new Uint8Array(), "zegel/receipt-root/v1");
  return hkdf(root, concat(fixedBase32(message, 16), fixedBase32(guest, 16)), info);
}

/** Judges a case as the member's program does. */
export async function judge(given: Case): Promise<unknown> {
  const member = person(given.member as string);
  const [reply, message, guest] = [given.reply, given.message, given.guest] as [string, string, string];
  try {
    const opened = await openReply(fromBase64(given.envelope as string), member.identity, {
      opener: "member",
      id: reply,
      message,
      guest,
      guestAddress: parseAddress(given.guest_address as string),
      member: { address: parseAddress(member.address), card: member.card },
      replyKey: await deriveKey(member, message, guest, "zegel/reply-key/v1"),
    });
    const { manifest, messageIdentity } = opened;
    const files = (given.parts as string[]).map(fromBase64);
    if (files.length !== manifest.parts.length) refuse("other parts than were named");
    const contents: Bytes[] = [];
    for (const [index, part] of manifest.parts.entries()) {
      const file = files[index] as Bytes;
      const pieces: Bytes[] = [];
      await openPart(new Blob([file]).stream(), file.length, part, messageIdentity, (piece) => pieces.push(piece));
      contents.push(concat(...pieces));
    }
    const body = contents[0] as Bytes;
    const mail = await readMail(body, {
      from: manifest.guest.address,
      to: [manifest.member.address],
      cc: [],
      subject: manifest.subject,
      sent: manifest.sent,
      inReplyTo: manifest.inReplyTo,
      parts: manifest.parts,
    });
    const hash = await beginBlake3();
    hash.update(body);
    return {
      outcome: "good",
      attachments: mail.attachments.map(({ name }) => name),
      body_blake3: hash.digest(),
      parts: manifest.parts.slice(1).map(({ blake3, length, mediaType, name }) => ({ blake3, length, media_type: mediaType, name })),
      sent: writeTime(manifest.sent),
      subject: manifest.subject,
      text: mail.text.trimEnd(),
    };
  } catch (error) {
    if (error instanceof FormError) return { outcome: "refused" };
    throw error;
  }
}

interface Forgery {
  readonly member?: string;
  readonly sealedTo?: string;
  readonly opener?: "guest" | "member";
  readonly text?: string;
  readonly subject?: string;
  readonly inReplyTo?: string;
  readonly files?: readonly { name: string; mediaType: string; content: Bytes }[];
  readonly apart?: readonly { name: string; mediaType: string; content: Bytes }[];
  readonly from?: string;
  readonly to?: string;
  readonly card?: string;
  readonly keyOf?: { message?: string; guest?: string; info?: string; member?: string };
  readonly said?: { id?: string; message?: string; guest?: string };
  readonly line?: (line: string) => string;
  readonly lineAfterMac?: (line: string) => string;
  readonly mac?: (mac: string) => string;
  readonly blocks?: (blocks: string) => string;
  readonly padding?: (padded: string) => string;
  readonly mail?: (mail: string) => string;
  readonly parts?: (parts: Bytes[]) => Bytes[] | Promise<Bytes[]>;
}

const MESSAGE = "aeaqcaibaeaqcaibaeaqcaibae";
const GUEST = "aibaeaqcaibaeaqcaibaeaqcai";
const OTHER = "amdqmbygamdqmbygamdqmbygam";
const GUEST_ADDRESS = "guest@example.net";
const SENT = parseTime("2026-11-21T00:02:00Z");

/** Makes a reply, right or wrong in the one way that is asked for. */
async function make(name: string, forgery: Forgery, number: number): Promise<Case> {
  const member = person(forgery.member ?? "alice");
  const id = toBase32(new Uint8Array(16).fill(number));
  const identity = identityFromSeed(new Uint8Array(32).fill(number));
  const recipient = await recipientOf(identity);
  const apart = forgery.apart ?? [];
  const subject = forgery.subject ?? "Re: Uitslag";
  let body = writeMail({
    id,
    from: parseAddress(forgery.from ?? GUEST_ADDRESS),
    to: parseAddress(forgery.to ?? member.address),
    subject,
    sent: SENT,
    inReplyTo: forgery.inReplyTo,
    text: forgery.text ?? "Dank u wel.",
    files: forgery.files ?? [],
    parts: apart,
  });
  if (forgery.mail !== undefined) body = utf8(forgery.mail(new TextDecoder().decode(body)));
  const sealed = [await sealPart(new Blob([body]), { index: 0, mediaType: "message/rfc822", name: "" }, recipient)];
  for (const [at, { name, mediaType, content }] of apart.entries()) {
    sealed.push(await sealPart(new Blob([content]), { index: at + 1, mediaType, name }, recipient));
  }
  const manifest: ReplyManifest = {
    guest: { address: parseAddress(GUEST_ADDRESS), guest: forgery.said?.guest ?? GUEST },
    id: forgery.said?.id ?? id,
    inReplyTo: forgery.inReplyTo,
    member: { address: parseAddress(member.address), card: forgery.card ?? member.card },
    message: forgery.said?.message ?? MESSAGE,
    opener: forgery.opener ?? "member",
    parts: sealed.map(({ part }): Part => part),
    sent: SENT,
    subject,
  };
  const { keyOf = {} } = forgery;
  const key = await deriveKey(
    person(keyOf.member ?? forgery.member ?? "alice"),
    keyOf.message ?? MESSAGE,
    keyOf.guest ?? GUEST,
    keyOf.info ?? "zegel/reply-key/v1",
  );
  const same = (text: string) => text;
  const line = (forgery.line ?? same)(`${writeReplyManifest(manifest)}\n`);
  const mac = (forgery.mac ?? same)(toBase32(await hmac(key, utf8(line))));
  const blocks = (forgery.blocks ?? same)(`${(forgery.lineAfterMac ?? same)(line)}${mac}\n${identity}\n`);
  const padded = blocks + "\n".repeat(Math.ceil(utf8(blocks).length / 4096) * 4096 - utf8(blocks).length);
  const envelope = await sealBytes(utf8((forgery.padding ?? same)(padded)), person(forgery.sealedTo ?? forgery.member ?? "alice").recipient);
  let parts: Bytes[] = [];
  for (const { file } of sealed) parts.push(new Uint8Array(await file.arrayBuffer()));
  if (forgery.parts !== undefined) parts = await forgery.parts(parts);
  return {
    name,
    envelope: toBase64(envelope),
    guest: GUEST,
    guest_address: GUEST_ADDRESS,
    member: forgery.member ?? "alice",
    message: MESSAGE,
    parts: parts.map(toBase64),
    reply: id,
    expect: { outcome: "" },
  };
}

const PICTURE = { name: "foto één.jpg", mediaType: "image/jpeg", content: new Uint8Array(100).map((_, at) => at * 3) };
const REPORT = { name: "report.pdf", mediaType: "application/pdf", content: new Uint8Array(1000).map((_, at) => at * 7) };
const flip = (bytes: Bytes, at: number) => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));

const GOOD: Record<string, Forgery> = {
  plain: {},
  "answers-a-message-id": { inReplyTo: "<1@example.org>" },
  "subject-and-text-not-ascii": { subject: "Re: Uitslag – één 張", text: "één\n張\n\n-- \nBob" },
  "with-a-file-inside": { files: [PICTURE] },
  "with-a-part": { apart: [REPORT] },
  "with-files-inside-and-apart": { files: [PICTURE], apart: [REPORT, { ...PICTURE, name: "foto.jpg" }] },
  "text-empty": { text: "" },
  "to-another-member": { member: "carol" },
};

const REFUSED: Record<string, Forgery> = {
  "sealed-to-somebody-else": { sealedTo: "eve" },
  "copy-of-the-guest": { opener: "guest" },
  "mac-of-another-guest": { keyOf: { guest: OTHER } },
  "mac-of-another-message": { keyOf: { message: OTHER } },
  "mac-of-another-member": { keyOf: { member: "eve" } },
  "mac-under-the-receipt-key": { keyOf: { info: "zegel/receipt-key/v1" } },
  "mac-in-upper-case": { mac: (mac) => mac.toUpperCase() },
  "mac-short": { mac: (mac) => mac.slice(0, 50) },
  "mac-empty": { mac: () => "" },
  "mac-without-the-line-feed": { line: (line) => line, mac: (mac) => [...mac].reverse().join("") },
  "manifest-changed": { lineAfterMac: (line) => line.replace("Re: Uitslag", "Re: uitslag") },
  "below-another-message": { said: { message: OTHER } },
  "under-another-guest": { said: { guest: OTHER } },
  "under-another-id": { said: { id: OTHER } },
  "member-with-another-card": { card: person("eve").card },
  "manifest-not-canonical": { line: (line) => line.replace(",", ", ") },
  "manifest-with-an-unknown-field": { line: (line) => line.replace("{", '{"a":1,') },
  "manifest-without-a-subject": { line: (line) => line.replace(/"subject":"[^"]*"/, '"subjec":""') },
  "manifest-of-another-format": { line: (line) => line.replace("zegel/reply/v1", "zegel/manifest/v1") },
  "opener-unknown": { line: (line) => line.replace('"opener":"member"', '"opener":"archive"') },
  "identity-missing": { blocks: (blocks) => blocks.replace(/AGE-SECRET[^\n]*\n/, "") },
  "identity-in-lower-case": { blocks: (blocks) => blocks.replace(/AGE-SECRET[^\n]*/, (text) => text.toLowerCase()) },
  "text-in-the-padding": { padding: (padded) => `${padded.slice(0, -3)}x\n\n` },
  "padded-with-zeros": { padding: (padded) => padded.replace(/\n+$/, (all) => `\n${"\0".repeat(all.length - 1)}`) },
  "padded-by-a-step-more": { padding: (padded) => padded + "\n".repeat(4096) },
  "padded-by-one-more": { padding: (padded) => `${padded}\n` },
  "from-somebody-else": { from: "eve@example.net" },
  "to-somebody-else": { to: "eve@example.org" },
  "copied-to-somebody": { mail: (mail) => mail.replace("\r\nSubject:", "\r\nCc: eve@example.org\r\nSubject:") },
  "from-twice": { mail: (mail) => mail.replace("\r\nTo:", "\r\nFrom: guest@example.net\r\nTo:") },
  "without-protection": { mail: (mail) => mail.replace('; hp="cipher"', "") },
  "without-the-top-block": { mail: (mail) => mail.replace(/^HP-Outer.*\r\n/gm, "") },
  "subject-inside-differs": { mail: (mail) => mail.replace("Re: Uitslag", "Re: Inslag") },
  "date-inside-differs": { mail: (mail) => mail.replace(/\r\nDate: .*\r\n/, "\r\nDate: Fri, 20 Nov 2026 00:00:00 +0000\r\n") },
  "answers-another-inside": { inReplyTo: "<1@example.org>", mail: (mail) => mail.replace("In-Reply-To: <1@", "In-Reply-To: <2@") },
  "stub-without-a-part": { apart: [REPORT], parts: (parts) => parts.slice(0, 1) },
  "part-more": { parts: (parts) => [...parts, parts[0] as Bytes] },
  "parts-exchanged": { apart: [REPORT], parts: ([body, report]) => [report as Bytes, body as Bytes] },
  "part-with-a-bit-flipped": { apart: [REPORT], parts: ([body, report]) => [body as Bytes, flip(report as Bytes, 2000)] },
  "body-cut-by-a-byte": { parts: ([body]) => [(body as Bytes).slice(0, -1)] },
  "body-of-another-reply": { parts: async () => [fromBase64(((await make("", {}, 99)).parts as string[])[0] as string)] },
};

/** Adds the cases that the file does not have yet, and touches no other. */
export async function generate(): Promise<void> {
  const old = cases("replies", true);
  const wanted = [...Object.entries(GOOD).map((one) => [...one, "good"] as const), ...Object.entries(REFUSED).map((one) => [...one, "refused"] as const)];
  for (const [at, [name, forgery, outcome]] of wanted.entries()) {
    if (old.some((one) => one.name === name)) continue;
    const made = await make(name, forgery, at + 1);
    const seen = (await judge(made)) as { outcome: string };
    if (seen.outcome !== outcome) throw new Error(`${name} is ${seen.outcome}`);
    old.push({ ...made, expect: seen as Case["expect"] });
  }
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).sort().map(([key, one]) => [key, sorted(one)]))
        : value;
  writeFileSync(path("replies.json"), `${JSON.stringify(sorted({ format: "zegel/vectors/replies/v1", cases: old }), null, 2)}\n`);
}
