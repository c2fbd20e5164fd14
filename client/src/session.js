// Who is signed in, as this page knows it, and the listeners that it tells.

import { sessionFields } from "delivery/credentials.js";

import { wakeAttempts } from "./attempts.js";
import { wait } from "./load.js";
import { request, rethrow } from "./request.js";
import { singleFlight } from "./single-flight.js";

const listeners = new Set();
let known; // as JSON

export const toSession = (account) => (account ? { account, ...sessionFields() } : null);

async function ask() {
  const before = known;
  const found = toSession((await request("GET", "session")).account);
  return known === before ? publish(found) : ask(); // what was published meanwhile is newer than this answer
}

/** Ask the backend who is signed in: `{account}`, or null. */
export const session = () => ask().catch(rethrow);

/** Ask again for the listeners, if there are any. */
export const refresh = singleFlight(() => listeners.size && ask().catch(() => {}));

/** Pass a changed session, or null, to the listeners. */
export function publish(found) {
  const now = JSON.stringify(found);
  if (now !== known) {
    known = now;
    notify(found, now, [...listeners]);
  }
  return found;
}

async function notify(found, now, those) {
  // A sign-in that this session comes from settles first. Otherwise a listener may remove its button before the button
  // says so.
  await wakeAttempts();
  await wait();
  if (now === known) those.forEach((listener) => listeners.has(listener) && call(listener, found));
}

/** Call a listener. What it throws reaches the page's error handler, and the other listeners still run. */
async function call(listener, found) {
  listener(found);
}

/** Add a listener. Call it at once where a session is known: a sign-in by this tab may land before the page listens. */
export function subscribe(listener) {
  listeners.add(listener);
  const now = JSON.parse(known ?? null);
  if (now) call(listener, now);
  return () => listeners.delete(listener);
}
