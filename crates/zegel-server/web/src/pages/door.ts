// The way in: the address, then the second factor. Nothing is sent before the reader submits, and no code without digits.

import { beginSession, Guest, Problem } from "../api.js";
import { toBase32 } from "../formats/base32.js";
import type { Bytes } from "../formats/bytes.js";
import { deriveCodeKeys, normalizeCode, parseIds } from "../formats/guest.js";
import { type Address, parseAddress } from "../formats/text.js";
import { announce, append, currentLanguage, fill, h, say, show } from "../dom.js";
import { field, form, link, notice, progress } from "../forms.js";
import { readSecret } from "../link.js";
import { openMessage } from "../open.js";
import type { Visit } from "../state.js";
import { showMessage } from "./message.js";
import { classify, inForm, showTrouble } from "./trouble.js";

/** The first page: who are you? */
export function showDoor(message: string, known: Bytes | undefined, typedAddress = ""): void {
  const address = field(say("address"), say("addressHint"), {
    type: "email",
    autocomplete: "email",
    inputmode: "email",
    autocapitalize: "none",
    spellcheck: "false",
    value: typedAddress,
  });
  const secret =
    known === undefined
      ? field(say("secret"), say("secretHint"), {
          type: "text",
          autocomplete: "off",
          autocapitalize: "none",
          spellcheck: "false",
          class: "code",
        })
      : undefined;
  const submit = async () => {
    address.clear();
    secret?.clear();
    const key = known ?? readSecret(secret?.input.value ?? "");
    if (key === undefined) return secret?.fail(say("secretWrong"));
    let parsed: Address;
    try {
      parsed = parseAddress(address.input.value.trim());
    } catch {
      return address.fail(say("addressWrong"));
    }
    await begin(message, key, parsed);
  };
  const how = h("details", {}, h("summary", {}, say("howTitle")), h("p", {}, say("how")));
  const missing = secret === undefined ? undefined : notice("plain", h("p", {}, say("secretMissing")));
  const main = show(
    say("welcome"),
    h("p", { class: "lead" }, say("welcomeText")),
    missing,
    form(say("next"), submit, secret?.row, address.row),
    how,
  );
  main.dataset["page"] = "door";
}

async function begin(message: string, secret: Bytes, address: Address): Promise<void> {
  try {
    const session = await beginSession(message, address.text);
    const visit = { message, secret, address, session, guest: new Guest(session.session) };
    showFactor(visit);
  } catch (error) {
    showTrouble(classify(error), () => showDoor(message, secret, address.text));
  }
}

function restart({ message, secret, address }: Visit): void {
  showDoor(message, secret, address.text);
}

function showFactor(visit: Visit): void {
  switch (visit.session.factor) {
    case "code":
      return showAccessCode(visit);
    case "sms":
      return showDigits(visit);
    case "mail":
      return showMailed(visit);
    default:
      return showTrouble("browser", undefined);
  }
}

function typedAddress(visit: Visit): HTMLElement {
  return h("p", { class: "typed" }, visit.address.text, " ", link(say("changeAddress"), () => restart(visit)));
}

/** Sorts out an error of a step of the second factor: in the form, or as a page. */
function handle(visit: Visit, error: unknown, fail: (phrase: ReturnType<typeof say>) => void): void {
  const phrase = inForm(error, visit.address.text);
  if (phrase !== undefined) fail(phrase);
  else showTrouble(classify(error), () => restart(visit));
}

function showDigits(visit: Visit): void {
  const digits = field(say("digits"), undefined, {
    type: "text",
    inputmode: "numeric",
    autocomplete: "off",
    maxlength: "3",
    class: "code short",
  });
  const submit = async () => {
    digits.clear();
    const typed = digits.input.value.trim();
    if (!/^[0-9]{3}$/.test(typed)) return digits.fail(say("digitsWrong"));
    try {
      const seconds = await visit.guest.requestCode(smsLanguage(), typed);
      showCode(visit, seconds, typed);
    } catch (error) {
      handle(visit, error, digits.fail);
    }
  };
  const main = show(say("smsTitle"), typedAddress(visit), h("p", {}, say("smsText")), form(say("sendCode"), submit, digits.row));
  append(main, wrongNumber(visit));
  main.dataset["page"] = "digits";
}

function wrongNumber(visit: Visit): HTMLElement {
  const details = h("details", {}, h("summary", {}, say("notMyNumber")), h("p", {}, say("notMyNumberText")));
  const button = h("button", { type: "button", class: "second" }, say("notMyNumberSend"));
  button.addEventListener("click", () => {
    button.disabled = true;
    visit.guest.reportWrongNumber().then(
      () => {
        button.replaceWith(notice("good", h("p", {}, say("notMyNumberDone"))));
        announce(say("notMyNumberDone"));
      },
      (error: unknown) => showTrouble(classify(error), () => restart(visit)),
    );
  });
  details.append(button);
  return details;
}

function showMailed(visit: Visit): void {
  const place = notice("bad");
  place.hidden = true;
  const submit = async () => {
    try {
      const seconds = await visit.guest.requestCode(smsLanguage(), undefined);
      showCode(visit, seconds, undefined);
    } catch (error) {
      handle(visit, error, (phrase) => {
        place.hidden = false;
        place.replaceChildren();
        append(place, h("p", { role: "alert" }, phrase));
      });
    }
  };
  const main = show(say("mailTitle"), typedAddress(visit), h("p", {}, say("mailText")), form(say("sendCode"), submit, place));
  main.dataset["page"] = "mail";
}

function showCode(visit: Visit, seconds: number, digits: string | undefined): void {
  const code = field(say("code"), say("codeText", { minutes: String(Math.round(seconds / 60)) }), {
    type: "text",
    inputmode: "numeric",
    autocomplete: "one-time-code",
    maxlength: "7",
    class: "code",
  });
  const submit = async () => {
    code.clear();
    const typed = code.input.value.replace(/\s/g, "");
    if (!/^[0-9]{6}$/.test(typed)) return code.fail(say("codeWrong"));
    await open(visit, { code: typed }, undefined, code.fail);
  };
  const sent = h("p", { class: "hint", role: "status" });
  const resend = link(say("resend"), () => {
    fill(sent);
    visit.guest.requestCode(smsLanguage(), digits).then(
      () => {
        fill(sent, say("resent"));
        code.clear();
        code.input.focus();
      },
      (error: unknown) => handle(visit, error, code.fail),
    );
  });
  const main = show(say("codeTitle"), typedAddress(visit), form(say("open"), submit, code.row), resend, sent);
  if (visit.session.factor === "sms") append(main, wrongNumber(visit));
  main.dataset["page"] = "code";
  code.input.focus();
}

function showAccessCode(visit: Visit): void {
  const access = field(say("access"), undefined, {
    type: "password",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    class: "code",
  });
  const reveal = link(say("show"), () => {
    const hidden = access.input.type === "password";
    access.input.type = hidden ? "text" : "password";
    reveal.replaceChildren();
    append(reveal, say(hidden ? "hide" : "show"));
    reveal.setAttribute("aria-pressed", String(hidden));
  });
  reveal.setAttribute("aria-controls", access.input.id);
  access.input.after(reveal);
  const submit = async () => {
    access.clear();
    try {
      normalizeCode(access.input.value);
    } catch {
      return access.fail(say("accessShort"));
    }
    const ids = parseIds(visit.message, visit.session.guest);
    const keys = await deriveCodeKeys(access.input.value, ids);
    await open(visit, { verifier: toBase32(keys.verify) }, keys.seal, access.fail);
  };
  const main = show(say("accessTitle"), typedAddress(visit), h("p", {}, say("accessText")), form(say("open"), submit, access.row));
  main.dataset["page"] = "access";
  access.input.focus();
}

async function open(
  visit: Visit,
  proof: { code: string } | { verifier: string },
  codeSeal: Bytes | undefined,
  fail: (phrase: ReturnType<typeof say>) => void,
): Promise<void> {
  try {
    const opened = await visit.guest.open(proof);
    const bar = progress(say("opening"));
    const main = show(say("opening"), bar.element);
    main.dataset["page"] = "opening";
    showMessage(await openMessage(visit, opened, codeSeal, bar.set), () => restart(visit));
  } catch (error) {
    if (error instanceof Problem && error.kind === "wrong-code" && error.triesLeft === 0) {
      return showTrouble("locked", undefined);
    }
    handle(visit, error, fail);
  }
}

/** Texts that the server sends exist in these two languages. */
function smsLanguage(): string {
  return currentLanguage() === "nl" ? "nl" : "en";
}
