// One attempt to sign in: its window, and what becomes of it.
//
// How this works. The click opens a blank popup and posts a form from it, with an id that this page has made. This has
// to happen in the click itself, so it is here. What follows is in watch.js, which is loaded meanwhile: it asks the
// backend what became of the login, and settles the attempt.
//
// An attempt survives a reload of the page. Where the browser opens no popup, this tab signs in and comes back.

import { begin } from "delivery/credentials.js";
import { leave } from "delivery/relay.js";

import { attempts, saveAttempts } from "./attempts.js";
import { base } from "./base.js";
import { broadcast, focus } from "./events.js";
import { loadSurely } from "./load.js";
import { blankDocument, isFramed, openPopup, popupsWork, submitForm } from "./popup-window.js";
import { failure, onPolicyViolation, rethrow } from "./request.js";
import { publish } from "./session.js";
import { shared } from "./shared.js";

const LIFETIME_MS = 630_000; // ten minutes, and half a minute for clocks that differ
const LATER_MS = 50; // than the listeners of the session, or the event of a policy

export class Attempt {
  #resolve;
  #reject;
  #options = {};
  #watcher;
  #end;

  constructor(provider, ids = [], byThisTab = false, next) {
    this.provider = provider;
    this.ids = ids; // several where the window was opened again: any of them may land
    this.byThisTab = byThisTab; // there is no popup
    this.next = next; // where the page goes afterwards
    this.listeners = new Set();
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.promise.catch(() => {}); // no "unhandled rejection" for an attempt that nobody awaits
    attempts.set(provider, this);
    this.#setOut();
    loadSurely("watch", ({ Watcher }) => (this.#watcher = new Watcher(this, shared)));
  }

  /** Add a caller, or the second click of the same one. */
  join({ onState, signal, ...options }) {
    if (onState) this.listeners.add(onState);
    signal?.addEventListener("abort", this.cancel);
    if (signal?.aborted) this.cancel();
    else this.#open(options);
  }

  // The controls that state listeners get.

  /** Bring the window to the front, or open a new one where it is gone or reads as closed. */
  reopen = () => this.#open(this.#options);
  cancel = () => this.fail(failure("cancelled"));
  /** Sign in by this tab instead. A frame is never navigated away. */
  continueHere = isFramed ? undefined : () => this.#open({ ...this.#options, window: null, mode: "page" }, true);

  #open(options, again = this.startLost || !this.hasWindow()) {
    // Firefox throws where a policy forbids the form, and the event that names the policy comes later.
    if (again) this.#start(options).catch((error) => setTimeout(() => this.fail(error), LATER_MS));
    else this.popup.focus();
  }

  hasWindow() {
    return this.popup?.closed === false;
  }

  /** A login is about to start, or is already under way: it ends in ten minutes. */
  #setOut() {
    this.startedAt = Date.now();
    this.startLost = false; // the backend does not know the newest login, long after its start
    clearTimeout(this.#end);
    this.#end = setTimeout(() => this.fail(this.passing ?? failure("expired")), LIFETIME_MS);
  }

  /** Async for what it throws. The window and the form are in the click itself. */
  async #start(options) {
    this.popup?.close();
    this.#options = options;
    const { returnTo = options.next || "", window: given, mode } = options;
    const id = newLoginId();
    const fields = { login: id, mode: "popup", return_to: returnTo, ...begin(id) };
    this.ids.push(id);
    this.next = options.next;
    this.#setOut();
    focus.at = 0;
    const name = newLoginId(); // unique, so that it never navigates another window
    const opens = mode === "popup" || (mode !== "page" && popupsWork());
    this.popup = given?.closed === false ? given : opens ? openPopup(name, options) : null;
    this.byThisTab = !this.popup;
    saveAttempts();
    if (this.popup) {
      this.setState("opened");
      try {
        // In the popup's own document: the cookie is then set in a top-level navigation.
        this.#submit(blankDocument(this.popup), fields);
      } catch {
        this.#submit(document, fields, name);
      }
    } else if (mode === "popup" || isFramed) {
      this.fail(failure("popup_blocked"));
    } else {
      // No popup: this tab signs in, with the same guarantees, and comes back to this page.
      this.setState("leaving");
      leave(id);
      await loadSurely(
        "return",
        ({ toPage }) => this.settled || this.popup || this.#submit(document, toPage(fields, base, this)),
      );
    }
  }

  #submit(document, fields, target) {
    onPolicyViolation(document, "form-action", (error) => this.fail(error));
    submitForm(document, base + this.provider, fields, target);
  }

  /** Ask the backend now. Resolves when the answer is there. */
  check() {
    return this.#watcher?.check(true);
  }

  setState(state) {
    if (this.settled || this.state === state) return;
    this.state = state;
    this.listeners.forEach(async (listener) => listener(state, this)); // async: what it throws reaches the page's error handler
  }

  succeed(id, session) {
    if (!this.#settle(true)) return;
    this.#resolve(session);
    publish(session);
    broadcast(id);
    if (this.next != null) setTimeout(() => goTo(this.next), LATER_MS);
  }

  /** Fail. The window `stays` open where it shows the developer what to do, or where the login may still land. */
  fail(error, stays = error.developer) {
    if (this.#settle(!stays)) rethrow(error).catch(this.#reject);
  }

  #settle(closes) {
    if (this.settled) return false;
    this.settled = true;
    clearTimeout(this.#end);
    attempts.delete(this.provider);
    saveAttempts();
    try {
      if (closes) this.popup?.close();
    } catch {}
    return true;
  }
}

/** Go to an address of this page's own origin. The page's own address means a reload. */
export const goTo = (address) => loadSurely("return", (part) => part.goTo(address));

/** A name, not a credential: 22 letters and digits. */
const newLoginId = () =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))))
    .replace(/\W/g, "x")
    .slice(0, 22);
