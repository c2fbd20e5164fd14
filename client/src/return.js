// What goes on after this page was left or loaded again: where a tab that signs in without a popup comes back to, the
// attempts from before a reload, and where a page goes after a sign-in. The module loads this file when it needs it.

const KEY = "valetkey-back"; // where the backend sends this tab, and where it was
const EMPTY_FRAGMENT = /#$/; // the backend's redirects end in one, so that no other fragment survives them
const MAX_LENGTH = 1024;
const REFUSED = /\\|^[^?#]*(%5c|[^:](\/|%2f){2})/i; // some parsers take these for the start of a host

/** Make the fields of a popup's start those of a start by this tab, which leaves with them now. */
export function toPage(fields, base, attempt) {
  attempt.leftAt = Date.now();
  return {
    ...fields,
    mode: "page",
    ...(!fields.return_to && { return_to: saveReturnAddress(base), return_to_is_default: 1 }),
  };
}

/**
 * Save the address of this page, and return the one that the backend sends this tab back to: a path, or the whole
 * address where the page is on another origin. An address that is too long, or that the backend refuses, stays in this
 * tab. The nearest address that it accepts is returned instead.
 */
function saveReturnAddress(base) {
  const { href, origin, pathname } = location;
  const at = [href, origin + pathname, `${origin}/`].find((one) => one.length < MAX_LENGTH && !REFUSED.test(one));
  try {
    sessionStorage[KEY] = JSON.stringify([at, href]);
  } catch {}
  return at.replace(base.origin, "");
}

/**
 * Where the backend sent this tab back: show the address without the empty fragment. Where it is only near the one where
 * the tab was, go on to that one, and return true.
 */
function goToReturnAddress() {
  try {
    const [at, href] = JSON.parse(sessionStorage[KEY] ?? "[]");
    sessionStorage.removeItem(KEY);
    const sentTo = at.replace(EMPTY_FRAGMENT, "");
    if (location.href === href) return;
    const here = location.href.replace(EMPTY_FRAGMENT, "");
    if (here !== location.href) history.replaceState(history.state, "", here);
    if (here !== sentTo || here === href) return;
    location.replace(href);
    return true;
  } catch {}
}

/** After a reload: continue the attempts of this tab. `core` has the functions of client.js. */
export function resume({ Attempt, attempts, listen, resumed }) {
  if (goToReturnAddress()) return;
  for (const [provider, ids, byThisTab, next] of savedAttempts()) {
    if (attempts.has(provider)) continue; // this file was late, and the page has begun one meanwhile
    listen();
    const attempt = new Attempt(provider, ids, byThisTab, next);
    resumed.set(provider, attempt);
    attempt.cameBack = byThisTab;
    attempt.setState(byThisTab ? "leaving" : "unsure");
  }
}

function savedAttempts() {
  try {
    return JSON.parse(sessionStorage.valetkey ?? "[]");
  } catch {
    return [];
  }
}

/** Resolve an address of this page's own origin. Returns undefined for any other, such as `javascript:`. */
function ownAddress(address) {
  try {
    const url = new URL(address, location.href);
    if (url.protocol === location.protocol && url.host === location.host) return url;
  } catch {}
}

/** Go to an address of this page's own origin. The page's own address means a reload. */
export function goTo(address) {
  const url = ownAddress(address);
  const isHere = url?.href.split("#")[0] === location.href.split("#")[0];
  if (isHere && url.hash) location.hash = url.hash;
  if (isHere) location.reload();
  else if (url) location.assign(url);
}
