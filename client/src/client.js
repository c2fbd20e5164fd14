// valetkey's browser module: signs the user in through a popup, and learns the outcome whatever happens to the popup.
//
// How this works. Messages between windows carry no result. The backend knows it, so every message, every return of the
// focus and every two seconds of an open sign-in cause the same idempotent request: `POST session` with the login's id.

import { dropAttempts, forget, resume as resumeDelivery } from "delivery";

import { base, request } from "./ask.js";
import { broadcast, listen, publish, session } from "./hints.js";
import { Attempt, attempts, resume, resumed } from "./login.js";
import { texts } from "./texts.js";

export { SignInError } from "./ask.js";
export { onSession, session } from "./hints.js";
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

// The button has a file of its own: a page without a button does not load it.
class SignInButton extends HTMLElement {
  async connectedCallback() {
    const { render } = await import(new URL("button.js", base));
    render(this, { signIn, attempts, resumed, texts });
  }
}

// For a page that makes the requests itself and has functions that it wants called.
if (globalThis.setToken || document.querySelector("[data-classic]")) import(new URL("classic.js", base));

resume();
resumeDelivery();
customElements.get("sign-in-button") ?? customElements.define("sign-in-button", SignInButton);
