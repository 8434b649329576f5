// age files (C2SP `age.md`) through typage, with the rules around it that typage does not have: one hybrid recipient and no
// other, a header of at most 4 KiB, and nothing of a stream is used before its end was verified (T24, T26, T27).

import { bech32 } from "@scure/base";
import { Decrypter, Encrypter, identityToRecipient } from "age-encryption";

import { type Bytes, concat, refuse } from "./bytes.js";

const HEADER_MAX = 4096;
const VERSION = "age-encryption.org/v1";
const HYBRID = "mlkem768x25519";
const NONCE = 16;
const CHUNK = 65536;
const TAG = 16;

const SECRET_PREFIX = "AGE-SECRET-KEY-PQ-";
const RECIPIENT_PREFIX = "age1pq1";

/** Writes the 32 bytes behind a hybrid identity as its text. */
export function identityFromSeed(seed: Bytes): string {
  return bech32.encodeFromBytes(SECRET_PREFIX, seed).toUpperCase();
}

/** Returns the recipient of a hybrid identity; refuses every other text. */
export async function recipientOf(identity: string): Promise<string> {
  if (!/^AGE-SECRET-KEY-PQ-1[A-Z0-9]+$/.test(identity)) refuse("not a hybrid identity");
  try {
    return await identityToRecipient(identity);
  } catch {
    return refuse("not a hybrid identity");
  }
}

/** Checks the text of a public recipient; `age1…` is read, never sealed to. */
export function checkRecipient(text: string): "classic" | "hybrid" {
  const hybrid = text.startsWith(RECIPIENT_PREFIX);
  try {
    const { prefix, words } = bech32.decode(text as `${string}1${string}`, false);
    const bytes = bech32.fromWords(words);
    const fits = hybrid ? prefix === "age1pq" && bytes.length === 1216 : prefix === "age" && bytes.length === 32;
    if (fits && bech32.encode(prefix, words, false) === text) return hybrid ? "hybrid" : "classic";
  } catch {
    // Falls through: what is wrong with a key is nobody's business.
  }
  return refuse("not an age recipient");
}

/** Reads a header at the beginning of `bytes`; returns its length, or nothing while it is not whole. */
export function measureHeader(bytes: Uint8Array): number | undefined {
  const head = bytes.subarray(0, HEADER_MAX);
  const types: string[] = [];
  let at = 0;
  let inBody = false;
  for (let line = 0; ; line++) {
    const end = head.indexOf(10, at);
    if (end < 0) return head.length === HEADER_MAX ? refuse("a header that is too long") : undefined;
    const text = String.fromCharCode(...head.subarray(at, end));
    at = end + 1;
    if (line === 0) {
      if (text !== VERSION) refuse("not an age file");
      continue;
    }
    if (text.startsWith("---")) {
      if (!/^--- [A-Za-z0-9+/]{43}$/.test(text) || inBody) refuse("not an age header");
      break;
    }
    const stanza = text.startsWith("-> ");
    if (stanza === inBody) refuse("not an age header");
    inBody = stanza || text.length === 64;
    if (stanza) types.push(text.slice(3).split(" ")[0] as string);
  }
  const known = types.filter((type) => !type.endsWith("-grease"));
  // Hybrid alone: a classic stanza beside it would open the file just as well (T26).
  if (known.length !== 1 || known[0] !== HYBRID || types.length > 2) refuse("not an age file to one hybrid recipient");
  return at;
}

/** Returns the length of the plaintext of an age file. */
export function plainLength(header: number, total: number): number {
  const payload = total - header - NONCE;
  const chunks = Math.max(1, Math.ceil(payload / (CHUNK + TAG)));
  const plain = payload - chunks * TAG;
  return plain >= 0 ? plain : refuse("an age file that is too short");
}

/** Opens a whole age file in memory. */
export async function openBytes(file: Bytes, identity: string): Promise<Bytes> {
  if (measureHeader(file) === undefined) refuse("not an age header");
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  try {
    return (await decrypter.decrypt(file)) as Bytes;
  } catch (error) {
    const foreign = error instanceof Error && error.message.startsWith("no identity matched");
    return refuse("does not open", foreign ? "no key" : undefined);
  }
}

/**
 * Opens an age file of `total` bytes as a stream. `expected` is the length that its plaintext must have, judged before a byte
 * is decrypted. The caller uses nothing of what `take` got until this has returned: only the end says that nothing is missing.
 */
export async function openStream(
  file: ReadableStream<Uint8Array>,
  total: number,
  expected: number,
  identity: string,
  take: (piece: Bytes) => void | Promise<void>,
): Promise<void> {
  const reader = file.getReader();
  let head: Bytes = new Uint8Array();
  let header: number | undefined;
  while (header === undefined) {
    const { done, value } = await reader.read();
    if (done) refuse("not an age header");
    head = concat(head, value as Uint8Array);
    header = measureHeader(head);
  }
  if (plainLength(header, total) !== expected) refuse("another length than was signed");
  let seen = head.length;
  // What went wrong on the way here is no damage: the caller tells it from what does not decrypt.
  let cut: unknown;
  const whole = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(head),
    pull: async (controller) => {
      const { done, value } = await reader.read().catch((error: unknown) => {
        cut = error;
        throw error;
      });
      if (done) return controller.close();
      seen += value.length;
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const damaged = () => (cut === undefined ? refuse("does not open") : Promise.reject(cut));
  const plain = (await decrypter.decrypt(whole).catch(damaged)).getReader();
  for (;;) {
    const { done, value } = await plain.read().catch(damaged);
    if (done) break;
    await take(value as Bytes);
  }
  if (seen !== total) refuse("another length than was announced");
}

/** Seals bytes to one hybrid recipient. */
export async function sealBytes(plain: Bytes, recipient: string): Promise<Bytes> {
  return (await makeEncrypter(recipient).encrypt(plain)) as Bytes;
}

/** Seals a stream to one hybrid recipient. */
export async function sealStream(
  plain: ReadableStream<Uint8Array>,
  recipient: string,
): Promise<ReadableStream<Uint8Array>> {
  return makeEncrypter(recipient).encrypt(plain);
}

function makeEncrypter(recipient: string): Encrypter {
  if (checkRecipient(recipient) !== "hybrid") refuse("not a post-quantum recipient");
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return encrypter;
}
