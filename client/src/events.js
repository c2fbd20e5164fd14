// What makes the page ask the backend: messages of other windows of this origin, the return of the focus, and the
// return from the back-forward cache. Anyone can send such a message, as often as they like. A message changes nothing
// by itself, and many of them cause one request at a time.

import { attempts, wakeAttempts } from "./attempts.js";
import { refresh } from "./session.js";

export const focus = { at: 0 };
let listening = !globalThis.document;
let channel;

/** Start to listen, once. A page that never signs in and has no listener opens no channel. */
export function listen() {
  if (listening) return;
  listening = true;
  try {
    channel = new BroadcastChannel("valetkey");
    channel.onmessage = onMessage;
  } catch {} // a browser that may keep nothing refuses it
  addEventListener("focus", () => {
    focus.at = Date.now();
    wakeAttempts();
  });
  addEventListener("visibilitychange", wakeAttempts);
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) attempts.forEach((attempt) => (attempt.cameBack = attempt.byThisTab));
    onMessage({ data: { valetkey: null } });
  });
}

/** Make the other tabs of this origin ask the backend. */
export function broadcast(loginId, signedOut) {
  listen();
  channel?.postMessage({ valetkey: loginId, signed_out: signedOut });
}

export function onMessage({ data }) {
  if (data?.valetkey === undefined) return;
  attempts.forEach((attempt) => {
    attempt.signedOut ||= data.signed_out;
    attempt.landed ||= attempt.ids.includes(data.valetkey);
  });
  wakeAttempts().then(refresh); // one after the other: a page that signs in is not slowed down by the second answer
}
