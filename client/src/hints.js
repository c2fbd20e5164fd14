// What makes the page ask: other windows of this origin, the return of focus, coming back from the back-forward cache.
// Anybody can send a hint, as many as they like: it costs one question at a time, and changes nothing by itself.

import { pass } from "delivery";

import { ask, base, oneAtATime } from "./ask.js";
import { logins } from "./login.js";

const listeners = new Set();
export const focus = { at: 0 };
let channel, known;

export function listen() {
  if (channel) return;
  channel = new BroadcastChannel("valetkey");
  channel.onmessage = hint;
  addEventListener("focus", () => {
    focus.at = Date.now();
    wake();
  });
  document.addEventListener("visibilitychange", wake);
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) for (const login of logins.values()) login.returned();
    hint({ data: { valetkey: null } });
  });
  // A page of another origin than the backend, or in a frame, hears the popup by other means.
  if (base.origin !== location.origin || window !== top) {
    import(new URL("elsewhere.js", base)).then(({ hear }) => hear(hint, base.origin));
  }
}

export function nudge(about, signedOut) {
  listen();
  channel.postMessage({ valetkey: about, signed_out: signedOut });
}

function wake() {
  for (const login of logins.values()) login.watch(true);
}

export function hint({ data }) {
  if (data?.valetkey === undefined) return;
  if (data.signed_out) for (const login of logins.values()) login.dropped = true;
  wake();
  if (listeners.size) lookAgain();
}

const lookAgain = oneAtATime(() => look().catch(() => {}));

/** Who is signed in. What was learnt while it was asked is newer than the answer. */
export async function look() {
  const before = known;
  const found = whoever((await ask("GET", "session")).account);
  return known === before ? tell(found) : found;
}

export function tell(found) {
  const now = JSON.stringify(found);
  if (now !== known) {
    known = now;
    // Each by itself: what one throws is the page's to see, and keeps nothing here from going on.
    listeners.forEach(async (listener) => listener(found));
  }
  return found;
}

/**
 * Call `listener` with the session, or null, whenever it changes, in this tab or another, and at once with one that is
 * known already: what this tab had gone away for may have landed before anybody listened. Returns a way to stop.
 */
export function onSession(listener) {
  listen();
  listeners.add(listener);
  const now = JSON.parse(known ?? null);
  if (now) listener(now);
  return () => listeners.delete(listener);
}

export const whoever = (account) => (account ? { account, ...pass() } : null);
