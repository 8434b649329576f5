// Bytes and texts.

export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** Says that something is not of the form that a document in `docs/formats` describes. It never repeats what it met. */
export class FormError extends Error {
  constructor(
    what: string,
    /** The class of the refusal, as the vectors have it. */
    readonly reason: string = "refused",
  ) {
    super(what);
  }
}

export function refuse(what: string, reason?: string): never {
  throw new FormError(what, reason);
}

/** Gives every refusal of `read` one class. */
export function asReason<T>(reason: string, read: () => T): T {
  try {
    return read();
  } catch {
    return refuse(reason, reason);
  }
}

export function utf8(text: string): Bytes {
  return encoder.encode(text) as Bytes;
}

/** Reads UTF-8, and nothing that is not: no replacement characters, no byte order mark left out. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse("not UTF-8");
  }
}

export function concat(...pieces: Uint8Array[]): Bytes {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Compares without an early end, so that the time says nothing about where two secrets differ. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

export function fromBase64(text: string): Bytes {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) refuse("not base64");
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  if (toBase64(bytes) !== text) refuse("not base64");
  return bytes;
}

export function makeRandom(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}
