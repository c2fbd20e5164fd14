// What comes from the app's relay page: a one-time code, or the code of an error.

import { attempts } from "../../attempts.js";
import { onMessage } from "../../events.js";
import { SignInError, failure, request } from "../../request.js";
import { publish, toSession } from "../../session.js";
import { oneTimeCodes, proof, proofOf } from "./proofs.js";
import { read, remove, write } from "./web-storage.js";

const ARRIVED_KEY = "valetkey-arrived"; // the relay page writes it, in this tab
const LEAVING_KEY = "valetkey-leaving"; // the relay page reads it
const LOADS_MS = 4000; // how long a relay page may take to load

// The backend's messages for the codes of errors.
const MESSAGES = {
  app_not_allowed: "This app may not use the sign-in service at the moment.",
  session_changed: "You are not signed in as you were. Please start again.",
  suspended_at_provider: "The sign-in service has suspended or locked your account. Please sign in there first to see why.",
  denied: "You chose not to sign in.",
  expired: "This sign-in took too long. Please start again.",
  interrupted: "The sign-in was interrupted. Please start again.",
  provider_unavailable: "The sign-in service does not answer right now. Please try again in a moment.",
  rate_limited: "Too many sign-ins at the moment. Please try again shortly.",
  account_disabled: "This account has been disabled.",
  other: "The sign-in did not work. Please start again.",
};

const handedOffAt = new WeakMap(); // popup → when the backend first said that the popup has the code

/** Save where this tab is, for a login without a popup: the relay page returns to it. */
export const leave = (loginId) => write(LEAVING_KEY, [loginId, location.href]);

let isResumed; // the attempts from before a reload are there

/** Read what the relay page left in this tab, for a login without a popup. From now on relay pages are heard. */
export function resume() {
  isResumed = true;
  const arrived = read(ARRIVED_KEY);
  if (!arrived) return;
  remove(ARRIVED_KEY);
  arrive(arrived);
}

/** Drop what the relay page has written, or would read. */
export function dropRelayed() {
  remove(ARRIVED_KEY);
  remove(LEAVING_KEY);
}

/** Fail an attempt whose popup closed before it could bring its code. Returns true then. */
export function relayMissed(attempt, { handed_off: handedOff }, askedAt) {
  if (!handedOff || !attempt.popup?.closed) return;
  if (!handedOffAt.has(attempt.popup)) handedOffAt.set(attempt.popup, askedAt);
  if (askedAt - handedOffAt.get(attempt.popup) < LOADS_MS) return;
  attempt.fail(failure("interrupted"));
  return true;
}

let channel;
if (globalThis.document) {
  try {
    channel = new BroadcastChannel("valetkey");
    channel.onmessage = ({ data }) => arrive(data);
  } catch {} // a browser that may keep nothing refuses it
  addEventListener("message", ({ data, origin }) => origin === location.origin && arrive(data));
}

async function arrive(message) {
  const { valetkey: id, code, error } = message ?? {};
  if (!isResumed || !proofOf(id) || !(code || error)) return; // a relay page repeats what nobody has heard
  channel?.postMessage({ valetkey_heard: id });
  const attempt = [...attempts.values()].find((one) => one.ids.includes(id));
  if (error) {
    // Where the window was opened again, the older one has failed, and the user is in the newer one.
    const isNewest = attempt?.ids.at(-1) === id;
    if (isNewest) attempt.fail(new SignInError(error, MESSAGES[error] ?? MESSAGES.other, "The backend's log says why."));
    return;
  }
  if (oneTimeCodes.has(id)) return;
  oneTimeCodes.set(id, code);
  if (attempt) return onMessage({ data: { valetkey: id } });
  // The attempt was settled before this login landed. The session's listeners learn of it all the same.
  const { account } = await request("POST", "session", { login: id, ...proof(id) }).catch(() => ({}));
  if (account && proofOf(id)) publish(toSession(account));
}
