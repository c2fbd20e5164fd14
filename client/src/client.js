// valetkey's browser module: sign in through a popup, and know it whatever becomes of the popup.
//
// Messages between windows are hints without content; the backend is the truth. So every hint, every return of focus
// and every two seconds of an open login ask it the same idempotent question: POST session, "is it finished?".

import { dropAll, forget, resumed as deliveryResumed } from "delivery";

import { ask, base } from "./ask.js";
import { listen, look, nudge, tell } from "./hints.js";
import { Login, logins, resume, resumed } from "./login.js";
import { texts } from "./texts.js";

export { SignInError } from "./ask.js";
export { onSession } from "./hints.js";
export { setTexts } from "./texts.js";

/**
 * Sign in. Call it in a click handler, without awaiting anything before: browsers open no popup otherwise.
 * A second call while the first is under way brings its window to the front, or opens a new one if it is gone.
 * Resolves to `{account}`; rejects with a SignInError. It always does one of the two.
 */
export function signIn(provider, options = {}) {
  listen();
  const login = logins.get(provider) ?? new Login(provider);
  login.join(options);
  return login.outcome;
}

/** Sign out here, in every tab. What was begun before ends with it: its promises reject with `cancelled`. */
export async function signOut() {
  dropAll();
  for (const login of logins.values()) login.cancel();
  await ask("DELETE", "session");
  await forget();
  tell(null);
  nudge(null, true);
}

/** Who is signed in: `{account}`, or null. */
export const session = look;

// The button is a file of its own, for pages that have one.
class SignInButton extends HTMLElement {
  async connectedCallback() {
    const { furnish } = await import(new URL("button.js", base));
    furnish(this, { signIn, logins, resumed, texts });
  }
}

// So is what serves a page that makes the requests itself, and has functions of its own to be called.
if (globalThis.setToken || document.querySelector("[data-classic]")) import(new URL("classic.js", base));

resume();
deliveryResumed();
customElements.get("sign-in-button") ?? customElements.define("sign-in-button", SignInButton);
