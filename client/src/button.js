// <sign-in-button provider="twitter">. The module loads this file for pages that have one.
//
// How this works. The element is a button, and a line of text with the state of the sign-in. In the states that need the
// user, the line has more buttons: nobody knows whether the window is still there, or the backend does not answer.
//
// Title, icon and colours of the provider come from the backend. Until they are there the button is neutral and works
// already: a sign-in needs only the provider's name.
//
// The provider may change, also during a sign-in. The button then shows the sign-in of the new provider, if there is
// one. That of the old one continues, and its events are emitted.

import { BUTTON_STYLE, setColors } from "./button-style.js";
import { DEFAULT_TEXTS } from "./button-texts.js";
import { takeOnePress } from "./one-press.js";
import { attachRoot, createIcon, createPart, createStatus, renderOnce, setIcon, setText } from "./shadow.js";
import { isFramed, popupsWork } from "./popup-window.js";
import { loadProviders } from "./providers.js";

const DEFAULT_PROVIDER = "twitter"; // where the app has it, or the list does not say which it has
const UNKNOWN = "…"; // in place of a title that is still loading
const NO_FAILURES = ["cancelled", "denied"]; // the user chose them

/** Render an element, or show its changed attributes. */
export const render = renderOnce((element, { signIn, goTo, attempts, resumed, texts, base }) => {
  const sheet = attachRoot(element, BUTTON_STYLE, { delegatesFocus: true });
  const root = element.shadowRoot;
  const mark = createIcon("mark");
  const label = createPart("span", "label");
  const main = createPart("button", "button", mark, label);
  const hint = createPart("span"); // what the button does beside its name, for screen readers
  const [status, say] = createStatus();
  const link = createPart("a", "link");
  const [reopen, here, cancel] = ["reopen", "here", "cancel"].map((part) => createPart("button", part));
  const line = createPart("div", "line", status, link, reopen, here, cancel);
  main.className = "main";
  main.setAttribute("aria-describedby", "hint");
  hint.id = "hint";
  hint.hidden = true;
  root.append(main, hint, line);

  const running = new Map(); // provider → promise of a sign-in that this button follows
  const listeners = { __proto__: null }; // provider → listener to its states
  let asked; // whether the list was requested, and has arrived or failed
  let listed; // the providers, once they are loaded
  let provider; // the one that is shown
  let details; // of that provider
  let state, error;

  function update() {
    const focused = root.activeElement;
    choose();
    const words = { ...DEFAULT_TEXTS, ...texts };
    const title = details?.title ?? (asked ? provider : UNKNOWN);
    label.textContent = words.signIn.replace("{provider}", () => title);
    hint.textContent = popupsWork() ? words.newWindow : "";
    main.setAttribute("aria-busy", running.has(provider));
    const text = words[state ?? error?.code] ?? error?.message ?? "";
    say(text, error && !NO_FAILURES.includes(error.code));
    line.className = text ? "line says" : "line";
    setText(link, /^https?:/.test(error?.url) && error.url);
    link.href = link.textContent;
    const isStuck = state === "unsure" || state === "stalled";
    setText(reopen, isStuck ? words.reopen : error?.code === "interrupted" && words.continue);
    setText(here, isStuck && !isFramed && words.here);
    setText(cancel, (isStuck || state === "retrying") && words.cancel);
    if (focused?.hidden) main.focus();
  }

  /** Find out which provider the button is for. Where that changes, show what is known of the new one. */
  function choose() {
    const first = listed?.find(({ name }) => name === DEFAULT_PROVIDER) ?? listed?.[0];
    const chosen = element.getAttribute("provider") || (first?.name ?? DEFAULT_PROVIDER);
    const found = listed?.find(({ name }) => name === chosen);
    if (found !== details) setColors(sheet, found?.colors);
    details = found;
    setIcon(mark, details?.icon);
    main.className = `main${asked ? " known" : ""}${details?.icon ? "" : " plain"}`;
    if (chosen === provider) return;
    provider = chosen;
    state = error = undefined;
    // An attempt of another button, or from before a reload of the page.
    const attempt = attempts.get(provider) ?? resumed.get(provider);
    resumed.delete(provider);
    if (!attempt) return;
    attempt.listeners.add(listenerFor(provider));
    if (!attempt.settled) state = attempt.state;
    follow(provider, attempt.promise);
  }

  function listenerFor(name) {
    return (listeners[name] ??= (newState) => {
      if (name === provider) show(newState);
      emit("signinstate", newState);
    });
  }

  function show(newState, newError) {
    state = newState;
    error = newError;
    update();
  }

  async function follow(name, promise) {
    if (running.get(name) === promise) return;
    running.set(name, promise);
    let session, failure;
    try {
      session = await promise;
    } catch (reason) {
      failure = reason;
    }
    if (running.get(name) === promise) running.delete(name);
    // A failure is told late where what explains it is still loading, and the user may have pressed again.
    if (name === provider && !running.has(name)) show(undefined, failure);
    if (failure) return emit("signinerror", failure);
    const next = element.getAttribute("next");
    if (emit("signin", session) && next !== null && element.isConnected) goTo(next);
  }

  /** Emit an event. Returns whether the page prevented nothing. */
  const emit = (name, detail) =>
    element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: name === "signin" }));

  async function load() {
    listed = (await loadProviders(base())) ?? listed;
    asked = true;
    update();
  }

  async function press() {
    // Without a name, the list says which provider it is. A click still opens a window a few seconds later.
    if (!listed && !element.getAttribute("provider")) await load();
    const attribute = (name) => element.getAttribute(name) || undefined;
    const next = attribute("next");
    const options = {
      onState: listenerFor(provider),
      returnTo: attribute("return-to"),
      width: attribute("width"),
      height: attribute("height"),
      next: isForeign(next) ? next : undefined, // signIn refuses it, with a hint
    };
    follow(provider, signIn(provider, options));
    load(); // again, where that failed
    update();
  }

  main.onclick = reopen.onclick = press;
  here.onclick = () => attempts.get(provider)?.continueHere();
  cancel.onclick = () => attempts.get(provider)?.cancel();
  takeOnePress(root);
  load();
  return update;
});

/** Whether an address is on another origin than this page, or is none. */
const isForeign = (address = "") => Object.assign(createPart("a"), { href: address }).origin !== location.origin;
