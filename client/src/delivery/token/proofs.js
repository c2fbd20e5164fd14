// The proofs that logins belong to this page.
//
// How this works. A login begins with a challenge and is collected with its verifier, which only this page has (PKCE,
// RFC 7636). Where the backend is on another site, no cookie says whose login it is. The popup then brings a one-time
// code by way of the app's relay page. Without the verifier the code is worth nothing, so it may be broadcast.
//
// A sign-out ends every login that began before it, in every tab of this origin: their proofs are dropped. Each proof
// is kept with the number of sign-outs at its time. A tab that slept through a sign-out ignores it, too.

import { sessionId } from "./bearer.js";
import { setSignOutCount, signOutCount } from "./sign-out-count.js";
import { read, remove, write } from "./web-storage.js";

const KEY = "valetkey-verifiers";
const KEPT = 10;

const proofs = new Map(read(KEY) ?? []); // login id → proof, of logins that may still come back
const challenges = []; // made ahead of a click, because a digest is asynchronous
export const oneTimeCodes = new Map(); // login id → one-time code, as the popup brought it

/** The fields that begin a login. */
export function begin(loginId) {
  const [{ verifier, challenge }] = challenges;
  if (challenges.length > 1) challenges.shift(); // a click that is faster than a digest uses the last one again
  prepareChallenge();
  if (signOutCount()) setSignOutCount(signOutCount()); // the page may have cleared its storage
  const made = { verifier, session: sessionId(), signOuts: signOutCount() };
  proofs.set(loginId, made);
  write(KEY, [...proofs].slice(-KEPT));
  return { challenge, session: made.session };
}

/** The fields that collect a login. */
export function proof(loginId) {
  const { verifier, session } = proofOf(loginId) ?? {};
  return { verifier, session, code: oneTimeCodes.get(loginId) };
}

/** Undefined where the page has signed out since the login began. */
export function proofOf(loginId) {
  const found = proofs.get(loginId);
  return found?.signOuts === signOutCount() ? found : undefined;
}

export function dropProofs() {
  proofs.clear();
  oneTimeCodes.clear();
  remove(KEY);
}

/** Make one more challenge. Without a secure context there is no digest, and no challenge. */
async function prepareChallenge() {
  if (!globalThis.document || !crypto.subtle) return;
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  challenges.push({ verifier, challenge: base64url(new Uint8Array(digest)) });
}

function base64url(octets) {
  return btoa(String.fromCharCode(...octets)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

const prepared = prepareChallenge(); // before the first click

/** A promise while the first challenge is being made, for an app that signs in as soon as the module is loaded. */
export const preparing = () => (challenges.length ? undefined : prepared);
