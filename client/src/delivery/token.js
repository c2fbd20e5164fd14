// The page is handed its session as a token: `/auth/token.js`, and `?store=local` or `?store=session` for a page that
// wants to find it again after a reload.
//
// A login is begun with a challenge and collected with its verifier, which this page alone has (RFC 7636). Where the
// backend is on another site, so that no cookie says whose the login is, the popup brings a one-time code by way of the
// app's relay page; a code is worth nothing without the verifier, so anybody may hear it.
//
// A sign-out ends what was begun before it, in every tab of this origin: the verifiers of those logins are dropped. Each
// is kept with the sign-outs that had been counted when it was made, so that a tab that slept through one drops it, too.

import { SignInError, ask, base } from "../ask.js";
import { hint, tell, whoever } from "../hints.js";
import { logins } from "../login.js";

const TOKEN = "valetkey-token";
const VERIFIERS = "valetkey-verifiers";
const ARRIVED = "valetkey-arrived"; // written by the relay page, in this tab
const LEAVING = "valetkey-leaving"; // read by it
const SIGNED_OUT = "valetkey-signed-out"; // counts the sign-outs of all tabs
const BRINGS_IT_MS = 4000; // how long a relay page may take to load

// What came by way of the relay page is a code alone; these are the backend's words for it.
const WORDS = {
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
const kept = storage({ local: "localStorage", session: "sessionStorage" }[options.get("store")]);
const verifiers = new Map(read(VERIFIERS) ?? []); // login id → proof, of logins that may still come back
const codes = new Map(); // login id → code, as the popup brought it
const handedAt = new WeakMap(); // popup → when it was first heard that it has a code to bring
const pairs = [];
let token;
let tokenUnder; // the sign-outs that had been counted when the token was kept
let signOuts = 0; // as this tab knows them

const held = () => (kept ? kept[TOKEN] : token);

/** With every request: a link is to this session's account, and a sign-in that lands replaces this session. */
export function authorization() {
  if (held()) return { authorization: `Bearer ${held()}` };
}

export const pass = () => ({ token: held() });

/** What the backend answered: a token, or that the one it was shown is worth nothing any more. */
export function take({ account, login, token: handed }, shown, body) {
  if (handed && body?.login && !proofOf(body.login)) revoke(handed);
  else if (handed) keep(handed);
  else if (account === null && !login && shown && shown.authorization === authorization()?.authorization) keep();
}

/** Signed out by the token; where no token was held at the first request, this clears the cookies of logins. */
export async function forget() {
  if (!held()) return;
  keep();
  await ask("DELETE", "session");
}

/** What was begun before a sign-out lands nowhere. */
export function dropAll() {
  count(counted() + 1);
  drop();
}

function count(number) {
  signOuts = number;
  try {
    localStorage[SIGNED_OUT] = number;
  } catch {}
}

function drop() {
  for (const login of logins.values()) login.cancel();
  verifiers.clear();
  codes.clear();
  for (const name of [VERIFIERS, ARRIVED, LEAVING]) forgetItem(name);
}

addEventListener("storage", ({ key, newValue }) => {
  if (key !== SIGNED_OUT || !(Number(newValue) > signOuts)) return;
  signOuts = Number(newValue);
  drop();
  // A token that was kept since is another session's; one for all tabs was removed by the tab that signed out.
  if (!held() || kept === storage("localStorage") || tokenUnder === counted()) return;
  revoke(held());
  keep();
  tell(null);
});

function counted() {
  try {
    return Number(localStorage[SIGNED_OUT] ?? signOuts);
  } catch {
    return signOuts;
  }
}

/** What a login is collected with: none where the page has signed out since it began. */
function proofOf(id) {
  const proof = verifiers.get(id);
  return proof?.signOuts === counted() ? proof : undefined;
}

/** It landed while the page signed out: nobody is to hold it. */
const revoke = (handed) =>
  fetch(new URL("session", base), { method: "DELETE", headers: { authorization: `Bearer ${handed}` } }).catch(() => {});

function keep(handed) {
  token = handed;
  tokenUnder = counted();
  if (kept && handed) kept[TOKEN] = handed;
  else kept?.removeItem(TOKEN);
}

export function begin(id) {
  const [{ verifier, challenge }] = pairs;
  if (pairs.length > 1) pairs.shift(); // whoever clicks faster than a digest is made uses one twice
  prepare();
  if (counted()) count(counted()); // again, where the page has cleared its storage since
  const proof = { verifier, session: sessionId(), signOuts: counted() };
  verifiers.set(id, proof);
  write(VERIFIERS, [...verifiers].slice(-10));
  return { challenge, session: proof.session };
}

/** The session that the page holds, which its logins do not outlive: RFC 7519's `jti`. Empty where it holds none. */
function sessionId() {
  try {
    return JSON.parse(atob(held().split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).jti;
  } catch {
    return "";
  }
}

export function halves(id) {
  const { verifier, session } = proofOf(id) ?? {};
  return { verifier, session, code: codes.get(id) };
}

export const leave = (id) => write(LEAVING, [id, location.href]);

/** What the relay page left in this tab, for a login that had no popup. */
export function resumed() {
  const arrived = read(ARRIVED);
  if (!arrived) return;
  forgetItem(ARRIVED);
  arrive(arrived);
}

/** The backend has handed a login to a popup that can bring it no more. */
export function stuck(login, { handed_off: handedOff }, askedAt) {
  if (!handedOff || !login.popup?.closed) return;
  if (!handedAt.has(login.popup)) handedAt.set(login.popup, askedAt);
  if (askedAt - handedAt.get(login.popup) < BRINGS_IT_MS) return;
  login.fail(new SignInError("interrupted", WORDS.interrupted));
  return true;
}

const channel = new BroadcastChannel("valetkey");
channel.addEventListener("message", ({ data }) => arrive(data));
addEventListener("message", ({ data, origin }) => origin === location.origin && arrive(data));

async function arrive(news) {
  const { valetkey: id, code, error } = news ?? {};
  if (!proofOf(id) || !(code || error)) return;
  channel.postMessage({ valetkey_heard: id });
  const login = [...logins.values()].find((one) => one.ids.includes(id));
  if (error) return login?.fail(new SignInError(error, WORDS[error] ?? WORDS.other, "The backend's log says why."));
  if (codes.has(id)) return;
  codes.set(id, code);
  if (login) return hint({ data: { valetkey: id } });
  // It lands later than its promise was settled: listeners hear of it all the same.
  const { account } = await ask("POST", "session", { login: id, ...halves(id) }).catch(() => ({}));
  if (account && proofOf(id)) tell(whoever(account));
}

async function prepare() {
  const verifier = text(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  pairs.push({ verifier, challenge: text(new Uint8Array(digest)) });
}

function text(octets) {
  return btoa(String.fromCharCode(...octets)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

/** Where a browser keeps nothing at all, asking for it is an error: the token is then kept in memory. */
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

function forgetItem(name) {
  try {
    sessionStorage.removeItem(name);
  } catch {}
}

function write(name, value) {
  try {
    sessionStorage[name] = JSON.stringify(value);
  } catch {}
}

signOuts = counted();
await prepare(); // before anybody can click
