// Delivery as a token: `/auth/token.js`, with `?store=local` or `?store=session` for a page that finds its token again
// after a reload.
//
// How this works. A login begins with a challenge and is collected with its verifier, which only this page has (PKCE,
// RFC 7636). Where the backend is on another site, no cookie says whose login it is. The popup then brings a one-time
// code by way of the app's relay page. Without the verifier the code is worth nothing, so it may be broadcast.
//
// A sign-out ends every login that began before it, in every tab of this origin: their verifiers are dropped. Each
// verifier is kept with the number of sign-outs at its time. A tab that slept through a sign-out drops it, too.

import { SignInError, base, request } from "../ask.js";
import { onMessage, publish, toSession } from "../hints.js";
import { attempts } from "../login.js";

const TOKEN_KEY = "valetkey-token";
const PROOFS_KEY = "valetkey-verifiers";
const ARRIVED_KEY = "valetkey-arrived"; // the relay page writes it, in this tab
const LEAVING_KEY = "valetkey-leaving"; // the relay page reads it
const SIGN_OUTS_KEY = "valetkey-signed-out"; // the number of sign-outs of all tabs
const PROOFS_KEPT = 10;
const RELAY_LOADS_MS = 4000; // how long a relay page may take to load

// The relay page brings the code of an error alone. These are the backend's messages for the codes.
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

const options = new URL(import.meta.url).searchParams;
const tokenStorage = storage({ local: "localStorage", session: "sessionStorage" }[options.get("store")]);
const proofs = new Map(read(PROOFS_KEY) ?? []); // login id → proof, of logins that may still come back
const oneTimeCodes = new Map(); // login id → one-time code, as the popup brought it
const handedOffAt = new WeakMap(); // popup → when the backend first said that the popup has the code
const challenges = []; // made ahead of a click, because a digest is asynchronous
let token;
let tokenSignOuts; // the number of sign-outs when the token was kept
let signOuts = 0; // as this tab knows it

const currentToken = () => (tokenStorage ? tokenStorage[TOKEN_KEY] : token);

/** Every request has the token: a link is to the account of this session, and a new sign-in replaces this session. */
export function authorization() {
  if (currentToken()) return { authorization: `Bearer ${currentToken()}` };
}

export const sessionFields = () => ({ token: currentToken() });

/** Take a token from an answer, or drop the one that the backend no longer accepts. */
export function receive({ account, login, token: received }, credentials, body) {
  if (received && body?.login && !proofOf(body.login)) revoke(received);
  else if (received) keep(received);
  else if (account === null && !login && credentials && credentials.authorization === authorization()?.authorization) keep();
}

/** Drop the token. The second request clears the cookies of logins: one with a token ends that session alone. */
export async function forget() {
  if (!currentToken()) return;
  keep();
  await request("DELETE", "session");
}

/** A sign-out: no login that began before it may land. */
export function dropAttempts() {
  setSignOuts(signOutCount() + 1);
  drop();
}

function setSignOuts(number) {
  signOuts = number;
  try {
    localStorage[SIGN_OUTS_KEY] = number;
  } catch {}
}

function drop() {
  for (const attempt of attempts.values()) attempt.cancel();
  proofs.clear();
  oneTimeCodes.clear();
  for (const name of [PROOFS_KEY, ARRIVED_KEY, LEAVING_KEY]) remove(name);
}

addEventListener("storage", ({ key, newValue }) => {
  if (key !== SIGN_OUTS_KEY || !(Number(newValue) > signOuts)) return;
  signOuts = Number(newValue);
  drop();
  // A token that was kept after the sign-out belongs to another session. One in localStorage was removed by the tab
  // that signed out.
  if (!currentToken() || tokenStorage === storage("localStorage") || tokenSignOuts === signOutCount()) return;
  revoke(currentToken());
  keep();
  publish(null);
});

function signOutCount() {
  try {
    return Number(localStorage[SIGN_OUTS_KEY] ?? signOuts);
  } catch {
    return signOuts;
  }
}

/** What collects a login. Undefined where the page has signed out since the login began. */
function proofOf(id) {
  const found = proofs.get(id);
  return found?.signOuts === signOutCount() ? found : undefined;
}

/** For a token that arrives after a sign-out, which nobody may hold. */
const revoke = (received) =>
  fetch(new URL("session", base), { method: "DELETE", headers: { authorization: `Bearer ${received}` } }).catch(() => {});

function keep(received) {
  token = received;
  tokenSignOuts = signOutCount();
  if (tokenStorage && received) tokenStorage[TOKEN_KEY] = received;
  else tokenStorage?.removeItem(TOKEN_KEY);
}

/** The fields that begin a login. */
export function begin(id) {
  const [{ verifier, challenge }] = challenges;
  if (challenges.length > 1) challenges.shift(); // a click that is faster than a digest uses the last one again
  prepareChallenge();
  if (signOutCount()) setSignOuts(signOutCount()); // the page may have cleared its storage
  const made = { verifier, session: sessionId(), signOuts: signOutCount() };
  proofs.set(id, made);
  write(PROOFS_KEY, [...proofs].slice(-PROOFS_KEPT));
  return { challenge, session: made.session };
}

/** The id of the page's session (`jti`, RFC 7519 §4.1.7), or "". The logins of the page end with that session. */
function sessionId() {
  try {
    return JSON.parse(atob(currentToken().split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).jti;
  } catch {
    return "";
  }
}

/** The fields that collect a login. */
export function proof(id) {
  const { verifier, session } = proofOf(id) ?? {};
  return { verifier, session, code: oneTimeCodes.get(id) };
}

export const leave = (id) => write(LEAVING_KEY, [id, location.href]);

/** Read what the relay page left in this tab, for a login without a popup. */
export function resume() {
  const arrived = read(ARRIVED_KEY);
  if (!arrived) return;
  remove(ARRIVED_KEY);
  arrive(arrived);
}

/** Fail an attempt whose popup closed before it could bring its code. Returns true then. */
export function relayMissed(attempt, { handed_off: handedOff }, askedAt) {
  if (!handedOff || !attempt.popup?.closed) return;
  if (!handedOffAt.has(attempt.popup)) handedOffAt.set(attempt.popup, askedAt);
  if (askedAt - handedOffAt.get(attempt.popup) < RELAY_LOADS_MS) return;
  attempt.fail(new SignInError("interrupted", MESSAGES.interrupted));
  return true;
}

const channel = new BroadcastChannel("valetkey");
channel.addEventListener("message", ({ data }) => arrive(data));
addEventListener("message", ({ data, origin }) => origin === location.origin && arrive(data));

async function arrive(message) {
  const { valetkey: id, code, error } = message ?? {};
  if (!proofOf(id) || !(code || error)) return;
  channel.postMessage({ valetkey_heard: id });
  const attempt = [...attempts.values()].find((one) => one.ids.includes(id));
  if (error) return attempt?.fail(new SignInError(error, MESSAGES[error] ?? MESSAGES.other, "The backend's log says why."));
  if (oneTimeCodes.has(id)) return;
  oneTimeCodes.set(id, code);
  if (attempt) return onMessage({ data: { valetkey: id } });
  // The attempt was settled before this login landed. The session's listeners learn of it all the same.
  const { account } = await request("POST", "session", { login: id, ...proof(id) }).catch(() => ({}));
  if (account && proofOf(id)) publish(toSession(account));
}

async function prepareChallenge() {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  challenges.push({ verifier, challenge: base64url(new Uint8Array(digest)) });
}

function base64url(octets) {
  return btoa(String.fromCharCode(...octets)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

/** A browser that keeps nothing throws already when a script reads the property. The token then stays in memory. */
function storage(name) {
  try {
    return globalThis[name];
  } catch {}
}

function read(name) {
  try {
    return JSON.parse(sessionStorage[name]);
  } catch {}
}

function remove(name) {
  try {
    sessionStorage.removeItem(name);
  } catch {}
}

function write(name, value) {
  try {
    sessionStorage[name] = JSON.stringify(value);
  } catch {}
}

signOuts = signOutCount();
await prepareChallenge(); // before the first click
