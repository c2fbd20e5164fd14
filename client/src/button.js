// <sign-in-button provider="twitter">: a button, a line of text with the state of the sign-in, and two more buttons for
// the state in which nobody knows whether the window is still there. The module loads this file for pages that have one.
//
// Title, icon and colours of the provider come from the backend. Until they are there the button is neutral and works
// already: a sign-in needs only the provider's name.

import { loadProviders } from "./providers.js";

const DEFAULT_TEXTS = {
  signIn: "Sign in with {provider}",
  opened: "Continue in the new window.",
  unsure: "Is the window gone?",
  finishing: "Finishing…",
  leaving: "One moment…",
  reopen: "Open it again",
  cancel: "Cancel",
  continue: "Continue",
  cancelled: "Cancelled. You can try again.",
  denied: "Not signed in, as you chose.",
  network: "The server does not answer. Check your connection, then try again.",
};
const UNKNOWN = "…"; // in place of a title that is still loading

// The first rule has the colours of a provider without colours of its own. setColors changes this rule. Which of two
// colours is used follows the page's own color-scheme.
const STYLE = `
.known { background-color: #0f1419; background-color: light-dark(#0f1419, #fff);
  color: #fff; color: light-dark(#fff, #0f1419);
  border-color: transparent; border-color: color-mix(in srgb, currentColor 25%, transparent) }
:host { display: inline-block; max-width: 100%; font: 1rem/1.4 system-ui, sans-serif }
button { font: inherit; min-height: 44px; cursor: pointer; border: 1px solid; border-radius: 99px; padding: .4em 1.4em;
  color: inherit; background: none }
.main { display: inline-flex; align-items: center; justify-content: center; gap: .65em; max-width: 100%;
  font-weight: 650 }
button:hover { opacity: .87 }
:focus-visible { outline: 3px solid #3b82f6; outline-offset: 2px }
svg { width: 1.1em; flex: none; fill: currentColor }
[aria-busy=true] svg { opacity: .5 }
@media (forced-colors: active) { .main { border-color: ButtonText } }
.line { display: flex; flex-wrap: wrap; align-items: center; gap: .6em; font-size: .9rem }
.line.says { margin-top: .6em }
p { margin: 0 }
[hidden] { display: none }`;

/** Render an element once. It may be moved in the document afterwards. */
export function render(element, { signIn, attempts, resumed, texts, base }) {
  if (element.shadowRoot) return;
  const root = element.attachShadow({ mode: "open", delegatesFocus: true });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];

  const mark = createSvg("svg", { viewBox: "0 0 24 24", "aria-hidden": true, part: "mark" });
  const path = createSvg("path", {});
  mark.append(path);
  const label = createPart("span", "label");
  const main = createPart("button", "button", mark, label);
  const status = createPart("p", "status");
  const reopen = createPart("button", "reopen");
  const cancel = createPart("button", "cancel");
  const line = createPart("div", "line", status, reopen, cancel);
  main.className = "main";
  status.setAttribute("role", "status");
  root.append(main, line);

  const provider = () => element.getAttribute("provider") ?? "twitter";
  let details; // of the provider, once they are loaded; an empty object where the backend does not list it
  let tracked, state, message;

  function update() {
    const words = { ...DEFAULT_TEXTS, ...texts };
    label.textContent = words.signIn.replace("{provider}", () => (details ? (details.title ?? provider()) : UNKNOWN));
    reopen.textContent = state === "interrupted" ? words.continue : words.reopen;
    cancel.textContent = words.cancel;
    status.textContent = words[state] ?? message ?? "";
    line.className = status.textContent ? "line says" : "line";
    cancel.hidden = state !== "unsure";
    reopen.hidden = cancel.hidden && state !== "interrupted";
    main.setAttribute("aria-busy", Boolean(tracked));
  }

  async function loadDetails() {
    const listed = await loadProviders(base());
    details = listed?.find(({ name }) => name === provider()) ?? {};
    path.setAttribute("d", details.icon ?? "");
    mark.toggleAttribute("hidden", !details.icon);
    if (details.colors) setColors(sheet.cssRules[0].style, details.colors);
    main.classList.add("known");
    update();
  }

  function show(newState, newMessage) {
    state = newState;
    message = newMessage;
    update();
  }

  const emit = (name, detail) => element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));

  function onState(newState) {
    show(newState);
    emit("signinstate", newState);
  }

  async function track(promise) {
    if (tracked === promise) return;
    tracked = promise;
    update();
    try {
      const session = await promise;
      tracked = undefined;
      show();
      emit("signin", session);
    } catch (error) {
      tracked = undefined;
      show(error.code, error.message);
      emit("signinerror", error);
    }
  }

  function press() {
    track(signIn(provider(), { onState, returnTo: element.getAttribute("return-to") ?? undefined }));
    loadDetails(); // again, where that failed
  }

  main.onclick = reopen.onclick = press;
  cancel.onclick = () => {
    main.focus(); // before this button is hidden
    attempts.get(provider())?.cancel();
  };
  addEventListener("valetkey-texts", update);
  update();
  loadDetails();
  // An attempt that began before the page was reloaded.
  const attempt = attempts.get(provider()) ?? resumed.get(provider());
  resumed.delete(provider());
  if (attempt) {
    attempt.stateListeners.add(onState);
    if (!attempt.settled) onState(attempt.state);
    track(attempt.promise);
  }
}

/** Set `colors`, pairs of background and text. A browser ignores a value that is no colour, or that it does not know. */
function setColors(style, { light, dark }) {
  for (const [nth, property] of ["backgroundColor", "color"].entries()) {
    style[property] = light[nth];
    style[property] = `light-dark(${light[nth]}, ${dark[nth]})`;
  }
}

function createPart(tag, part, ...children) {
  const element = document.createElement(tag);
  element.part = part;
  element.append(...children);
  return element;
}

function createSvg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const name in attributes) element.setAttribute(name, attributes[name]);
  return element;
}
