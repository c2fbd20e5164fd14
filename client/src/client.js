// valetkey's browser module: signs the user in through a popup, and learns the outcome whatever happens to the popup.
//
// How this works. Messages between windows carry no result. The backend knows it, so every message, every return of the
// focus and every two seconds of an open sign-in cause the same idempotent request: `POST session` with the login's id.

import { resume as resumeRelay } from "delivery/relay.js";
import { dropAttempts, forget } from "delivery/sign-out.js";

import { Attempt, resume } from "./attempt.js";
import { attempts, resumed } from "./attempts.js";
import { base } from "./base.js";
import { broadcast, listen } from "./events.js";
import { loadProviders } from "./providers.js";
import { request } from "./request.js";
import { publish, subscribe } from "./session.js";
import { texts } from "./texts.js";

export { SignInError } from "./request.js";
export { session } from "./session.js";
export { setTexts } from "./texts.js";

/**
 * Sign in. Call it in a click handler and await nothing before: browsers block the popup otherwise. A second call during
 * an attempt brings its window to the front, or opens a new one where it is gone. Resolves to `{account}` or rejects
 * with a SignInError. It always does one of the two.
 */
export function signIn(provider, options = {}) {
  listen();
  const attempt = attempts.get(provider) ?? new Attempt(provider);
  attempt.join(options);
  return attempt.promise;
}

/** Sign out, in every tab. This ends every attempt that began before it: its promise rejects with `cancelled`. */
export async function signOut() {
  dropAttempts();
  for (const attempt of attempts.values()) attempt.cancel();
  await request("DELETE", "session");
  await forget();
  publish(null);
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

// The button has a file of its own: a page without a button does not load it. What it shows is loaded at the same time.
class SignInButton extends HTMLElement {
  async connectedCallback() {
    loadProviders();
    const { render } = await import(new URL("button.js", base));
    render(this, { signIn, attempts, resumed, texts, loadProviders });
  }
}

function resumeAttempts() {
  // For a page that makes the requests itself and has functions that it wants called.
  if (globalThis.setToken || document.querySelector("[data-classic]")) import(new URL("classic.js", base));
  resume();
  resumeRelay();
}

// Below the backend's address, a service worker has answered in place of the backend.
const address = location.href;
if (!address.startsWith(base.href)) resumeAttempts();
else import(new URL("callback.js", base)).then(({ finish }) => finish({ address, base, texts, resume: resumeAttempts }));

customElements.get("sign-in-button") ?? customElements.define("sign-in-button", SignInButton);
