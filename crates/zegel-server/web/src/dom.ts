// Elements and words. Nothing here reads HTML: every text becomes a text node.

import { chooseLanguage, languages, type Word } from "./languages/index.js";

type Values = Readonly<Record<string, string>>;

/** A text in the language of the reader; it changes in place when they choose another. */
export interface Phrase {
  readonly word: Word;
  readonly values: Values;
}

export function say(word: Word, values: Values = {}): Phrase {
  return { word, values };
}

let language = chooseLanguage(navigator.languages);
const STORED = "zegel-language";
let updates: { node: Node; update: () => void }[] = [];

export function currentLanguage(): string {
  return language;
}

/** Takes the language that the reader chose before, if this browser kept it. */
export function recallLanguage(): void {
  try {
    const stored = localStorage.getItem(STORED);
    if (stored !== null && Object.hasOwn(languages, stored)) language = stored;
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  document.documentElement.lang = language;
}

export function switchLanguage(to: string): void {
  language = to;
  document.documentElement.lang = to;
  try {
    localStorage.setItem(STORED, to);
  } catch {
    // As above.
  }
  updates = updates.filter(({ node }) => node.isConnected);
  for (const { update } of updates) update();
}

export function write({ word, values }: Phrase): string {
  const words = languages[language] ?? (languages["en"] as (typeof languages)[string]);
  return words[word].replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}

type Content = Node | Phrase | string | undefined;
type Value = Phrase | string | boolean | ((event: Event) => void);

function isPhrase(value: unknown): value is Phrase {
  return typeof value === "object" && value !== null && "word" in value;
}

/** Keeps `update` for when the language changes, and runs it now. */
export function live(node: Node, update: () => void): void {
  update();
  updates.push({ node, update });
}

export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, Value>> = {},
  ...content: Content[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (isPhrase(value)) live(element, () => element.setAttribute(name, write(value)));
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, value);
  }
  append(element, ...content);
  return element;
}

export function append(element: Element, ...content: Content[]): void {
  for (const one of content) {
    if (one === undefined) continue;
    if (isPhrase(one)) {
      const text = document.createTextNode("");
      live(text, () => {
        text.data = write(one);
      });
      element.append(text);
    } else {
      element.append(one);
    }
  }
}

export function fill(element: Element, ...content: Content[]): void {
  element.replaceChildren();
  append(element, ...content);
}

/** The reader's own way of writing times and numbers, where it is of the language that is shown. */
function locale(): string {
  return navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === language) ?? language;
}

export function formatTime(milliseconds: number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "long", timeStyle: "short" }).format(milliseconds);
}

/** A time that changes with the language. */
export function time(milliseconds: number): HTMLTimeElement {
  const element = h("time", { datetime: new Date(milliseconds).toISOString() });
  live(element, () => {
    element.textContent = formatTime(milliseconds);
  });
  return element;
}

/** A size that changes with the language. */
export function size(bytes: number): HTMLSpanElement {
  const element = h("span", { class: "size" });
  live(element, () => {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
    const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), 3);
    element.textContent = new Intl.NumberFormat(locale(), {
      style: "unit",
      unit: units[step] as string,
      unitDisplay: step === 0 ? "long" : "short",
      maximumFractionDigits: step === 0 ? 0 : 1,
    }).format(bytes / 1000 ** step);
  });
  return element;
}

/** Tells a screen reader something without moving the focus. */
export function announce(phrase: Phrase): void {
  const region = document.getElementById("status");
  if (region !== null) fill(region, phrase);
}

/** Shows another page and puts the focus on its heading. */
export function show(title: Phrase, ...content: Content[]): HTMLElement {
  const main = document.getElementById("main") as HTMLElement;
  const heading = h("h1", { tabindex: "-1" }, title);
  fill(main, heading, ...content);
  live(heading, () => {
    document.title = write(title);
  });
  heading.focus({ preventScroll: true });
  window.scrollTo(0, 0);
  return main;
}
