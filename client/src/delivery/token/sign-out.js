// A sign-out ends what began before it, in every tab of this origin.

import { attempts } from "../../attempts.js";
import { request } from "../../request.js";
import { publish } from "../../session.js";
import { currentToken, keepToken, outlivesSignOut, revoke, sessionId } from "./bearer.js";
import { dropProofs } from "./proofs.js";
import { dropRelayed } from "./relay.js";
import { SIGN_OUTS_KEY, raiseSignOutCount, setSignOutCount, signOutCount } from "./sign-out-count.js";

/** Before the request that signs out. Returns the id of the session that it ends. */
export function dropAttempts() {
  setSignOutCount(signOutCount() + 1);
  drop();
  return sessionId();
}

/**
 * After it: drop the token. The second request clears the cookies of logins: one with a token ends its session alone.
 * Returns whether somebody is signed in now: another sign-in may have landed before the answer, and its token stays.
 */
export async function forget(ended) {
  if (currentToken() && sessionId() === ended) {
    keepToken();
    publish(null);
    await request("DELETE", "session");
  }
  return currentToken();
}

function drop() {
  for (const attempt of attempts.values()) attempt.cancel();
  dropProofs();
  dropRelayed();
}

/** Learn of a sign-out by another tab, and end this tab's own session. */
function catchUp() {
  if (raiseSignOutCount(signOutCount())) drop();
  if (!outlivesSignOut()) return;
  revoke(currentToken());
  keepToken();
  publish(null);
}

if (globalThis.document) {
  addEventListener("storage", ({ key }) => key === SIGN_OUTS_KEY && catchUp());
  // A page that was not there, or was in the back-forward cache, got no event.
  addEventListener("pageshow", catchUp);
  catchUp();
}
