// Who is signed in, as this page knows it, and the listeners that it tells.

import { sessionFields } from "delivery/credentials.js";

import { request } from "./request.js";
import { singleFlight } from "./single-flight.js";

const listeners = new Set();
let known; // as JSON

export const toSession = (account) => (account ? { account, ...sessionFields() } : null);

/** Ask the backend who is signed in: `{account}`, or null. */
export async function session() {
  const before = known;
  const found = toSession((await request("GET", "session")).account);
  return known === before ? publish(found) : found; // what was published meanwhile is newer than this answer
}

/** Ask again for the listeners, if there are any. */
export const refresh = singleFlight(() => listeners.size && session().catch(() => {}));

/** Pass a changed session, or null, to the listeners. */
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

/** Add a listener. Call it at once where a session is known: a sign-in by this tab may land before the page listens. */
export function subscribe(listener) {
  listeners.add(listener);
  const now = JSON.parse(known ?? null);
  if (now) listener(now);
  return () => listeners.delete(listener);
}
