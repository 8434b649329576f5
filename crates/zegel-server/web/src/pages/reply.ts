// Replying: written here, sealed here, sent in pieces; and what one wrote before.

import { type PartRequest, Problem, type Reply } from "../api.js";
import { announce, append, fill, h, say, size, time } from "../dom.js";
import { notice, progress } from "../forms.js";
import { checkRecipient } from "../formats/age.js";
import { concat, fromBase64, toBase64, type Bytes } from "../formats/bytes.js";
import { readMail, safeName } from "../formats/mail.js";
import { openPart } from "../formats/part.js";
import { expectOwn, openReply, sealReply, type SealedReply } from "../formats/reply.js";
import type { OpenMessage } from "../state.js";
import { classify, showTrouble } from "./trouble.js";

/** Parts up to this size travel inside the creation, and all of them together. */
const INLINE_MAX = 256 * 1024;

/** Makes the section with the guest's answers and the form for another. */
export function showReplies(message: OpenMessage, again: () => void): HTMLElement {
  const thread = h("ol", { class: "thread" });
  const heading = h("h2", { hidden: true }, say("thread"));
  const place = h("div", { class: "noprint" });
  const section = h("section", { class: "replies" }, heading, thread, place);
  const refresh = async () => {
    try {
      const replies = await message.visit.guest.replies();
      const items = [];
      for (const reply of replies) items.push(await ownReply(message, reply));
      thread.replaceChildren(...items);
      heading.hidden = items.length === 0;
    } catch {
      // One's old answers are not worth a page of trouble; they are there the next time.
    }
  };
  const isPostQuantum = checkRecipient(message.envelope.manifest.replyRecipient) === "hybrid";
  const offer = () => {
    if (!isPostQuantum) return fill(place, h("p", { class: "hint" }, say("replyNoKey")));
    const button = h("button", { type: "button", class: "primary" }, say("reply"));
    button.addEventListener("click", () => {
      fill(place, compose(message, done, offer, again));
      place.querySelector("textarea")?.focus();
    });
    fill(place, button);
  };
  const done = () => {
    offer();
    place.prepend(notice("good", h("p", {}, say("replySent"))));
    announce(say("replySent"));
    void refresh();
    place.querySelector("button")?.focus();
  };
  offer();
  void refresh();
  return section;
}

/** Opens one's own copy; what does not open is named, not shown. */
async function ownReply(message: OpenMessage, reply: Reply): Promise<HTMLElement> {
  const item = h("li", {});
  try {
    const expected = expectOwn(message.envelope.manifest, reply.reply);
    const { manifest, messageIdentity } = await openReply(fromBase64(reply.own_envelope), message.identity, expected);
    append(item, h("p", { class: "hint" }, time(manifest.sent)));
    if (!reply.complete) {
      append(item, h("p", { class: "error" }, say("replyUnsent")));
      return item;
    }
    const view = reply.parts[0];
    const part = manifest.parts[0];
    if (view === undefined || part === undefined || reply.parts.length !== manifest.parts.length) throw new Error();
    const pieces: Bytes[] = [];
    const file = message.visit.guest.fetchReplyPart(reply.reply, 0, view.size);
    await openPart(file, view.size, part, messageIdentity, (piece) => pieces.push(piece));
    const mail = await readMail(concat(...pieces), {
      from: manifest.guest.address,
      to: [manifest.member.address],
      cc: [],
      subject: manifest.subject,
      sent: manifest.sent,
      inReplyTo: manifest.inReplyTo,
      parts: manifest.parts,
    });
    append(item, h("p", { class: "written" }, mail.text));
    const files = h("ul", { class: "files" });
    for (const { name, content } of mail.attachments) files.append(h("li", {}, h("span", { class: "name" }, name), size(content.length)));
    const used = new Set(mail.attachments.map(({ name }) => name.toLowerCase()));
    for (const { name, mediaType, length } of manifest.parts.slice(1)) {
      files.append(h("li", {}, h("span", { class: "name" }, safeName(name, mediaType, used)), size(length)));
    }
    if (files.childElementCount > 0) append(item, files);
  } catch {
    append(item, h("p", { class: "error" }, say("damagedTitle")));
  }
  return item;
}

function compose(message: OpenMessage, done: () => void, cancel: () => void, again: () => void): HTMLElement {
  const { manifest } = message.envelope;
  const text = h("textarea", { id: "reply-text", rows: "8", "aria-describedby": "reply-to" });
  const input = h("input", { type: "file", id: "reply-files", multiple: true, "aria-describedby": "reply-files-hint" });
  const list = h("ul", { class: "files" });
  const error = h("p", { class: "error", role: "alert" });
  const place = h("div", {});
  const send = h("button", { type: "submit", class: "primary" }, say("replySend"));
  const away = h("button", { type: "button", class: "second", onclick: () => finish(cancel) }, say("replyCancel"));
  const files: File[] = [];
  // A reply that is sealed and on its way is sent again as it is: the server knows it by its id.
  let sealed: SealedReply | undefined;
  let busy = false;
  const changed = () => {
    sealed = undefined;
    fill(error);
  };
  const draw = () => {
    list.replaceChildren(
      ...files.map((file, at) => {
        const remove = h("button", { type: "button", class: "quiet", "aria-label": say("removeFile", { name: file.name }) }, "×");
        remove.addEventListener("click", () => {
          files.splice(at, 1);
          changed();
          draw();
          input.focus();
        });
        return h("li", {}, h("span", { class: "name" }, file.name), size(file.size), remove);
      }),
    );
  };
  input.addEventListener("change", () => {
    files.push(...(input.files ?? []));
    input.value = "";
    changed();
    draw();
  });
  text.addEventListener("input", () => changed());
  const warn = (event: BeforeUnloadEvent) => {
    if (busy || text.value !== "" || files.length > 0) event.preventDefault();
  };
  window.addEventListener("beforeunload", warn);
  const finish = (then: () => void) => {
    window.removeEventListener("beforeunload", warn);
    then();
  };
  const form = h(
    "form",
    { class: "reply", novalidate: true },
    h("h2", {}, say("replyTitle")),
    h("p", { class: "hint", id: "reply-to" }, say("replyTo", { address: manifest.sender.address.text })),
    h("div", { class: "field" }, h("label", { for: "reply-text" }, say("replyText")), text),
    h(
      "div",
      { class: "field" },
      h("label", { for: "reply-files" }, say("replyFiles")),
      h("p", { class: "hint", id: "reply-files-hint" }, say("replyFilesHint")),
      input,
      list,
    ),
    error,
    place,
    h("div", { class: "buttons" }, send, away),
  );
  const lock = (locked: boolean) => {
    busy = locked;
    for (const control of [text, input, send, away, ...list.querySelectorAll("button")]) control.disabled = locked;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy) return;
    fill(error);
    if (text.value.trim() === "" && files.length === 0) {
      fill(error, say("replyEmpty"));
      return text.focus();
    }
    lock(true);
    const bar = progress(say("replySealing"));
    fill(place, bar.element);
    const work = async () => {
      sealed ??= await sealReply(
        message.envelope,
        message.identity,
        {
          text: text.value,
          files,
          inReplyTo: message.mail.messageId,
          subject: replySubject(manifest.subject),
          sent: Math.floor(Date.now() / 1000) * 1000,
        },
        bar.set,
      );
      bar.label(say("replySending"));
      await upload(message, sealed, (done, total, waiting) => {
        bar.set(done, total);
        bar.label(say(waiting ? "replyWaiting" : "replySending"));
      });
    };
    work().then(
      () => finish(done),
      (failure: unknown) => {
        lock(false);
        fill(place);
        const problem = failure instanceof Problem ? failure.kind : "";
        if (["gone", "unauthorized"].includes(problem)) {
          return finish(() => showTrouble(classify(failure), again));
        }
        const large = problem === "too-large" || problem === "full";
        fill(error, say(large ? "replyTooLarge" : "replyFailed"));
        send.focus();
      },
    );
  });
  return form;
}

function replySubject(subject: string): string {
  return /^re:/i.test(subject) ? subject : `Re: ${subject}`.trim();
}

async function upload(
  { visit }: OpenMessage,
  sealed: SealedReply,
  report: (done: number, total: number, waiting: boolean) => void,
): Promise<void> {
  const parts: PartRequest[] = [];
  let room = INLINE_MAX;
  for (const { file, hash } of sealed.parts) {
    const inline = file.size <= room;
    if (inline) room -= file.size;
    const bytes = inline ? toBase64(new Uint8Array(await file.arrayBuffer())) : undefined;
    parts.push(bytes === undefined ? { size: file.size, hash } : { size: file.size, hash, inline: bytes });
  }
  const view = await visit.guest.createReply(sealed.id, {
    envelope: toBase64(sealed.envelope),
    own_envelope: toBase64(sealed.ownEnvelope),
    parts,
  });
  if (view.complete) return;
  const apart = sealed.parts.map(({ file }, index) => ({ file, index })).filter(({ index }) => parts[index]?.inline === undefined);
  const total = apart.reduce((sum, { file }) => sum + file.size, 0);
  let before = 0;
  for (const { file, index } of apart) {
    await visit.guest.uploadPart(sealed.id, index, file, (done, waiting) => report(before + done, total, waiting));
    before += file.size;
  }
}
