// The message: who sent it stands outside the frame, what was written inside it.

import { Problem } from "../api.js";
import { announce, append, fill, h, say, show, size, time } from "../dom.js";
import { showBody } from "../body.js";
import { notice, progress } from "../forms.js";
import { FormError } from "../formats/bytes.js";
import type { Part } from "../formats/manifest.js";
import { openPart, Pile } from "../formats/part.js";
import { safeName } from "../formats/mail.js";
import { type Address, oneLine, parseTime } from "../formats/text.js";
import { restore } from "../eml.js";
import type { OpenMessage } from "../state.js";
import { showReplies } from "./reply.js";
import { classify, showTrouble } from "./trouble.js";

/** Verified attachments, so that each is fetched once. */
type Fetched = Map<number, Blob>;

export function showMessage(message: OpenMessage, again: () => void): void {
  const { manifest } = message.envelope;
  const fetched: Fetched = new Map();
  const sender = manifest.sender.address;
  const { element: body, blocked } = showBody(message.mail, sender.text);
  const isEmpty = message.mail.html === undefined && message.mail.text.trim() === "";
  const subject = oneLine(manifest.subject).trim() || say("noSubject");
  const main = show(
    say("title"),
    h("p", { class: "subject", id: "subject" }, subject),
    badge(message),
    facts(message),
    h(
      "section",
      { "aria-label": say("body") },
      isEmpty ? h("p", { class: "hint" }, say("emptyBody")) : body,
      blocked ? h("p", { class: "hint noprint" }, say("blockedPictures")) : undefined,
    ),
    attachments(message, fetched, again),
    actions(message, fetched, again),
    showReplies(message, again),
  );
  main.dataset["page"] = "message";
  announce(say("title"));
}

/** Names the verified address and never the display name, which anybody can choose (T15). */
function badge({ envelope: { manifest }, standing }: OpenMessage): HTMLElement {
  const isVerified = standing === "verified";
  const { text, domain } = manifest.sender.address;
  const element = h(
    "div",
    { class: isVerified ? "badge verified" : "badge unverified", id: "badge" },
    h("strong", {}, say(isVerified ? "verified" : "unverified")),
    h("p", {}, isVerified ? say("verifiedText", { address: text, domain }) : say("unverifiedText", { address: text })),
  );
  if (standing === "other") append(element, h("p", {}, say("otherKey", { domain })));
  if (!manifest.pq) append(element, h("p", {}, say("classic")));
  if (manifest.archive !== undefined) append(element, h("p", {}, say("archived", { address: manifest.archive.address.text })));
  return element;
}

function facts({ envelope: { manifest }, opened }: OpenMessage): HTMLElement {
  const list = h("dl", { class: "facts" });
  const row = (term: HTMLElement, value: Node | string) => list.append(h("div", {}, term, h("dd", {}, value)));
  const people = (addresses: readonly Address[]) => addresses.map(({ text }) => text).join(", ");
  row(h("dt", {}, say("from")), manifest.sender.address.text);
  if (manifest.to.length > 0) row(h("dt", {}, say("to")), people(manifest.to));
  if (manifest.cc.length > 0) row(h("dt", {}, say("cc")), people(manifest.cc));
  row(h("dt", {}, say("sent")), time(manifest.sent));
  row(h("dt", {}, say("until")), time(parseTime(opened.expires_at)));
  return list;
}

function attachments(message: OpenMessage, fetched: Fetched, again: () => void): HTMLElement | undefined {
  const inside = message.mail.attachments;
  const apart = message.envelope.manifest.parts.slice(1);
  if (inside.length + apart.length === 0) return undefined;
  const list = h("ul", { class: "files" });
  for (const { name, content } of inside) {
    list.append(h("li", {}, h("span", { class: "name" }, name), size(content.length), offer(name, new Blob([content]))));
  }
  const used = new Set(inside.map(({ name }) => name.toLowerCase()));
  for (const part of apart) {
    list.append(fetchable(message, part, safeName(part.name, part.mediaType, used), fetched, again));
  }
  return h(
    "section",
    {},
    h("h2", {}, say("attachments")),
    list,
    h("p", { class: "hint noprint" }, say("afterDownload")),
  );
}

/** A link that saves. The type says nothing of the content: a page among the files must not open as one of ours. */
function offer(name: string, content: Blob): HTMLAnchorElement {
  const url = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  return h("a", { href: url, download: name, class: "button second", "aria-label": say("saveName", { name }) }, say("save"));
}

/** An attachment that lies on the server: fetched and verified as a whole, and only then offered. */
function fetchable(message: OpenMessage, part: Part, name: string, fetched: Fetched, again: () => void): HTMLElement {
  const place = h("span", { class: "place" });
  const item = h("li", {}, h("span", { class: "name" }, name), size(part.length), place);
  const button = h("button", { type: "button", class: "second", "aria-label": say("fetchName", { name }) }, say("fetch"));
  button.addEventListener("click", () => {
    const bar = progress(say("fetching", { name }));
    fill(place, bar.element);
    fetchPart(message, part, fetched, bar.set).then(
      (content) => {
        const link = offer(name, content);
        fill(place, link, h("span", { class: "checked" }, say("ready")));
        announce(say("ready"));
        link.focus();
      },
      (error: unknown) => {
        fill(place, button);
        if (error instanceof Problem && ["gone", "unauthorized"].includes(error.kind)) return showGone(error, again);
        const word = error instanceof FormError ? "attachmentDamaged" : "attachmentFailed";
        append(place, h("span", { class: "error", role: "alert" }, say(word, { name })));
        button.focus();
      },
    );
  });
  place.append(button);
  return item;
}

async function fetchPart(
  { visit, opened, envelope }: OpenMessage,
  part: Part,
  fetched: Fetched,
  report: (done: number, total: number) => void,
): Promise<Blob> {
  const known = fetched.get(part.index);
  if (known !== undefined) return known;
  const pile = new Pile();
  const total = opened.parts[part.index]?.size ?? 0;
  const file = visit.guest.fetchPart(part.index, total);
  await openPart(file, total, part, envelope.messageIdentity, (piece) => pile.add(piece), (done) => report(done, part.length));
  const content = pile.toBlob(part.mediaType);
  fetched.set(part.index, content);
  return content;
}

/** Recalled or expired while it was open, or the session is over: nothing of it stays on the screen. */
function showGone(error: Problem, again: () => void): void {
  const recalled = error.kind === "gone" && error.detail === "recalled";
  showTrouble(classify(error), again, recalled ? notice("bad", h("p", {}, say("recalledOpen"))) : undefined);
}

function actions(message: OpenMessage, fetched: Fetched, again: () => void): HTMLElement {
  const place = h("div", { class: "saved" });
  const save = h("button", { type: "button", class: "second" }, say("saveWhole"));
  save.addEventListener("click", () => {
    save.disabled = true;
    const bar = progress(say("savingWhole"));
    fill(place, bar.element);
    wholeMessage(message, fetched, bar.set).then(
      (content) => {
        save.disabled = false;
        const { subject } = message.envelope.manifest;
        const name = `${subject.replace(/[^\p{L}\p{N} ._-]/gu, "").trim().slice(0, 80) || "message"}.eml`;
        const link = offer(name, content);
        fill(place, link);
        link.click();
        link.focus();
      },
      (error: unknown) => {
        save.disabled = false;
        if (error instanceof Problem && ["gone", "unauthorized"].includes(error.kind)) return showGone(error, again);
        fill(place, h("span", { class: "error", role: "alert" }, say("attachmentFailed", { name: ".eml" })));
      },
    );
  });
  return h(
    "section",
    { class: "actions noprint", "aria-label": say("actions") },
    h("div", { class: "buttons" }, save, h("button", { type: "button", class: "second", onclick: () => window.print() }, say("print"))),
    place,
  );
}

async function wholeMessage(
  message: OpenMessage,
  fetched: Fetched,
  report: (done: number, total: number) => void,
): Promise<Blob> {
  const apart = message.envelope.manifest.parts.slice(1);
  const total = apart.reduce((sum, part) => sum + part.length, 0);
  const contents: Blob[] = [];
  let before = 0;
  for (const part of apart) {
    contents.push(await fetchPart(message, part, fetched, (done) => report(before + done, total)));
    before += part.length;
  }
  return restore(message.body, contents);
}
