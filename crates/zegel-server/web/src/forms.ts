// Forms: a labelled field, what is wrong with it, and one button that shows that something is going on.

import { append, fill, h, type Phrase, say } from "./dom.js";

export interface Field {
  readonly row: HTMLElement;
  readonly input: HTMLInputElement;
  /** Shows what is wrong, and puts the focus there. */
  fail(phrase: Phrase): void;
  clear(): void;
}

let count = 0;

export function field(label: Phrase, hint: Phrase | undefined, attributes: Record<string, string | boolean>): Field {
  const id = `field-${++count}`;
  const error = h("p", { class: "error", id: `${id}-error`, role: "alert" });
  const described = [hint === undefined ? "" : `${id}-hint`, `${id}-error`].join(" ").trim();
  const input = h("input", { id, name: id, "aria-describedby": described, required: true, ...attributes });
  const row = h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    hint === undefined ? undefined : h("p", { class: "hint", id: `${id}-hint` }, hint),
    input,
    error,
  );
  return {
    row,
    input,
    fail: (phrase) => {
      fill(error, phrase);
      input.setAttribute("aria-invalid", "true");
      input.focus();
      input.select();
    },
    clear: () => {
      fill(error);
      input.removeAttribute("aria-invalid");
    },
  };
}

/** A form that runs one submit at a time. */
export function form(button: Phrase, submit: () => Promise<void>, ...content: (Node | undefined)[]): HTMLFormElement {
  const send = h("button", { type: "submit", class: "primary" }, button);
  const element = h("form", { novalidate: true, autocomplete: "on" }, ...content, send);
  let busy = false;
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    send.setAttribute("aria-disabled", "true");
    fill(send, say("working"));
    void submit().finally(() => {
      busy = false;
      send.removeAttribute("aria-disabled");
      fill(send, button);
    });
  });
  return element;
}

export interface Progress {
  readonly element: HTMLElement;
  set(done: number, total: number): void;
  label(phrase: Phrase): void;
}

export function progress(label: Phrase): Progress {
  const id = `progress-${++count}`;
  const text = h("label", { for: id }, label);
  const bar = h("progress", { id, max: "1", value: "0" });
  const element = h("div", { class: "progress" }, text, bar);
  return {
    element,
    set: (done, total) => {
      bar.value = total > 0 ? Math.min(done / total, 1) : 0;
    },
    label: (phrase) => fill(text, phrase),
  };
}

export function notice(kind: "bad" | "good" | "plain", ...content: (Node | Phrase | undefined)[]): HTMLElement {
  const element = h("div", { class: `notice ${kind}` });
  append(element, ...content);
  return element;
}

/** A button that is not the way forward. */
export function link(text: Phrase, click: () => void): HTMLButtonElement {
  return h("button", { type: "button", class: "quiet", onclick: click }, text);
}
