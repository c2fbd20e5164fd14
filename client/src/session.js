// Who is signed in, as this page knows it, and the listeners that it tells.

import { sessionFields } from "delivery/credentials.js";

import { wakeAttempts } from "./attempts.js";
import { wait } from "./load.js";
import { request, rethrow } from "./request.js";
import { singleFlight } from "./single-flight.js";

const listeners = new Set();
let known; // the session, or null; undefined until the first answer
let turn = 0; // of questions, and of what is learned without one
let newest = 0; // the turn of what is known

export const toSession = (account) => (account ? { account, ...sessionFields() } : null);

async function ask() {
  const mine = ++turn;
  const { account } = await request("GET", "session");
  publish(toSession(account), mine);
  return known;
}

/** Ask the backend who is signed in: `{account}`, or null. */
export const session = () => ask().catch(rethrow);

/** Ask again for the listeners, if there are any. */
export const refresh = singleFlight(() => listeners.size && ask().catch(() => {}));

/** Pass a changed session, or null, to the listeners. An answer that comes after a newer one changes nothing. */
export function publish(found, mine = ++turn) {
  if (newest > mine) return;
  newest = mine;
  if (JSON.stringify(found) !== JSON.stringify(known)) notify((known = found), [...listeners]);
}

async function notify(found, those) {
  // A sign-in that this session comes from settles first. Otherwise a listener may remove its button before the button
  // says so.
  await wakeAttempts();
  await wait();
  if (found === known) those.forEach((listener) => listeners.has(listener) && call(listener, found));
}

/** Call a listener. What it throws reaches the page's error handler, and the other listeners still run. */
async function call(listener, found) {
  listener(found);
}

/** Add a listener. Call it at once where a session is known: a sign-in by this tab may land before the page listens. */
export function subscribe(listener) {
  listeners.add(listener);
  if (known) call(listener, known);
  return () => listeners.delete(listener);
}
