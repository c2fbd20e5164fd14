// One attempt to sign in: its popup, whose state may be wrong, and its requests to the backend, whose answers are right.
//
// How this works. The click opens a blank popup and posts a form from it, with an id that this page has made. From then
// on the attempt checks the popup four times a second. It asks the backend for that id every two seconds, and at once
// when something happened. The answer settles the promise: done, failed, or unknown for too long.
//
// `popup.closed` settles nothing by itself. A page with Cross-Origin-Opener-Policy cuts the popup off, and then it reads
// as closed while the user still types in it. So a popup that reads as closed makes the attempt `unsure`, and the button
// offers to open it again or to cancel. The attempt is cancelled by itself only where the focus came back in the same
// second and the backend knows of no callback.
//
// An attempt survives a reload of the page. Where the browser opens no popup, this tab signs in and comes back.
//
// Why no library does it: those that are in use take `closed` for a cancellation, and so fail behind such a header, or
// wait for a message that a closed window never sends.

import { begin, proof } from "delivery/credentials.js";
import { leave, relayMissed } from "delivery/relay.js";

import { attempts, resumed, saveAttempts, savedAttempts } from "./attempts.js";
import { base } from "./base.js";
import { broadcast, focus, listen } from "./events.js";
import { blankDocument, hasLeftBlank, openPopup, popupsWork, submitForm } from "./popup-window.js";
import { SignInError, onPolicyViolation, request } from "./request.js";
import { goToReturnAddress, saveReturnAddress } from "./return-address.js";
import { publish, toSession } from "./session.js";
import { singleFlight } from "./single-flight.js";

const LIFETIME_MS = 630_000; // ten minutes, and half a minute for clocks that differ
const CHECK_MS = 250;
const CHECKS_PER_REQUEST = 8;
const START_MS = 6000; // the backend answers a start within five seconds
const OUTAGE_MS = 30_000;

export class Attempt {
  #resolve;
  #reject;
  #timer = setInterval(() => this.check(), CHECK_MS);
  #checks = 0;
  #poll = singleFlight(() => this.#ask());
  #options;
  #startedAt = Date.now();
  #startLost; // the backend does not know the newest login, long after its start
  #leftBlank; // the popup was seen on another page than the blank one
  #closedAt;
  #closedByUserAt;
  #failingSince;

  constructor(provider, ids = []) {
    this.provider = provider;
    this.ids = ids; // several where the window was opened again: any of them may land
    this.stateListeners = new Set();
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.promise.catch(() => {}); // no "unhandled rejection" for an attempt that nobody awaits
    attempts.set(provider, this);
  }

  /** Add a caller, or the second click of the same one. */
  join({ onState, signal, ...options }) {
    if (onState) this.stateListeners.add(onState);
    if (signal?.aborted) return this.cancel();
    signal?.addEventListener("abort", () => this.cancel());
    this.reopen(options);
  }

  /** Bring the window to the front, or open a new one where it is gone or reads as closed. */
  reopen(options = this.#options) {
    if (this.popup && !this.popup.closed && !this.#startLost) return this.popup.focus();
    this.popup?.close();
    this.#options = options;
    const { returnTo, window: given, mode } = options ?? {};
    const id = newLoginId();
    const action = new URL(this.provider, base).href;
    const fields = { login: id, mode: "popup", return_to: returnTo ?? "", ...begin(id) };
    this.ids.push(id);
    this.#startedAt = Date.now();
    this.#leftBlank = this.#closedByUserAt = this.#closedAt = this.#startLost = focus.at = 0;
    saveAttempts();
    const name = `valetkey-${newLoginId()}`; // unique, so that it never navigates another window
    this.popup = null;
    if (given && !given.closed) this.popup = given;
    else if (mode === "popup" || (mode !== "page" && popupsWork())) this.popup = openPopup(name);
    if (this.popup) {
      this.setState("opened");
      try {
        // In the popup's own document: the cookie is then set in a top-level navigation.
        this.#submit(blankDocument(this.popup), action, fields);
      } catch {
        this.#submit(document, action, fields, name);
      }
    } else if (mode === "popup") {
      this.fail(new SignInError("popup_blocked", "The browser blocked the sign-in window.", "Call signIn in the click itself."));
    } else {
      // No popup: this tab signs in, with the same guarantees, and comes back to this page.
      this.setState("leaving");
      leave(id);
      const where = returnTo ? {} : { return_to: saveReturnAddress(), return_to_is_default: 1 };
      this.#submit(document, action, { ...fields, mode: "page", ...where });
    }
  }

  #submit(document, action, fields, target) {
    onPolicyViolation(document, "form-action", (error) => this.fail(error));
    submitForm(document, action, fields, target);
  }

  /** Check the window, and ask the backend when it is time, or `now`. */
  check(now) {
    const time = Date.now();
    if (time - this.#startedAt > LIFETIME_MS) {
      return this.fail(new SignInError("expired", "This sign-in took too long. Please start again."));
    }
    if (this.popup) {
      if (!this.popup.closed) {
        this.#leftBlank ||= hasLeftBlank(this.popup);
      } else {
        this.#closedAt ||= time;
        if (!this.#closedByUserAt && document.hasFocus() && Math.abs(this.#closedAt - focus.at) < 1000) {
          this.#closedByUserAt = time;
          setTimeout(() => this.#poll(), 500); // a callback on its way has arrived by then
        } else if (!this.#closedByUserAt && time - this.#closedAt > 1000) {
          this.#beUnsure();
        }
      }
    }
    if (now || ++this.#checks % CHECKS_PER_REQUEST === 0) this.#poll();
  }

  async #ask() {
    for (const id of this.ids) {
      if (this.settled) return;
      const askedAt = Date.now();
      try {
        this.#handle(id, await request("POST", "session", { login: id, ...proof(id) }), askedAt);
        this.#failingSince = 0;
      } catch (error) {
        this.#failingSince ||= askedAt;
        const passing = error.code === "network" || error.code === "store_unavailable";
        if (!passing || Date.now() - this.#failingSince > OUTAGE_MS) this.fail(error);
      }
    }
  }

  #handle(id, { account, login = {} }, askedAt) {
    const { state, error } = login;
    if (this.settled) return;
    if (state === "done" && account) return this.#succeed(id, toSession(account));
    if (state === "finishing") return relayMissed(this, login, askedAt) || this.setState(state);
    const newest = id === this.ids.at(-1);
    if (state === "waiting" || state === "unknown") {
      // The window closed before it was seen at the provider. Where the backend finds no cookie of the login, the start
      // was broken off. Where it finds one, the policy of this page cut the window off.
      if (this.#closedByUserAt && askedAt - this.#closedByUserAt > 400) {
        if (this.#leftBlank || state === "unknown") this.cancel();
        else this.#beUnsure();
      }
      this.#startLost = newest && state === "unknown" && askedAt - this.#startedAt > START_MS;
      if (this.#startLost) this.#beUnsure();
      // Another tab says that it signed out, and the backend confirms that the cookie of the login is gone.
      if (this.signedOutElsewhere && state === "unknown") {
        this.fail(new SignInError("interrupted", "The sign-in was interrupted. Please start again."));
      }
      return;
    }
    this.ids = this.ids.filter((one) => one !== id);
    saveAttempts();
    if (newest) this.fail(new SignInError(error?.code ?? state, error?.message, error?.hint));
  }

  /** The page came back from the back-forward cache, so this tab did not sign in. */
  restored() {
    if (this.popup) return;
    this.#closedByUserAt = this.#leftBlank = 1;
    goToReturnAddress(); // the tab is there already: this only clears the entry
  }

  #beUnsure() {
    if (this.state !== "finishing") this.setState("unsure");
  }

  setState(state) {
    if (this.settled || this.state === state) return;
    this.state = state;
    const controls = { reopen: () => this.reopen(), cancel: () => this.cancel() };
    this.stateListeners.forEach(async (listener) => listener(state, controls)); // async for the reason given in publish
  }

  #succeed(id, session) {
    if (!this.#settle()) return;
    this.#resolve(session);
    publish(session);
    broadcast(id);
  }

  cancel() {
    this.fail(new SignInError("cancelled", "The sign-in was cancelled."));
  }

  fail(error) {
    if (this.#settle()) this.#reject(error);
  }

  #settle() {
    if (this.settled) return false;
    this.settled = true;
    clearInterval(this.#timer);
    attempts.delete(this.provider);
    saveAttempts();
    try {
      this.popup?.close();
    } catch {}
    return true;
  }
}

/** After a reload: continue the attempts of this tab. */
export function resume() {
  if (goToReturnAddress()) return;
  for (const [provider, ids] of savedAttempts()) {
    listen();
    const attempt = new Attempt(provider, ids);
    resumed.set(provider, attempt);
    attempt.setState("unsure");
    attempt.check(true);
  }
}

/** A name, not a credential: 22 hexadecimal characters. The backend accepts 22 characters of base64url. */
const newLoginId = () => crypto.randomUUID().replace(/-/g, "").slice(0, 22);
