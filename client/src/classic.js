// For a page that makes the requests itself and has functions to be called: `setToken(token, screenName)` and
// `setScreenName(screenName)`. The popup's last page calls them where it can. Where it cannot (closed too early, cut off
// by a header), this collects what the popup left behind and calls them here: once a login, so that a page which has
// removed its token and is loaded again stays signed out.

import { ask, base, oneAtATime } from "./ask.js";

const DELIVERED = "valetkey-delivered"; // the popup writes it, too
const LIFETIME = 630_000;

let until = 0;
let begunAt = 0;
let last;

const collect = oneAtATime(async () => {
  if (sessionStorage.valetkey > "[]") return; // the module's own logins, which it collects by their ids
  const askedAt = Date.now();
  const { account, login, token } = await ask("POST", "session", {}).catch(() => ({}));
  if (login?.state === "waiting" || login?.state === "finishing") until ||= askedAt + LIFETIME;
  else if (askedAt - begunAt > 10_000) until = 0;
  if (login?.state === "done" && account) deliver(login.id, account.identities[0]?.handle, token);
});

function deliver(id, handle, token) {
  if ((localStorage[DELIVERED] ?? last) === id) return;
  localStorage[DELIVERED] = last = id;
  if (token) globalThis.setToken?.(token, handle);
  globalThis.setScreenName?.(handle);
}

// The page's own request to begin is seen in the browser's list of what it loaded.
const begins = new RegExp(`^${base.href}(?!session$)[a-z0-9]+$`);
new PerformanceObserver((list) => {
  for (const { name, initiatorType } of list.getEntries()) {
    if (!begins.test(name) || !/^(fetch|xmlhttprequest)$/.test(initiatorType)) continue;
    begunAt = Date.now();
    until = begunAt + LIFETIME;
  }
}).observe({ type: "resource", buffered: true });

new BroadcastChannel("valetkey").onmessage = collect;
addEventListener("focus", collect);
addEventListener("pageshow", collect);
document.addEventListener("visibilitychange", collect);
setInterval(() => Date.now() < until && collect(), 1000);
collect();
