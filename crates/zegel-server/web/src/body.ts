// The mail's text in a frame of its own: no scripts, no origin, no requests (T13, T14). What the frame shows is hostile; the
// badge and everything else that can be believed stands outside it.

import DOMPurify from "dompurify";

import { toBase64 } from "./formats/bytes.js";
import type { Attachment, Mail } from "./formats/mail.js";
import { h, say } from "./dom.js";

const FRAME_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'";
const PLAIN_STYLE = "margin:0;padding:16px;font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere;background:#fff;color:#1a1a1a";

const FORBIDDEN_TAGS = [
  "audio", "button", "datalist", "dialog", "fieldset", "form", "input", "label", "legend", "map", "meter", "option",
  "output", "picture", "progress", "select", "slot", "source", "style", "template", "textarea", "track", "video",
];
const FORBIDDEN_ATTRIBUTES = [
  "action", "autofocus", "background", "contenteditable", "formaction", "is", "ping", "popover", "popovertarget",
  "poster", "slot", "srcset", "tabindex", "usemap",
];

export interface Cleaned {
  readonly html: string;
  /** The same content as inert elements, to measure and to print. */
  readonly content: DocumentFragment;
  readonly blocked: boolean;
}

let purify: ReturnType<typeof DOMPurify> | undefined;
/** What the hooks work on: there is one sanitiser, because its Trusted Types policy can be made only once. */
let pictures: ReadonlyMap<string, Attachment> = new Map();
let blocked = false;

function sanitiser(): ReturnType<typeof DOMPurify> {
  if (purify !== undefined) return purify;
  purify = DOMPurify(window);
  purify.addHook("uponSanitizeAttribute", (_, data) => {
    // A style may load, or lie over what stands around it; CSP and the frame forbid both once more.
    if (data.attrName === "style" && /url\s*\(|image-set|image\s*\(|@|\\|position\s*:|expression/i.test(data.attrValue)) {
      if (/url|image/i.test(data.attrValue)) blocked = true;
      data.keepAttr = false;
    }
  });
  purify.addHook("afterSanitizeAttributes", (node) => {
    if (node.nodeName === "IMG") {
      const source = node.getAttribute("src") ?? "";
      const picture = /^cid:/i.test(source) ? pictures.get(unescapeId(source.slice(4))) : undefined;
      if (picture !== undefined) {
        node.setAttribute("src", `data:${picture.mediaType};base64,${toBase64(picture.content)}`);
      } else if (!/^data:image\/(?:png|jpeg|gif|webp);base64,/i.test(source)) {
        if (source !== "") blocked = true;
        node.removeAttribute("src");
      }
    }
    if (node.nodeName === "A" || node.nodeName === "AREA") {
      const target = node.getAttribute("href") ?? "";
      if (!/^(?:https?|mailto|tel):/i.test(target)) node.removeAttribute("href");
      node.setAttribute("target", "_blank");
      node.setAttribute("rel", "noopener noreferrer nofollow");
    }
  });
  return purify;
}

/** Sanitises HTML: what remains has no scripts, no forms and nothing that would load. */
export function clean(html: string, known: ReadonlyMap<string, Attachment>): Cleaned {
  pictures = known;
  blocked = false;
  const content = sanitiser().sanitize(html, {
    USE_PROFILES: { html: true },
    FORBID_TAGS: FORBIDDEN_TAGS,
    FORBID_ATTR: FORBIDDEN_ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
  const holder = document.implementation.createHTMLDocument("").createElement("div");
  holder.append(content.cloneNode(true));
  return { html: holder.innerHTML, content, blocked };
}

function unescapeId(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

/** Makes the frame of a mail, and the copy of its text that is printed. */
export function showBody(mail: Mail, address: string): { element: HTMLElement; blocked: boolean } {
  const cleaned = mail.html === undefined ? undefined : clean(mail.html, mail.pictures);
  const printed = h("div", { class: "printed", "aria-hidden": "true" });
  let content: string;
  if (cleaned !== undefined) {
    content = cleaned.html;
    printed.append(copyStructure(cleaned.content));
  } else {
    const text = h("pre", {}, mail.text);
    printed.append(text);
    content = linkify(mail.text);
  }
  const frame = h("iframe", {
    class: "mail",
    // No allow-scripts, no allow-same-origin: the content has no origin and runs nothing.
    sandbox: "allow-popups allow-popups-to-escape-sandbox",
    referrerpolicy: "no-referrer",
    title: say("bodyFrame", { address }),
  });
  frame.setAttribute("srcdoc", trust(page(content)));
  const element = h("div", { class: "body" }, frame, printed);
  fit(frame, printed);
  return { element, blocked: cleaned?.blocked ?? false };
}

function page(content: string): string {
  return (
    `<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${FRAME_POLICY}">` +
    `<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light"></head>` +
    `<body style="${PLAIN_STYLE}">${content}</body></html>`
  );
}

/** Plain text as HTML: everything escaped, addresses on the web made links. */
function linkify(text: string): string {
  const escape = (piece: string) =>
    piece.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  const pieces = text.split(/(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/);
  const marked = pieces.map((piece, at) =>
    at % 2 === 0
      ? escape(piece)
      : `<a href="${escape(piece)}" target="_blank" rel="noopener noreferrer nofollow">${escape(piece)}</a>`,
  );
  return `<div style="white-space:pre-wrap">${marked.join("")}</div>`;
}

/** Where the browser has Trusted Types, the frame's text is the one thing that is trusted, and only here. */
function trust(html: string): string {
  const factory = (window as { trustedTypes?: { createPolicy(name: string, rules: object): { createHTML(text: string): string } } })
    .trustedTypes;
  policy ??= factory?.createPolicy("zegel", { createHTML: (text: string) => text });
  return policy === undefined ? html : policy.createHTML(html);
}

let policy: { createHTML(text: string): string } | undefined;

/** Elements that carry structure and can carry nothing else. */
const STRUCTURE = new Set(
  ("B BLOCKQUOTE BR CAPTION CENTER CODE DD DEL DIV DL DT EM FONT H1 H2 H3 H4 H5 H6 HR I INS LI OL P PRE S SMALL SPAN " +
    "STRIKE STRONG SUB SUP TABLE TBODY TD TFOOT TH THEAD TR TT U UL").split(" "),
);

/** Copies text and structure, and no attribute but the spans of a table's cells. */
export function copyStructure(from: Node): DocumentFragment {
  const to = document.createDocumentFragment();
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) {
      to.append(node.nodeValue ?? "");
    } else if (node instanceof Element || node.nodeType === Node.ELEMENT_NODE) {
      const source = node as Element;
      const inside = copyStructure(source);
      if (source.nodeName === "IMG") {
        to.append(source.getAttribute("alt") ?? "");
      } else if (STRUCTURE.has(source.nodeName)) {
        const copy = document.createElement(source.nodeName);
        for (const name of ["colspan", "rowspan"]) {
          const value = source.getAttribute(name);
          if (value !== null && /^\d{1,3}$/.test(value)) copy.setAttribute(name, value);
        }
        copy.append(inside);
        to.append(copy);
      } else {
        to.append(inside);
      }
    }
  }
  return to;
}

/** The frame cannot say how high it is, so the printed copy, which is not shown, is measured. */
function fit(frame: HTMLIFrameElement, printed: HTMLElement): void {
  const adjust = () => {
    if (!printed.isConnected) return;
    const height = Math.ceil(printed.scrollHeight * 1.05) + 48;
    frame.style.height = `${Math.min(Math.max(height, 120), 20_000)}px`;
  };
  requestAnimationFrame(adjust);
  new ResizeObserver(adjust).observe(printed);
}
