// What the page knows while it is open. All of it is gone when the tab is closed; nothing is stored.

import type { Guest, Opened, Session } from "./api.js";
import type { Bytes } from "./formats/bytes.js";
import type { GuestEnvelope } from "./formats/envelope.js";
import type { Mail } from "./formats/mail.js";
import type { Address } from "./formats/text.js";

/** Somebody at the door: the link, and who they say they are. */
export interface Visit {
  readonly message: string;
  readonly secret: Bytes;
  readonly address: Address;
  readonly session: Session;
  readonly guest: Guest;
}

/** What the directory of the sender's domain says of the key that signed: shows it, shows another, says nothing. */
export type Standing = "other" | "unknown" | "verified";

/** A message of which everything that is shown was verified. */
export interface OpenMessage {
  readonly visit: Visit;
  readonly opened: Opened;
  readonly identity: string;
  readonly envelope: GuestEnvelope;
  readonly body: Bytes;
  readonly mail: Mail;
  readonly standing: Standing;
}
