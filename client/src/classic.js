// For a page that makes the requests itself and has functions that it wants called: `setToken(token, screenName)` and
// `setScreenName(screenName)`. The last page of the popup calls them where it can. Where it cannot, because it was closed
// too early or cut off by a header, this file collects the login and calls them here. It does so once for each login: a
// page that has removed its token and is loaded again stays signed out.
//
// The tab that began comes first. Other tabs receive the popup's message, too. If one of them collected the login, the
// first tab would never learn of it. So they wait, and collect only what the first tab has left.

import { base } from "./base.js";
import { request } from "./request.js";
import { singleFlight } from "./single-flight.js";

const DELIVERED_KEY = "valetkey-delivered"; // deliver.js writes it, too
const BEGUN_KEY = "valetkey-begun"; // until when this tab waits for a login, also after a reload
const LIFETIME_MS = 630_000;
const OTHER_TABS_WAIT_MS = 2000;
const START_MS = 10_000;

const isWaiting = () => Date.now() < (sessionStorage[BEGUN_KEY] ?? 0);

let begunAt = 0;
let tooEarly; // whether the page's own script was not there yet at the last event
let lastDelivered; // for a page that clears its storage
let deliveredBefore; // the last login delivered when this tab began

const collect = singleFlight(async () => {
  if (sessionStorage.valetkey?.[2]) return; // logins of the module, which collects them by their ids
  tooEarly = !globalThis.setToken && !globalThis.setScreenName;
  if (tooEarly) return;
  const askedAt = Date.now();
  const answer = await request("POST", "session", {}).catch(() => null);
  if (!answer) return; // the next event tries again
  const { account, login, token } = answer;
  const handle = account?.identities[0]?.handle;
  const open = login?.state === "waiting" || login?.state === "finishing";
  if (login?.state === "done" && account) deliver(login.id, handle, token);
  // In cookie delivery the callback itself signs this browser in and leaves nothing to collect. The account that was there
  // before this tab began is another matter.
  else if (isWaiting() && !open && account && askedAt > begunAt) {
    sessionStorage.removeItem(BEGUN_KEY);
    if (localStorage[DELIVERED_KEY] === deliveredBefore) call("setScreenName", handle);
  } else if (!open && askedAt - begunAt > START_MS) sessionStorage.removeItem(BEGUN_KEY);
});

function deliver(loginId, handle, token) {
  if ((localStorage[DELIVERED_KEY] ?? lastDelivered) === loginId) return;
  localStorage[DELIVERED_KEY] = lastDelivered = loginId;
  if (token) call("setToken", token, handle);
  call("setScreenName", handle);
}

/** Call a function of the page. What it throws reaches the page's error handler, and the next call still happens. */
async function call(name, ...args) {
  globalThis[name]?.(...args);
}

// The page's own request to begin appears in the browser's list of loaded resources, among other requests to the backend.
const begins = new RegExp(`^${base.href}(?!(sessions?|providers)$)[a-z0-9]+$`);
new PerformanceObserver((list) => {
  for (const { name, initiatorType } of list.getEntries()) {
    if (!begins.test(name) || !/^(fetch|xmlhttprequest)$/.test(initiatorType)) continue;
    begunAt = Date.now();
    deliveredBefore = localStorage[DELIVERED_KEY];
    sessionStorage[BEGUN_KEY] = begunAt + LIFETIME_MS;
  }
}).observe({ type: "resource", buffered: true });

const onEvent = () => (isWaiting() ? collect() : setTimeout(collect, OTHER_TABS_WAIT_MS));

new BroadcastChannel("valetkey").onmessage = onEvent;
addEventListener("focus", onEvent);
addEventListener("pageshow", onEvent);
document.addEventListener("visibilitychange", onEvent);
setInterval(() => (isWaiting() || tooEarly) && collect(), 1000);
onEvent();
