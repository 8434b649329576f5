// A guest's reply (`docs/formats/reply.md`): a message with a MAC in the place of the signature.

import { fixedBase32, toBase32 } from "./base32.js";
import { type Bytes, isEqual, makeRandom, refuse, utf8 } from "./bytes.js";
import { identityFromSeed, recipientOf } from "./age.js";
import { hmac } from "./crypto.js";
import { checkPadding, type GuestEnvelope, openPadded, sealPadded, splitLine, STEP } from "./envelope.js";
import { Fields, fromCanonical, toCanonical } from "./json.js";
import { type Attachment, safeName, writeMail } from "./mail.js";
import { type Manifest, MANIFEST_MAX, type Part, type Party, readParts, readParty, writePart } from "./manifest.js";
import { type SealedPart, sealPart } from "./part.js";
import { type Address, parseSignedAddress, parseTime, writeTime } from "./text.js";

/** Files up to this many bytes together stand in the mail; larger ones are parts. */
const INSIDE_MAX = 4 * 2 ** 20;
const PARTS_MAX = 1000;

export interface ReplyManifest {
  readonly guest: { readonly address: Address; readonly guest: string };
  readonly id: string;
  readonly inReplyTo: string | undefined;
  readonly member: Party;
  readonly message: string;
  readonly opener: "guest" | "member";
  readonly parts: readonly Part[];
  readonly sent: number;
  readonly subject: string;
}

export function parseReplyManifest(line: Bytes): ReplyManifest {
  const fields = Fields.of(fromCanonical(line, MANIFEST_MAX - 1));
  fields.constant("format", "zegel/reply/v1");
  const guest = fields.object_("guest");
  const opener = fields.text("opener");
  const manifest: ReplyManifest = {
    guest: {
      address: parseSignedAddress(guest.text("address")),
      guest: toBase32(fixedBase32(guest.text("guest"), 16)),
    },
    id: toBase32(fixedBase32(fields.text("id"), 16)),
    inReplyTo: fields.has("in_reply_to") ? fields.text("in_reply_to") : undefined,
    member: readParty(fields.object_("member")),
    message: toBase32(fixedBase32(fields.text("message"), 16)),
    opener: opener === "guest" || opener === "member" ? opener : refuse("an unknown opener"),
    parts: readParts(fields),
    sent: parseTime(fields.text("sent")),
    subject: fields.text("subject"),
  };
  guest.end();
  fields.end();
  if (utf8(manifest.subject).length > 64 * 1024) refuse("a subject that is too long");
  return manifest;
}

export function writeReplyManifest(manifest: ReplyManifest): string {
  return toCanonical({
    format: "zegel/reply/v1",
    guest: { address: manifest.guest.address.text, guest: manifest.guest.guest },
    id: manifest.id,
    ...(manifest.inReplyTo === undefined ? {} : { in_reply_to: manifest.inReplyTo }),
    member: { address: manifest.member.address.text, card: manifest.member.card },
    message: manifest.message,
    opener: manifest.opener,
    parts: manifest.parts.map(writePart),
    sent: writeTime(manifest.sent),
    subject: manifest.subject,
  });
}

/** What the guest writes. */
export interface ReplyDraft {
  readonly text: string;
  readonly files: readonly File[];
  readonly inReplyTo: string | undefined;
  readonly subject: string;
  readonly sent: number;
}

export interface SealedReply {
  readonly id: string;
  readonly envelope: Bytes;
  readonly ownEnvelope: Bytes;
  readonly parts: readonly SealedPart[];
}

/** Seals a reply to the sender of a message whose manifest was verified, and to the guest. */
export async function sealReply(
  { manifest }: GuestEnvelope,
  guestIdentity: string,
  draft: ReplyDraft,
  progress: (done: number, total: number) => void = () => {},
): Promise<SealedReply> {
  const guest = manifest.opener.guest ?? refuse("not a guest's message");
  const id = toBase32(makeRandom(16));
  const identity = identityFromSeed(makeRandom(32));
  const recipient = await recipientOf(identity);
  const { inside, apart } = sort(draft.files);
  if (apart.length >= PARTS_MAX) refuse("too many files");
  const used = new Set<string>();
  const describe = (file: File) => {
    const mediaType = /^[\w.+-]{1,100}\/[\w.+-]{1,100}$/.test(file.type) ? file.type.toLowerCase() : "application/octet-stream";
    // A stub may hold neither of these (`docs/formats/mail.md` section 3).
    const held = /^(?:message|multipart)\/|^application\/pkcs7-mime$/.test(mediaType);
    return { name: safeName(file.name, mediaType, used), mediaType: held ? "application/octet-stream" : mediaType };
  };
  const files: Attachment[] = [];
  for (const file of inside) files.push({ ...describe(file), content: new Uint8Array(await file.arrayBuffer()) });
  const parts = apart.map(describe);
  const from = manifest.opener.address;
  const body = writeMail({
    id,
    from,
    to: manifest.sender.address,
    subject: draft.subject,
    sent: draft.sent,
    inReplyTo: draft.inReplyTo,
    text: draft.text,
    files,
    parts,
  });
  const total = body.length + apart.reduce((sum, file) => sum + file.size, 0);
  let before = 0;
  const sealed: SealedPart[] = [];
  const seal = async (content: Blob, description: Pick<Part, "index" | "mediaType" | "name">) => {
    sealed.push(await sealPart(content, description, recipient, (done) => progress(before + done, total)));
    before += content.size;
  };
  await seal(new Blob([body]), { index: 0, mediaType: "message/rfc822", name: "" });
  for (const [at, file] of apart.entries()) await seal(file, { index: at + 1, ...(parts[at] as (typeof parts)[number]) });
  const common: Omit<ReplyManifest, "opener"> = {
    guest: { address: from, guest },
    id,
    inReplyTo: draft.inReplyTo,
    member: manifest.sender,
    message: manifest.id,
    parts: sealed.map(({ part }) => part),
    sent: draft.sent,
    subject: draft.subject,
  };
  const envelope = async (opener: ReplyManifest["opener"], to: string) => {
    const line = `${writeReplyManifest({ ...common, opener })}\n`;
    const mac = toBase32(await hmac(manifest.replyKey, utf8(line)));
    return sealPadded(`${line}${mac}\n${identity}\n`, to);
  };
  return {
    id,
    // Never to a key that the server hands over: the recipient stands in the signed manifest.
    envelope: await envelope("member", manifest.replyRecipient),
    ownEnvelope: await envelope("guest", await recipientOf(guestIdentity)),
    parts: sealed,
  };
}

/** Small files first into the mail, as long as they fit. */
function sort(files: readonly File[]): { inside: File[]; apart: File[] } {
  const inside: File[] = [];
  const apart: File[] = [];
  let room = INSIDE_MAX;
  for (const file of [...files].sort((a, b) => a.size - b.size)) {
    if (file.size <= room) {
      room -= file.size;
      inside.push(file);
    } else {
      apart.push(file);
    }
  }
  return { inside, apart };
}

export interface OpenedReply {
  readonly manifest: ReplyManifest;
  readonly messageIdentity: string;
}

/** Who opens a reply's envelope, and what it must be about. */
export interface ReplyExpectation {
  readonly opener: ReplyManifest["opener"];
  readonly id: string;
  readonly message: string;
  readonly guest: string;
  readonly guestAddress: Address;
  readonly member: Party;
  readonly replyKey: Bytes;
}

/** What the guest's own copy of a reply to this message must be about. */
export function expectOwn(manifest: Manifest, id: string): ReplyExpectation {
  return {
    opener: "guest",
    id,
    message: manifest.id,
    guest: manifest.opener.guest ?? refuse("not a guest's message"),
    guestAddress: manifest.opener.address,
    member: manifest.sender,
    replyKey: manifest.replyKey,
  };
}

/** Opens a reply's envelope and checks all that `docs/formats/reply.md` lists before the parts. */
export async function openReply(file: Bytes, identity: string, expected: ReplyExpectation): Promise<OpenedReply> {
  const text = await openPadded(file, identity);
  const [line, afterLine] = splitLine(text);
  const [mac, afterMac] = splitLine(afterLine);
  const [messageIdentity, padding] = splitLine(afterMac);
  checkPadding(padding, STEP);
  const right = await hmac(expected.replyKey, utf8(`${line}\n`));
  if (!isEqual(fixedBase32(mac, 32), right)) refuse("the MAC does not hold");
  await recipientOf(messageIdentity);
  const manifest = parseReplyManifest(utf8(line));
  const agrees =
    manifest.opener === expected.opener &&
    manifest.id === expected.id &&
    manifest.message === expected.message &&
    manifest.guest.guest === expected.guest &&
    manifest.guest.address.canonical === expected.guestAddress.canonical &&
    manifest.member.card === expected.member.card &&
    manifest.member.address.canonical === expected.member.address.canonical;
  return agrees ? { manifest, messageIdentity } : refuse("about another message");
}
