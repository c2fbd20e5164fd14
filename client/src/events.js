// What makes the page ask the backend: messages of other windows of this origin, the return of the focus, and the
// return from the back-forward cache. Anyone can send such a message, as often as they like. A message changes nothing
// by itself, and many of them cause one request at a time.

import { attempts } from "./attempts.js";
import { base } from "./base.js";
import { refresh } from "./session.js";

export const focus = { at: 0 };
let channel;

/** Start to listen, once. A page that never signs in and has no listener opens no channel. */
export function listen() {
  if (channel) return;
  channel = new BroadcastChannel("valetkey");
  channel.onmessage = onMessage;
  addEventListener("focus", () => {
    focus.at = Date.now();
    wake();
  });
  document.addEventListener("visibilitychange", wake);
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) for (const attempt of attempts.values()) attempt.restored();
    onMessage({ data: { valetkey: null } });
  });
  // BroadcastChannel does not reach a page on another origin than the backend's, or in a frame.
  if (base.origin !== location.origin || window !== top) {
    import(new URL("elsewhere.js", base)).then(({ listenCrossOrigin }) => listenCrossOrigin(onMessage, base.origin));
  }
}

/** Make the other tabs of this origin ask the backend. */
export function broadcast(loginId, signedOut) {
  listen();
  channel.postMessage({ valetkey: loginId, signed_out: signedOut });
}

export function onMessage({ data }) {
  if (data?.valetkey === undefined) return;
  if (data.signed_out) for (const attempt of attempts.values()) attempt.signedOutElsewhere = true;
  wake();
  refresh();
}

function wake() {
  for (const attempt of attempts.values()) attempt.check(true);
}
