// Receipts (`docs/formats/receipt.md`): proof to the sender that the message was opened.

import { toBase32 } from "./base32.js";
import { type Bytes, utf8 } from "./bytes.js";
import { hmac } from "./crypto.js";
import { toCanonical } from "./json.js";
import { writeTime } from "./text.js";

/** Writes the receipt of a guest. */
export async function makeReceipt(receiptKey: Bytes, message: string, guest: string, openedAt: number): Promise<string> {
  const claim = { format: "zegel/receipt/v1", id: message, opened_at: writeTime(openedAt), opener: { guest } };
  const mac = toBase32(await hmac(receiptKey, utf8(toCanonical(claim))));
  return toCanonical({ claim, mac });
}
