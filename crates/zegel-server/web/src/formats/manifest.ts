// The manifest (`docs/formats/manifest.md`): what the sender signs for one opener.

import { fixedBase32, toBase32 } from "./base32.js";
import { type Bytes, refuse, utf8 } from "./bytes.js";
import { checkRecipient } from "./age.js";
import { asText, Fields, fromCanonical, type Json, type JsonObject } from "./json.js";
import { type Address, parseSignedAddress, parseTime } from "./text.js";

export const MANIFEST_MAX = 256 * 1024;
const PARTS_MAX = 1000;
const PEOPLE_MAX = 1000;
const BODY_MAX = 256 * 2 ** 20;

export interface Part {
  readonly blake3: string;
  readonly index: number;
  readonly length: number;
  readonly mediaType: string;
  readonly name: string;
}

export interface Party {
  readonly address: Address;
  readonly card: string;
}

type Role = "archive" | "bcc" | "cc" | "guest" | "sender" | "to";

export interface Manifest {
  readonly archive: Party | undefined;
  readonly cc: readonly Address[];
  readonly id: string;
  readonly inReplyTo: string | undefined;
  readonly labels: readonly string[];
  readonly opener: { address: Address; card: string | undefined; guest: string | undefined; role: Role };
  readonly parts: readonly Part[];
  readonly pq: boolean;
  readonly receiptKey: Bytes;
  readonly replyKey: Bytes;
  readonly replyRecipient: string;
  readonly sender: Party;
  readonly sent: number;
  readonly subject: string;
  readonly to: readonly Address[];
}

/** Reads a manifest from its line, without the line feed. */
export function parseManifest(line: Bytes): Manifest {
  const fields = Fields.of(fromCanonical(line, MANIFEST_MAX - 1));
  fields.constant("format", "zegel/manifest/v1");
  const archive = fields.has("archive") ? readParty(fields.object_("archive")) : undefined;
  const bcc = fields.has("bcc") ? readAddresses(fields, "bcc") : undefined;
  const guests = fields.has("guests") ? fields.list("guests", readGuest) : undefined;
  if (fields.has("store")) readStore(fields.object_("store"));
  const manifest: Manifest = {
    archive,
    cc: readAddresses(fields, "cc"),
    id: toBase32(fixedBase32(fields.text("id"), 16)),
    inReplyTo: fields.has("in_reply_to") ? fields.text("in_reply_to") : undefined,
    labels: fields.list("labels", asText),
    opener: readOpener(fields.object_("opener")),
    parts: readParts(fields),
    pq: fields.truth("pq"),
    receiptKey: fixedBase32(fields.text("receipt_key"), 32),
    replyKey: fixedBase32(fields.text("reply_key"), 32),
    replyRecipient: fields.text("reply_recipient"),
    sender: readParty(fields.object_("sender")),
    sent: parseTime(fields.text("sent")),
    subject: fields.text("subject"),
    to: readAddresses(fields, "to"),
  };
  fields.end();
  checkRecipient(manifest.replyRecipient);
  const own = manifest.opener.role === "sender";
  const sound =
    isOpenerSound(manifest) &&
    manifest.to.length + manifest.cc.length + (bcc?.length ?? 0) <= PEOPLE_MAX &&
    (own || (bcc === undefined && guests === undefined)) &&
    utf8(manifest.subject).length <= 64 * 1024 &&
    manifest.labels.length <= 100;
  return sound ? manifest : refuse("a manifest that contradicts itself");
}

function isOpenerSound({ opener, sender, to, cc, archive }: Manifest): boolean {
  const isCard = opener.card !== undefined && opener.guest === undefined;
  const isIn = (list: readonly Address[]) => list.some(({ canonical }) => canonical === opener.address.canonical);
  switch (opener.role) {
    case "guest":
      return opener.card === undefined && opener.guest !== undefined;
    case "sender":
      return isCard && opener.card === sender.card && opener.address.canonical === sender.address.canonical;
    case "to":
      return isCard && isIn(to);
    case "cc":
      return isCard && isIn(cc);
    case "archive":
      return isCard && archive?.card === opener.card && archive?.address.canonical === opener.address.canonical;
    case "bcc":
      return isCard;
  }
}

/** Reads the parts of a manifest or of a reply's manifest. */
export function readParts(fields: Fields): Part[] {
  const parts = fields.list("parts", (value) => {
    const part = Fields.of(value);
    const read = {
      blake3: part.text("blake3"),
      index: part.integer("index"),
      length: part.integer("length"),
      mediaType: part.text("media_type"),
      name: part.text("name"),
    };
    part.end();
    return read;
  });
  const sound = parts.every(isPartSound) && parts.length > 0 && parts.length <= PARTS_MAX;
  return sound ? parts : refuse("parts that are none");
}

function isPartSound(part: Part, index: number): boolean {
  const body = index === 0;
  return (
    part.index === index &&
    /^[0-9a-f]{64}$/.test(part.blake3) &&
    utf8(part.name).length <= 1024 &&
    !/\p{Cc}/u.test(part.name) &&
    body === (part.name === "") &&
    /^[\x21-\x7e]{1,1024}$/.test(part.mediaType) &&
    (!body || (part.mediaType === "message/rfc822" && part.length <= BODY_MAX))
  );
}

export function writePart(part: Part): JsonObject {
  return { blake3: part.blake3, index: part.index, length: part.length, media_type: part.mediaType, name: part.name };
}

export function readFingerprint(text: string): string {
  return toBase32(fixedBase32(text, 32));
}

export function readParty(fields: Fields): Party {
  const party = { address: parseSignedAddress(fields.text("address")), card: readFingerprint(fields.text("card")) };
  fields.end();
  return party;
}

function readOpener(fields: Fields): Manifest["opener"] {
  const role = fields.text("role");
  const opener = {
    address: parseSignedAddress(fields.text("address")),
    card: fields.has("card") ? readFingerprint(fields.text("card")) : undefined,
    guest: fields.has("guest") ? toBase32(fixedBase32(fields.text("guest"), 16)) : undefined,
    role: ["archive", "bcc", "cc", "guest", "sender", "to"].includes(role) ? (role as Role) : refuse("an unknown role"),
  };
  fields.end();
  return opener;
}

function readGuest(value: Json): void {
  const fields = Fields.of(value);
  parseSignedAddress(fields.text("address"));
  fixedBase32(fields.text("guest"), 16);
  fields.text("link");
  fields.end();
}

function readStore(fields: Fields): void {
  fields.text("origin");
  fixedBase32(fields.text("token"), 32);
  fields.end();
}

/** Reads a list in which no address stands twice: one that did would be counted or shown twice. */
function readAddresses(fields: Fields, name: string): Address[] {
  const addresses = fields.list(name, (value) => parseSignedAddress(asText(value)));
  const distinct = new Set(addresses.map(({ canonical }) => canonical));
  return distinct.size === addresses.length ? addresses : refuse("an address that stands twice");
}
