// The languages of the page: one file and one line each.

import { en, type Word, type Words } from "./en.js";
import { nl } from "./nl.js";

export const languages: Readonly<Record<string, Words>> = { nl, en };

/** Chooses the first language of the reader that the page has. */
export function chooseLanguage(wanted: readonly string[]): string {
  for (const tag of wanted) {
    const plain = tag.toLowerCase().split("-")[0] as string;
    if (Object.hasOwn(languages, plain)) return plain;
  }
  return "en";
}

export type { Word, Words };
