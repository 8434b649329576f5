// Envelopes (`docs/formats/envelope.md`) as a guest opens them.

import { type Bytes, fromUtf8, refuse, utf8 } from "./bytes.js";
import { openBytes, measureHeader, plainLength, recipientOf, sealBytes } from "./age.js";
import { fingerprint } from "./card.js";
import { type Manifest, MANIFEST_MAX, parseManifest } from "./manifest.js";
import { splitArmour, verify } from "./sshsig.js";

export const STEP = 4096;
const PLAIN_MAX = MANIFEST_MAX + 2 * STEP;

/** A manifest whose signature holds, and the key that opens the parts. */
export interface GuestEnvelope {
  readonly manifest: Manifest;
  readonly messageIdentity: string;
  readonly signingKey: string;
}

/** Opens the envelope of a guest of a message. */
export async function openGuestEnvelope(
  file: Bytes,
  identity: string,
  message: string,
  guest: string,
): Promise<GuestEnvelope> {
  return openEnvelope(
    file,
    identity,
    ({ id, opener }) => opener.role === "guest" && opener.guest === guest && id === message,
  );
}

/**
 * Opens an envelope and checks, in the order of `docs/formats/manifest.md`: that it was sealed for who opens it, that the keys are
 * those of the card it names, and the signature. Whose card that is, the directory must say.
 */
export async function openEnvelope(
  file: Bytes,
  identity: string,
  isForReader: (manifest: Manifest) => boolean,
): Promise<GuestEnvelope> {
  const text = await openPadded(file, identity);
  const [line, after] = splitLine(text);
  const manifest = parseManifest(utf8(line));
  const { signature, rest } = splitArmour(after);
  const [messageIdentity, padding] = splitLine(rest);
  // An envelope of the sender may have up to three steps of padding.
  checkPadding(padding, 3 * STEP);
  await recipientOf(messageIdentity);
  // Sealed again for somebody else, it would still name whom it was made for (T16).
  if (!isForReader(manifest)) refuse("sealed for somebody else", "forged");
  const { sender } = manifest;
  if ((await fingerprint(sender.address.text, manifest.replyRecipient, signature.key)) !== sender.card) {
    refuse("its keys are not those of the card it names", "forged");
  }
  try {
    await verify(signature, "zegel-manifest", utf8(`${line}\n`), signature.key);
  } catch {
    refuse("the signature does not hold", "forged");
  }
  return { manifest, messageIdentity, signingKey: signature.key };
}

/** Opens an envelope's age file; impossible lengths are judged before the key is tried. */
export async function openPadded(file: Bytes, identity: string): Promise<string> {
  const header = measureHeader(file);
  if (header === undefined) return refuse("not an age header");
  const length = plainLength(header, file.length);
  if (length > PLAIN_MAX || length === 0 || length % STEP !== 0) refuse("an envelope of an impossible length");
  return fromUtf8(await openBytes(file, identity));
}

export function splitLine(text: string): [string, string] {
  const end = text.indexOf("\n");
  return end < 0 ? refuse("a block is missing") : [text.slice(0, end), text.slice(end + 1)];
}

export function checkPadding(padding: string, below: number): void {
  if (padding.length >= below || !/^\n*$/.test(padding)) refuse("something stands in the padding");
}

/** Pads blocks to the next step and seals them to one hybrid recipient. */
export async function sealPadded(blocks: string, recipient: string): Promise<Bytes> {
  const bytes = utf8(blocks);
  const length = Math.ceil(bytes.length / STEP) * STEP;
  if (length > PLAIN_MAX) refuse("too many attachments for one message");
  const padded = new Uint8Array(length).fill(10);
  padded.set(bytes);
  return sealBytes(padded, recipient);
}
