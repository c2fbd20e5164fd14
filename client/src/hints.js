// What makes the page ask the backend: messages of other windows of this origin, the return of the focus, and the
// return from the back-forward cache. Anyone can send such a message, as often as they like. A message changes nothing
// by itself, and many of them cause one request at a time.

import { sessionFields } from "delivery";

import { base, request, singleFlight } from "./ask.js";
import { attempts } from "./login.js";

const listeners = new Set();
export const focus = { at: 0 };
let channel, known;

/** Start to listen, once. A page that never signs in and never listens opens no channel. */
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

function wake() {
  for (const attempt of attempts.values()) attempt.check(true);
}

export function onMessage({ data }) {
  if (data?.valetkey === undefined) return;
  if (data.signed_out) for (const attempt of attempts.values()) attempt.signedOutElsewhere = true;
  wake();
  if (listeners.size) refresh();
}

const refresh = singleFlight(() => session().catch(() => {}));

/** Ask the backend who is signed in: `{account}`, or null. */
export async function session() {
  const before = known;
  const found = toSession((await request("GET", "session")).account);
  return known === before ? publish(found) : found; // what was published meanwhile is newer than this answer
}

/** Pass a changed session, or null, to the listeners of this page. */
export function publish(found) {
  const now = JSON.stringify(found);
  if (now !== known) {
    known = now;
    // Each in an async function of its own: what a listener throws reaches the page's error handler, and the other
    // listeners still run.
    listeners.forEach(async (listener) => listener(found));
  }
  return found;
}

/**
 * Call `listener` with the session, or null, whenever it changes in this tab or another. Call it at once where a session
 * is known already: a sign-in by this tab may land before the page listens. Returns a function that stops it.
 */
export function onSession(listener) {
  listen();
  listeners.add(listener);
  const now = JSON.parse(known ?? null);
  if (now) listener(now);
  return () => listeners.delete(listener);
}

export const toSession = (account) => (account ? { account, ...sessionFields() } : null);
