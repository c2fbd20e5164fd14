// The way back of a tab that signs in without a popup.

import { base } from "./base.js";

const KEY = "valetkey-back"; // where the backend sends this tab, and where it was
const EMPTY_FRAGMENT = /#$/; // the backend's redirects end in one, so that no other fragment survives them
const MAX_LENGTH = 1024;
const REFUSED = /\\|^[^?#]*(%5c|[^:](\/|%2f){2})/i; // some parsers take these for the start of a host

/**
 * Save the address of this page, and return the one that the backend sends this tab back to: a path, or the whole
 * address where the page is on another origin. An address that is too long, or that the backend refuses, stays in this
 * tab. The nearest address that it accepts is returned instead.
 */
export function saveReturnAddress() {
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
export function goToReturnAddress() {
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
