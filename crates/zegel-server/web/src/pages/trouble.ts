// Pages for what can go wrong: each says what it is and what to do.

import { Away, Problem } from "../api.js";
import { FormError } from "../formats/bytes.js";
import { announce, h, type Phrase, say, show } from "../dom.js";
import { WrongKey } from "../open.js";
import type { Word } from "../languages/index.js";

type Trouble =
  | "away" | "browser" | "busy" | "damaged" | "expired" | "failed" | "key" | "link" | "locked" | "notFound" | "recalled"
  | "session";

/** What of it can be got over by trying once more. */
const CAN_TRY: readonly Trouble[] = ["away", "busy", "failed", "session"];

/** Finds the page for what went wrong; nothing when the form should say it (a wrong code, a rate). */
export function classify(error: unknown): Trouble {
  if (error instanceof Away) return "away";
  if (error instanceof WrongKey) return "key";
  if (error instanceof FormError) return "damaged";
  if (!(error instanceof Problem)) return "failed";
  switch (error.kind) {
    case "gone":
      return error.detail === "recalled" ? "recalled" : "expired";
    case "locked":
      return "locked";
    case "not-found":
      return "notFound";
    case "unauthorized":
      return "session";
    case "unavailable":
    case "too-many":
    case "full":
      return "busy";
    default:
      return "failed";
  }
}

export function showTrouble(trouble: Trouble, again: (() => void) | undefined, more?: HTMLElement): void {
  const title = say(`${trouble}Title` as Word);
  const button =
    again !== undefined && CAN_TRY.includes(trouble)
      ? h("button", { type: "button", class: "primary", onclick: again }, say("again"))
      : undefined;
  const main = show(title, h("p", {}, say(`${trouble}Text` as Word)), more, button);
  main.dataset["page"] = trouble;
  announce(title);
}

/** What a form says about an error it can live with; nothing when it is a page of its own. */
export function inForm(error: unknown, address: string): Phrase | undefined {
  if (!(error instanceof Problem)) return undefined;
  if (error.kind === "too-many") return say("tooMany", { seconds: String(error.retryAfter ?? 60) });
  if (error.kind !== "wrong-code") return undefined;
  if (error.triesLeft === undefined) return say("wrongCodeNone", { address });
  if (error.triesLeft === 1) return say("wrongCodeOne", { address });
  return say("wrongCode", { address, left: String(error.triesLeft) });
}
