// valetkey's browser module: signs the user in through a popup, and learns the outcome whatever happens to the popup.
//
// How this works. A click makes an Attempt (attempt.js), which opens the window. A Watcher (watch.js) waits for its end.
// Messages between windows carry no result. The backend knows it, so every message, every return of the focus and a timer
// cause the same idempotent request: `POST session` with the login's id.

import { checkReady } from "delivery/ready.js";
import { resume as resumeRelay } from "delivery/relay.js";
import { dropAttempts, forget } from "delivery/sign-out.js";
import { startsLater } from "distribution/start.js";

import { Attempt, goTo } from "./attempt.js";
import { attempts } from "./attempts.js";
import { base } from "./base.js";
import { broadcast, listen } from "./events.js";
import { loadSurely } from "./load.js";
import { failure, request, rethrow } from "./request.js";
import { publish, subscribe } from "./session.js";
import { shared } from "./shared.js";

export { configure } from "./base.js";
export { SignInError } from "./request.js";
export { session } from "./session.js";
export { setTexts } from "./texts.js";

/**
 * Sign in. Call it in a click handler and await nothing before: browsers block the popup otherwise. A second call during
 * an attempt brings its window to the front, or opens a new one where it is gone. Resolves to `{account}` or rejects
 * with a SignInError. It always does one of the two.
 */
export function signIn(provider, options = {}) {
  try {
    if (new URL(options.next ?? "", document.URL).host !== location.host) throw failure("bad_request");
    checkReady();
    listen();
    const attempt = attempts.get(provider) ?? new Attempt(provider);
    attempt.join(options);
    return attempt.promise;
  } catch (error) {
    return rethrow(error);
  }
}

/** Sign out, in every tab. This ends every attempt that began before it: its promise rejects with `cancelled`. */
export const signOut = () => endSession().catch(rethrow);

async function endSession() {
  const ended = dropAttempts();
  attempts.forEach((attempt) => attempt.cancel());
  await request("DELETE", "session");
  (await forget(ended)) || publish(null);
  broadcast(null, true);
}

/**
 * Call `listener` with the session, or null, whenever it changes in this tab or another, and at once with a session that
 * is known already. Returns a function that stops it.
 */
export function onSession(listener) {
  listen();
  return subscribe(listener);
}

// The elements have files of their own: a page without them does not load them.
const PARTS = {
  "signed-in": "signed-in",
  "signed-out": "signed-in",
  "sign-in-buttons": "buttons",
  "sign-in-button": "button",
  "account-panel": "panel",
};
Object.assign(shared, { signIn, signOut, onSession, Attempt, goTo });

const elementOf = (part) =>
  class extends HTMLElement {
    static observedAttributes = ["provider", "next", "return-to", "width", "height"];

    connectedCallback() {
      // Until its part knows who is signed in, it shows nothing.
      if (part === "signed-in" && !this.shadowRoot) this.attachShadow({ mode: "open" });
      loadSurely(part, (loaded) => this.isConnected && loaded.render(this, shared));
    }

    attributeChangedCallback() {
      this.connectedCallback();
    }

    disconnectedCallback() {
      this.disconnect?.();
    }
  };

// An app's router may change the address before the module starts.
const address = globalThis.location?.href;

async function start() {
  const resume = async () => {
    // For a page that makes the requests itself and has functions that it wants called.
    if (globalThis.setToken || document.querySelector("[data-classic]")) loadSurely("classic");
    try {
      // This tab has left for a sign-in, or was loaded again during one. Its attempts are there before a button shows
      // them, and before the relay page's code comes for one.
      if (sessionStorage.valetkey?.[2] || sessionStorage["valetkey-back"]) {
        await loadSurely("return", (part) => part.resume(shared));
      }
    } catch {}
    resumeRelay();
  };
  // Below the backend's address, a service worker has answered with the app's page.
  await (address.startsWith(base) ? loadSurely("callback", (part) => part.resume(shared, address, resume)) : resume());
  for (const tag in PARTS) customElements.get(tag) ?? customElements.define(tag, elementOf(PARTS[tag]));
}

if (globalThis.document) startsLater ? setTimeout(start) : start();
