// The token of the page's session: in memory, or in a storage that a reload leaves alone.

import { tokenStore } from "distribution/token-store.js";

import { base } from "../../base.js";
import { signOutCount } from "./sign-out-count.js";
import { storage } from "./web-storage.js";

const KEY = "valetkey-token";
const KEPT_AT_KEY = "valetkey-at";

const tokenStorage = () => storage({ local: "localStorage", session: "sessionStorage" }[tokenStore.name]);
let inMemory;
let keptAt = 0; // the number of sign-outs when the token was kept

export function currentToken() {
  const kept = tokenStorage();
  return kept ? kept[KEY] : inMemory;
}

/** Keep a token, or forget the one that was kept. */
export function keepToken(token) {
  inMemory = token;
  keptAt = signOutCount();
  const kept = tokenStorage();
  if (!kept) return;
  kept[KEPT_AT_KEY] = keptAt;
  if (token) kept[KEY] = token;
  else kept.removeItem(KEY);
}

/** Whether this tab's token is from before the last sign-out. The tab that signs out removes one in localStorage. */
export const outlivesSignOut = () =>
  currentToken() &&
  tokenStorage() !== storage("localStorage") &&
  signOutCount() > (tokenStorage()?.[KEPT_AT_KEY] ?? keptAt);

/** End the session of a token that nobody may hold. */
export const revoke = (token) =>
  fetch(new URL("session", base), { method: "DELETE", headers: { authorization: `Bearer ${token}` } }).catch(() => {});

/** The id of the page's session (`jti`, RFC 7519 §4.1.7), or "". The logins of the page end with that session. */
export function sessionId() {
  try {
    return JSON.parse(atob(currentToken().split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).jti;
  } catch {
    return "";
  }
}
