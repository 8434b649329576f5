// The link: `/m/<message id>#<link secret>`. The secret is read once, kept in memory and taken out of the address bar.

import { parseLink } from "./formats/guest.js";
import { fixedBase32 } from "./formats/base32.js";
import type { Bytes } from "./formats/bytes.js";

export interface Link {
  /** The message's id, or nothing when the path holds none. */
  readonly message: string | undefined;
  /** The secret as it stood there; not yet judged. */
  readonly secret: string;
}

/**
 * Takes a link apart. Mail gateways turn `#` into `%23`, some of them twice; then the secret stands in the path. It has
 * reached the server so, which is why it opens nothing without the second factor and the share (T3).
 */
export function readLink(location: { pathname: string; hash: string }): Link {
  let path = location.pathname;
  let secret = location.hash.replace(/^#/, "");
  for (let round = 0; round < 3 && secret === ""; round++) {
    const at = path.indexOf("#");
    if (at >= 0) {
      secret = path.slice(at + 1);
      path = path.slice(0, at);
    } else {
      path = path.replace(/%23/g, "#").replace(/%25/g, "%");
    }
  }
  const name = /^\/m\/([^/?#%]+)/.exec(path)?.[1] ?? "";
  return { message: parseMessage(name), secret: decode(secret).trim() };
}

function parseMessage(name: string): string | undefined {
  try {
    fixedBase32(name, 16);
    return name;
  } catch {
    return undefined;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Reads a secret that somebody typed or pasted: spaces and dashes do not count, and a whole link will do. */
export function readSecret(typed: string): Bytes | undefined {
  const last = typed.trim().split(/#|%23|%2523/).at(-1) as string;
  try {
    return parseLink(last.replace(/[\s-]/g, ""));
  } catch {
    return undefined;
  }
}
