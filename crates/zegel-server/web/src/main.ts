// The portal's page. It reads its link and waits: nothing is sent before the reader submits something.

import { append, h, live, recallLanguage, say, switchLanguage, currentLanguage, show } from "./dom.js";
import { languages } from "./languages/index.js";
import { readLink, readSecret } from "./link.js";
import { showDoor } from "./pages/door.js";
import { showTrouble } from "./pages/trouble.js";

function frame(): void {
  const switcher = h("div", { class: "languages", role: "group", "aria-label": say("switchLanguage") });
  for (const [tag, words] of Object.entries(languages)) {
    const button = h("button", { type: "button", lang: tag, class: "quiet" }, words.language);
    button.addEventListener("click", () => switchLanguage(tag));
    live(button, () => button.setAttribute("aria-pressed", String(tag === currentLanguage())));
    switcher.append(button);
  }
  const skip = document.getElementById("skip") as HTMLElement;
  live(skip, () => {
    skip.replaceChildren();
    append(skip, say("skip"));
  });
  (document.getElementById("bar") as HTMLElement).append(switcher);
}

function start(): void {
  recallLanguage();
  frame();
  const { message, secret } = readLink(location);
  // The secret is in memory now; the address bar, the history and a screenshot need not have it.
  history.replaceState(null, "", message === undefined ? location.pathname.split(/%23|%2523/)[0] : `/m/${message}`);
  if (!window.isSecureContext || typeof crypto.subtle === "undefined" || typeof WebAssembly === "undefined") {
    return showTrouble("browser", undefined, h("p", {}, say("secureText")));
  }
  if (message === undefined) return showTrouble("link", undefined);
  const known = secret === "" ? undefined : readSecret(secret);
  if (secret !== "" && known === undefined) {
    const button = h("button", { type: "button", class: "primary" }, say("linkTyped"));
    button.addEventListener("click", () => showDoor(message, undefined));
    return showTrouble("link", undefined, button);
  }
  showDoor(message, known);
}

try {
  start();
} catch {
  show(say("failedTitle"), h("p", {}, say("failedText")));
}
// Another link opened in the same tab is another message.
window.addEventListener("hashchange", () => {
  if (location.hash.length > 1) location.reload();
});
