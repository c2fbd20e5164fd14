// A sign-out ends what began before it, in every tab of this origin.

import { attempts } from "../../attempts.js";
import { request } from "../../request.js";
import { publish } from "../../session.js";
import { currentToken, keepToken, outlivesSignOut, revoke } from "./bearer.js";
import { dropProofs } from "./proofs.js";
import { dropRelayed } from "./relay.js";
import { SIGN_OUTS_KEY, raiseSignOutCount, setSignOutCount, signOutCount } from "./sign-out-count.js";

/** Before the request that signs out. */
export function dropAttempts() {
  setSignOutCount(signOutCount() + 1);
  drop();
}

/** After it: drop the token. The second request clears the cookies of logins: one with a token ends its session alone. */
export async function forget() {
  if (!currentToken()) return;
  keepToken();
  await request("DELETE", "session");
}

function drop() {
  for (const attempt of attempts.values()) attempt.cancel();
  dropProofs();
  dropRelayed();
}

function onStorage({ key, newValue }) {
  if (key !== SIGN_OUTS_KEY || !raiseSignOutCount(Number(newValue))) return;
  drop();
  endOutlived();
}

function endOutlived() {
  if (!outlivesSignOut()) return;
  revoke(currentToken());
  keepToken();
  publish(null);
}

if (globalThis.document) {
  addEventListener("storage", onStorage);
  // A page that was not there at a sign-out, or was in the back-forward cache, got no event.
  addEventListener("pageshow", () => {
    onStorage({ key: SIGN_OUTS_KEY, newValue: signOutCount() });
    endOutlived();
  });
  endOutlived();
}
