// For a page that makes the requests itself and has functions to be called: `setToken(token, screenName)` and
// `setScreenName(screenName)`. The popup's last page calls them where it can. Where it cannot (closed too early, cut off
// by a header), this collects what the popup left behind and calls them here: once a login, so that a page which has
// removed its token and is loaded again stays signed out.
//
// The tab that began comes first: others hear the nudge, too, and what one of them collected the first would never be
// told. They wait until it has had its time, and ask in case that it is gone.

import { ask, base, oneAtATime } from "./ask.js";

const DELIVERED = "valetkey-delivered"; // the popup writes it, too
const BEGUN = "valetkey-begun"; // until when this tab waits for a login; a reload does not forget it
const LIFETIME = 630_000;
const OTHERS_WAIT = 2000;

const waits = () => Date.now() < (sessionStorage[BEGUN] ?? 0);

let begunAt = 0;
let last;
let noted; // what was delivered last when this tab began

const collect = oneAtATime(async () => {
  if (sessionStorage.valetkey > "[]") return; // the module's own logins, which it collects by their ids
  const askedAt = Date.now();
  const answer = await ask("POST", "session", {}).catch(() => null);
  if (!answer) return; // there is a next time
  const { account, login, token } = answer;
  const handle = account?.identities[0]?.handle;
  const open = login?.state === "waiting" || login?.state === "finishing";
  if (login?.state === "done" && account) deliver(login.id, handle, token);
  // In cookie delivery the callback itself has signed this browser in, and left nothing to collect.
  else if (waits() && !open && account) {
    sessionStorage.removeItem(BEGUN);
    if (localStorage[DELIVERED] === noted) call("setScreenName", handle);
  } else if (!open && askedAt - begunAt > 10_000) sessionStorage.removeItem(BEGUN);
});

function deliver(id, handle, token) {
  if ((localStorage[DELIVERED] ?? last) === id) return;
  localStorage[DELIVERED] = last = id;
  if (token) call("setToken", token, handle);
  call("setScreenName", handle);
}

/** One of the page's own functions. What it throws is the page's to see, and keeps nothing here from going on. */
async function call(name, ...told) {
  globalThis[name]?.(...told);
}

// The page's own request to begin is seen in the browser's list of what it loaded.
const begins = new RegExp(`^${base.href}(?!session$)[a-z0-9]+$`);
new PerformanceObserver((list) => {
  for (const { name, initiatorType } of list.getEntries()) {
    if (!begins.test(name) || !/^(fetch|xmlhttprequest)$/.test(initiatorType)) continue;
    begunAt = Date.now();
    noted = localStorage[DELIVERED];
    sessionStorage[BEGUN] = begunAt + LIFETIME;
  }
}).observe({ type: "resource", buffered: true });

const hint = () => (waits() ? collect() : setTimeout(collect, OTHERS_WAIT));

new BroadcastChannel("valetkey").onmessage = hint;
addEventListener("focus", hint);
addEventListener("pageshow", hint);
document.addEventListener("visibilitychange", hint);
setInterval(() => waits() && collect(), 1000);
hint();
