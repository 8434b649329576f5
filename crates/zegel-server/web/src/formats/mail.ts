// The mail inside (`docs/formats/mail.md`): read so that it says what was signed, and written for a reply.

import PostalMime, { type Address as ParsedAddress, addressParser } from "postal-mime";

import { type Bytes, concat, refuse, toBase64, utf8 } from "./bytes.js";
import type { Part } from "./manifest.js";
import { type Address, isHiding, parseAddress, writeMailDate, writeTime } from "./text.js";

const HEADER_MAX = 2 ** 20;
const ONCE = [
  "from",
  "to",
  "cc",
  "subject",
  "date",
  "message-id",
  "sender",
  "content-type",
  "content-transfer-encoding",
];
const STUB = "message/external-body";

export interface Attachment {
  readonly name: string;
  readonly mediaType: string;
  readonly content: Bytes;
}

/** A mail that says what was signed. Its HTML is hostile until it was sanitised. */
export interface Mail {
  readonly html: string | undefined;
  readonly text: string;
  readonly attachments: readonly Attachment[];
  /** Pictures that the HTML names by their Content-ID, without angle brackets. */
  readonly pictures: ReadonlyMap<string, Attachment>;
  readonly messageId: string | undefined;
  /** The display name in From: a claim, never shown as proven. */
  readonly fromName: string;
}

/** What the mail must agree with. */
export interface Signed {
  readonly from: Address;
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly subject: string;
  readonly sent: number;
  readonly inReplyTo: string | undefined;
  readonly parts: readonly Part[];
}

/** Reads the mail inside and checks that it agrees with what was signed (T15). */
export async function readMail(body: Bytes, signed: Signed): Promise<Mail> {
  const fields = readHeader(body);
  checkProtection(fields);
  const mail = await PostalMime.parse(body, { forceRfc822Attachments: true, maxNestingDepth: 100 });
  // Taken from the field itself: postal-mime keeps only the first of several.
  const from = addressParser(fields.get("from") ?? "");
  if (from.length !== 1 || from[0]?.group !== undefined || !sameSet(mailboxes(from), [signed.from])) {
    refuse("its From is not the one who signed");
  }
  if (!sameSet(mailboxes(mail.to), signed.to) || !sameSet(mailboxes(mail.cc), signed.cc)) {
    refuse("its recipients are not those that were signed");
  }
  if (squeeze(mail.subject ?? "") !== squeeze(signed.subject)) refuse("its subject is not the one that was signed");
  const date = Date.parse(fields.get("date") ?? "");
  if (!Number.isNaN(date) && writeTime(date) !== writeTime(signed.sent)) {
    refuse("its date is not the one that was signed");
  }
  if (firstId(fields.get("in-reply-to")) !== signed.inReplyTo) refuse("it answers another message than was signed");
  const stubs = mail.attachments.filter(({ mimeType }) => mimeType === STUB);
  if (stubs.length !== signed.parts.length - 1) refuse("its attachments are not those that were signed");
  const used = new Set<string>();
  const attachments: Attachment[] = [];
  const pictures = new Map<string, Attachment>();
  for (const found of mail.attachments) {
    if (found.mimeType === STUB) continue;
    const mediaType = /^[\w.+-]+\/[\w.+-]+$/.test(found.mimeType) ? found.mimeType : "application/octet-stream";
    const content = new Uint8Array(found.content as ArrayBuffer);
    const name = safeName(found.filename ?? "", mediaType, used);
    const id = found.contentId?.replace(/^<|>$/g, "");
    const isPicture = /^image\/(?:png|jpeg|gif|webp)$/.test(mediaType);
    if (id !== undefined && isPicture && mail.html?.includes(`cid:${id}`)) {
      pictures.set(id, { name, mediaType, content });
    } else {
      attachments.push({ name, mediaType, content });
    }
  }
  return {
    html: mail.html,
    text: (mail.text ?? "").replace(/\r\n?/g, "\n"),
    attachments,
    pictures,
    messageId: firstId(fields.get("message-id")),
    fromName: isHiding(mail.from?.name ?? "") ? "" : (mail.from?.name ?? ""),
  };
}

/** Reads the top header; a field that counts and stands twice is refused: programs differ in which one they show. */
function readHeader(body: Bytes): Map<string, string> {
  const text = new TextDecoder("latin1").decode(body.subarray(0, HEADER_MAX));
  const end = /\r?\n\r?\n/.exec(text);
  const header = end === null ? text : text.slice(0, end.index);
  if (/\r(?!\n)/.test(header)) refuse("a bare CR in the header");
  const fields = new Map<string, string>();
  const names: string[] = [];
  for (const line of header.replace(/\r?\n(?=[ \t])/g, "").split(/\r?\n/)) {
    const match = /^([\x21-\x39\x3b-\x7e]+):(.*)$/s.exec(line);
    if (match === null) return refuse("a line that is no header");
    const name = (match[1] as string).toLowerCase();
    if (ONCE.includes(name) && fields.has(name)) refuse("a header that stands twice");
    if (!fields.has(name)) fields.set(name, (match[2] as string).trim());
    names.push(name);
  }
  checkTopBlock(names);
  return fields;
}

/** The protected copy of the outer header stands together, after nothing but what the sender's program added. */
function checkTopBlock(names: string[]): void {
  const first = names.indexOf("hp-outer");
  const last = names.lastIndexOf("hp-outer");
  const together = names.slice(first, last + 1).every((name) => name === "hp-outer");
  let order = ["from", "date", "message-id", "mime-version", "content-type"];
  const ordered = names.slice(0, Math.max(first, 0)).every((name) => {
    const at = order.indexOf(name);
    order = order.slice(at + 1);
    return at >= 0;
  });
  if (first < 0 || last - first < 3 || !together || !ordered) refuse("the copy of the outer header is not in its place");
}

/** Exactly one `hp="cipher"` (RFC 9788 section 2.1). */
function checkProtection(fields: Map<string, string>): void {
  const parameters = (fields.get("content-type") ?? "").match(/;\s*hp\s*=\s*"?[^";]*"?/gi) ?? [];
  if (parameters.length !== 1 || !/=\s*"?cipher"?$/i.test((parameters[0] as string).trim())) {
    refuse("not marked as protected");
  }
}

function mailboxes(list: readonly ParsedAddress[] | undefined): Address[] {
  return (list ?? []).flatMap((one) => {
    if (one.group !== undefined) return mailboxes(one.group);
    return [parseAddress(one.address ?? "")];
  });
}

function sameSet(shown: readonly Address[], signed: readonly Address[]): boolean {
  const texts = (list: readonly Address[]) => [...new Set(list.map(({ canonical }) => canonical))].sort().join("\n");
  return texts(shown) === texts(signed);
}

/** Programs differ in how they unfold white space; that is not another subject. */
function squeeze(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function firstId(value: string | undefined): string | undefined {
  return /<[^<>\s@]+@[^<>\s@]+>/.exec(value ?? "")?.[0];
}

/** Returns a name that is safe to show and to save, and that no other file of the message has. */
export function safeName(name: string, mediaType: string, used: Set<string>): string {
  const plain = [...name.replace(/^.*[\\/]/s, "")]
    .filter((character) => !isHiding(character) && !'<>:"|?*'.includes(character))
    .join("")
    .replace(/^[.\s]+|[.\s]+$/g, "")
    .slice(0, 200);
  const base = plain || (mediaType === "message/rfc822" ? "message.eml" : "attachment");
  let unique = base;
  for (let number = 2; used.has(unique.toLowerCase()); number++) {
    unique = base.replace(/(\.[^.]*)?$/, ` (${number})$1`);
  }
  used.add(unique.toLowerCase());
  return unique;
}

/** What a guest answers. */
export interface Draft {
  readonly id: string;
  readonly from: Address;
  readonly to: Address;
  readonly subject: string;
  readonly sent: number;
  readonly inReplyTo: string | undefined;
  readonly text: string;
  /** Files that stand in the mail itself. */
  readonly files: readonly Attachment[];
  /** Files that are parts of their own, from index 1. */
  readonly parts: readonly { readonly name: string; readonly mediaType: string }[];
}

/** Writes the mail inside of a reply (`docs/formats/reply.md`), with CRLF. */
export function writeMail(draft: Draft): Bytes {
  const messageId = `<${draft.id}@zegel.invalid>`;
  const date = writeMailDate(draft.sent);
  const lines = [
    `HP-Outer: From: ${draft.from.text}`,
    "HP-Outer: Subject: [...]",
    `HP-Outer: Date: ${date}`,
    `HP-Outer: Message-ID: ${messageId}`,
    `From: ${draft.from.text}`,
    `To: ${draft.to.text}`,
    `Subject: ${encodeWords(draft.subject)}`,
    `Date: ${date}`,
    `Message-ID: ${messageId}`,
  ];
  if (draft.inReplyTo !== undefined) lines.push(`In-Reply-To: ${draft.inReplyTo}`, `References: ${draft.inReplyTo}`);
  lines.push("MIME-Version: 1.0");
  const textBody = base64Lines(utf8(draft.text.replace(/\r?\n/g, "\r\n")));
  if (draft.files.length + draft.parts.length === 0) {
    lines.push('Content-Type: text/plain; hp="cipher"; charset=utf-8', "Content-Transfer-Encoding: base64", "", textBody);
    return utf8(lines.join("\r\n"));
  }
  // Base64 and the header of a part have no underscore after an equals sign, so the boundary cannot occur.
  const boundary = `=_zegel_${draft.id}`;
  lines.push(`Content-Type: multipart/mixed; hp="cipher"; boundary="${boundary}"`, "");
  const pieces: Bytes[] = [utf8(`${lines.join("\r\n")}\r\n`)];
  const add = (...text: string[]) => pieces.push(utf8(`--${boundary}\r\n${text.join("\r\n")}\r\n`));
  add("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "", textBody);
  for (const file of draft.files) add(...fileHeader(file), "", base64Lines(file.content));
  draft.parts.forEach((part, at) => {
    add(`Content-Type: ${STUB}; access-type=x-zegel-part; index=${at + 1}`, "", ...fileHeader(part), "", "");
  });
  pieces.push(utf8(`--${boundary}--\r\n`));
  return concat(...pieces);
}

function fileHeader({ name, mediaType }: { name: string; mediaType: string }): string[] {
  const ascii = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/.test(name);
  // RFC 2231 for names that are not ASCII.
  const parameter = ascii ? `filename="${name}"` : `filename*=utf-8''${percent(name)}`;
  return [`Content-Type: ${mediaType}`, "Content-Transfer-Encoding: base64", `Content-Disposition: attachment; ${parameter}`];
}

function percent(text: string): string {
  return encodeURIComponent(text).replace(/['()*!]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** RFC 2047: words of whole characters, each within 75 columns. */
function encodeWords(text: string): string {
  if (/^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(text) && text.length <= 900 && !text.includes("=?")) return text;
  const words: string[] = [];
  let word = "";
  for (const character of text.replace(/[\r\n]+/g, " ")) {
    if (utf8(word + character).length > 42) {
      words.push(word);
      word = "";
    }
    word += character;
  }
  if (word !== "") words.push(word);
  return words.map((one) => `=?utf-8?B?${toBase64(utf8(one))}?=`).join("\r\n ");
}

function base64Lines(bytes: Bytes): string {
  return toBase64(bytes).replace(/.{76}(?=.)/g, "$&\r\n");
}
