// Guest keys (`docs/formats/guest.md`).

import { fixedBase32 } from "./base32.js";
import { asReason, type Bytes, concat, refuse, utf8 } from "./bytes.js";
import { hkdf, stretch } from "./crypto.js";
import { identityFromSeed } from "./age.js";

export interface GuestIds {
  readonly message: Bytes;
  readonly guest: Bytes;
}

export function parseIds(message: string, guest: string): GuestIds {
  return asReason("id", () => ({ message: fixedBase32(message, 16), guest: fixedBase32(guest, 16) }));
}

/** Reads the link secret; upper case is accepted, because people type it. */
export function parseLink(text: string): Bytes {
  return asReason("link", () => fixedBase32(/^[A-Za-z2-7]*$/.test(text) ? text.toLowerCase() : refuse("not base32"), 20));
}

/** Normalises an access code: only letters and digits count, look-alikes are one character. */
export function normalizeCode(code: string): string {
  if (utf8(code).length > 800) refuse("not an access code", "code");
  const normal = code
    .replace(/[^\p{Alphabetic}\p{N}]/gu, "")
    .toUpperCase()
    .replace(/O/g, "0")
    .replace(/[IL]/g, "1");
  const length = [...normal].length;
  return length >= 6 && length <= 200 ? normal : refuse("not an access code", "code");
}

export interface CodeKeys {
  /** `C`: goes into the guest's seed. */
  readonly seal: Bytes;
  /** `V`: the server has its hash. */
  readonly verify: Bytes;
}

export async function deriveCodeKeys(code: string, ids: GuestIds): Promise<CodeKeys> {
  const key = await stretch(utf8(normalizeCode(code)), salt(ids));
  const empty = new Uint8Array();
  return { seal: await hkdf(key, empty, "zegel/code-seal/v1"), verify: await hkdf(key, empty, "zegel/code-verify/v1") };
}

/** Derives the age identity that opens a guest's envelope. */
export async function deriveGuestIdentity(
  link: Bytes,
  share: Bytes,
  codeSeal: Bytes | undefined,
  ids: GuestIds,
): Promise<string> {
  const pieces = codeSeal === undefined ? [link, share] : [link, share, codeSeal];
  const info = codeSeal === undefined ? "zegel/guest/v1" : "zegel/guest+code/v1";
  return identityFromSeed(await hkdf(concat(...pieces), salt(ids), info));
}

function salt(ids: GuestIds): Bytes {
  return concat(ids.message, ids.guest);
}
