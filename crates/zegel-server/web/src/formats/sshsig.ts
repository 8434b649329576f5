// SSHSIG signatures (OpenSSH `PROTOCOL.sshsig`): ssh-ed25519 over SHA-512.

import { ed25519 } from "@noble/curves/ed25519.js";

import { type Bytes, concat, fromBase64, isEqual, refuse, toBase64, utf8 } from "./bytes.js";
import { sha512 } from "./crypto.js";

const BEGIN = "-----BEGIN SSH SIGNATURE-----\n";
const END = "-----END SSH SIGNATURE-----\n";
const ARMOUR_MAX = 1024;
const MAGIC = utf8("SSHSIG");

export type Namespace = "zegel-card" | "zegel-manifest";

export interface Signature {
  /** The public key that the signature names, in the form `ssh-ed25519 AAAA…`; until it is verified, a claim. */
  readonly key: string;
  readonly namespace: string;
  readonly publicKey: Bytes;
  readonly bytes: Bytes;
}

/** Splits a text into the signature in armour that it begins with, and what follows. */
export function splitArmour(text: string): { signature: Signature; rest: string } {
  const end = text.indexOf(END);
  if (!text.startsWith(BEGIN) || end < 0) refuse("not a signature");
  const armour = text.slice(0, end + END.length);
  return { signature: parseArmour(armour), rest: text.slice(armour.length) };
}

function parseArmour(armour: string): Signature {
  if (armour.length > ARMOUR_MAX) refuse("not a signature");
  const body = armour.slice(BEGIN.length, -END.length);
  const lines = body.split("\n");
  if (lines.pop() !== "" || lines.length === 0) refuse("not a signature");
  // One text for each signature: lines of 70 columns, the last one not empty.
  const full = lines.slice(0, -1).every((line) => line.length === 70);
  const last = (lines.at(-1) as string).length;
  if (!full || last === 0 || last > 70) refuse("not a signature");
  const reader = new Reader(fromBase64(lines.join("")));
  if (!isEqual(reader.take(6), MAGIC) || reader.number() !== 1) refuse("not a signature");
  const publicKey = parseKeyBlob(reader.string());
  const namespace = reader.text();
  if (reader.string().length !== 0 || reader.text() !== "sha512") refuse("not a signature");
  const inner = new Reader(reader.string());
  reader.end();
  if (inner.text() !== "ssh-ed25519") refuse("not a signature");
  const bytes = inner.string();
  inner.end();
  if (bytes.length !== 64) refuse("not a signature");
  return { key: writeKey(publicKey), namespace, publicKey, bytes };
}

/** Checks that `key` (`ssh-ed25519 AAAA…`), and no other, signed exactly `message` in `namespace`. */
export async function verify(signature: Signature, namespace: Namespace, message: Bytes, key: string): Promise<void> {
  const signed = concat(
    MAGIC,
    string(utf8(namespace)),
    string(new Uint8Array()),
    string(utf8("sha512")),
    string(await sha512(message)),
  );
  let good = false;
  try {
    // RFC 8032 as written, not the laxer ZIP 215.
    good = ed25519.verify(signature.bytes, signed, signature.publicKey, { zip215: false });
  } catch {
    good = false;
  }
  if (!good || signature.key !== key || signature.namespace !== namespace) refuse("the signature does not hold");
}

/** Reads `ssh-ed25519 AAAA…` without a comment and returns it as it stands. */
export function checkKey(text: string): string {
  const match = /^ssh-ed25519 ([A-Za-z0-9+/=]+)$/.exec(text);
  if (match === null) refuse("not a public key");
  const key = writeKey(parseKeyBlob(fromBase64((match as RegExpExecArray)[1] as string)));
  return key === text ? key : refuse("not a public key");
}

function parseKeyBlob(blob: Bytes): Bytes {
  const reader = new Reader(blob);
  if (reader.text() !== "ssh-ed25519") refuse("not a public key");
  const key = reader.string();
  reader.end();
  return key.length === 32 ? key : refuse("not a public key");
}

function writeKey(publicKey: Bytes): string {
  return `ssh-ed25519 ${toBase64(concat(string(utf8("ssh-ed25519")), string(publicKey)))}`;
}

function string(bytes: Bytes): Bytes {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concat(length, bytes);
}

/** Reads SSH's wire form. */
class Reader {
  private at = 0;

  constructor(private readonly bytes: Bytes) {}

  take(length: number): Bytes {
    if (length > this.bytes.length - this.at) refuse("not a signature");
    const piece = this.bytes.slice(this.at, this.at + length);
    this.at += length;
    return piece;
  }

  number(): number {
    return new DataView(this.take(4).buffer).getUint32(0);
  }

  string(): Bytes {
    return this.take(this.number());
  }

  text(): string {
    return String.fromCharCode(...this.string().subarray(0, 100));
  }

  end(): void {
    if (this.at !== this.bytes.length) refuse("not a signature");
  }
}
