// The few primitives that the formats stand on: WebCrypto where it has them, hash-wasm for BLAKE3 and Argon2id.

import { argon2id, createBLAKE3 } from "hash-wasm";

import { type Bytes, concat, utf8 } from "./bytes.js";

/** HKDF-SHA-256 (RFC 5869) with 32 bytes out. */
export async function hkdf(ikm: Bytes, salt: Bytes, info: string): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", ikm, "HKDF", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info: utf8(info) }, key, 256);
  return new Uint8Array(bits);
}

/** HMAC-SHA-256 (RFC 2104). */
export async function hmac(key: Bytes, bytes: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, bytes));
}

export async function sha256(...pieces: Uint8Array[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...pieces)));
}

export async function sha512(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-512", bytes));
}

/** Argon2id (RFC 9106) with the cost that `docs/formats/guest.md` fixes. */
export async function stretch(password: Bytes, salt: Bytes): Promise<Bytes> {
  const hash = await argon2id({
    password,
    salt,
    memorySize: 19 * 1024,
    iterations: 2,
    parallelism: 1,
    hashLength: 32,
    outputType: "binary",
  });
  return hash as Bytes;
}

/** Begins a BLAKE3-256; `digest` gives hexadecimal, as `b3sum` prints it. */
export async function beginBlake3(): Promise<{ update(bytes: Uint8Array): void; digest(): string }> {
  const hasher = await createBLAKE3();
  hasher.init();
  return {
    update: (bytes) => void hasher.update(bytes),
    digest: () => hasher.digest("hex"),
  };
}
