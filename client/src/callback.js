// Finishes a sign-in whose callback was answered with the app's own page.
//
// How this works. Some service workers answer every navigation with the app's page, and so also the address to which the
// provider sends the window. The backend then never hears of the callback. The module of that page loads this file. It
// sends the same request once more, as a fetch, which such a worker lets through. The backend decides, as it does about
// a navigation. Its answer says where it would have sent the window:
//
// - to its last page: the window tells the page that waits, and closes;
// - to the page that the tab came from, to the relay page, or to the provider again: this tab goes there;
// - nowhere, because the sign-in failed: this window says so.
//
// The login's cookie guards the callback here as it does in a navigation. The request goes to the page's own origin only,
// and never from a frame. The code of the callback is removed from the address before the request, and kept nowhere.

import { explain } from "./errors.js";

const DEFAULT_TEXTS = { finishing: "Finishing…", close: "Close", back: "Back to the app" };
const CALLBACK = /^[\w-]+(\?(.*&)?(state|error|oauth_token|denied)=|\/(done\?(.*&)?login|failed\?(.*&)?code)=)/;
const TIMEOUT_MS = 20_000; // longer than an exchange with its repetition
const PASSING_MS = 30_000;
const RETRY_MS = 1000;
const CLOSES_MS = 400;

const STYLE = `
dialog { box-sizing: border-box; inset: 0; width: 100%; height: 100%; max-width: none; max-height: none; border: 0;
  padding: 1.5rem; text-align: center; font: 1rem/1.5 system-ui, sans-serif; color-scheme: light dark;
  color: CanvasText; background: Canvas }
dialog[open] { display: grid; place-content: center }
h1 { margin: 0; font-size: 1.25rem; text-wrap: balance }
p { margin: 1.25rem 0 0; display: flex; flex-wrap: wrap; justify-content: center; align-items: center; gap: 1rem }
button { font: inherit; min-height: 44px; border: 1px solid; border-radius: 99px; padding: .4em 1.4em; color: inherit;
  background: none; cursor: pointer }
a { color: inherit }
:focus-visible { outline: 3px solid #3b82f6; outline-offset: 2px }
[hidden] { display: none }`;

/**
 * Go on with the sign-in of `address`, if it is a callback of the backend. If it is not, call `resumePage`: the page is
 * then an ordinary page of the app. `core` has the functions of client.js.
 */
export async function resume(core, address, resumePage) {
  const base = core.base();
  const [route, query] = address.slice(base.href.length).split("#")[0].split("?");
  const isCallback = base.origin === location.origin && CALLBACK.test(`${route}?${query}`);
  if (!isCallback || window !== top) return resumePage();
  const clean = new URL(route, base).href;
  // Neither the app's router nor its analytics need what the address says.
  if (location.href === address) history.replaceState(history.state, "", clean);
  const words = { ...DEFAULT_TEXTS, ...core.texts };
  const notice = showNotice(words);
  const lastPage = lastPageOf(address, base);
  const answer = lastPage ? { go_to: address } : await ask(address);
  if (!answer) {
    // Another part of the app has this address.
    notice.remove();
    if (location.href === clean) history.replaceState(history.state, "", address);
    return resumePage();
  }
  const { go_to: next, error } = answer;
  const target = next && new URL(next, base);
  const loginId = target && lastPageOf(target.href, base);
  nudge(loginId ?? null);
  if (loginId) {
    close();
    setTimeout(() => location.replace("/"), CLOSES_MS); // where a script may not close the window
  } else if (target) {
    if (target.protocol !== "javascript:") location.replace(target);
  } else {
    explain(error, base);
    if (error.code === "denied") close();
    notice.fail(words[error.code] ?? error.message);
  }
}

/** The login's id in the address of the backend's last page, else undefined. */
function lastPageOf(address, base) {
  const { href, searchParams } = new URL(address);
  if (href.startsWith(base.href) && /^[\w-]+\/done\?/.test(href.slice(base.href.length))) return searchParams.get("login");
}

/** Send the request that the service worker has answered. Returns undefined where the answer is not the backend's. */
async function ask(address) {
  while (document.prerendering) {
    await new Promise((done) => document.addEventListener("prerenderingchange", done, { once: true }));
  }
  for (const startedAt = Date.now(); ; ) {
    try {
      const response = await fetch(address, {
        headers: { accept: "application/json" },
        signal: AbortSignal.timeout(TIMEOUT_MS),
        keepalive: true, // the app may leave this page meanwhile
      });
      if (response.redirected) return { go_to: response.url };
      const answer = await response.json().catch(() => ({}));
      if (answer.go_to || (answer.error?.code && answer.error.code !== "unknown_provider")) return answer;
      const isPassing = response.status > 499 || response.status === 429 || answer.login;
      if (!isPassing) return;
    } catch {}
    if (Date.now() - startedAt > PASSING_MS) return { error: { code: "network" } };
    await new Promise((done) => setTimeout(done, RETRY_MS));
  }
}

/** Make the page that waits ask the backend. There are two channels, because a header may cut one of them off. */
function nudge(loginId) {
  const message = { valetkey: loginId };
  try {
    const channel = new BroadcastChannel("valetkey");
    channel.postMessage(message);
    channel.close();
  } catch {}
  try {
    opener?.postMessage(message, location.origin);
  } catch {}
}

/** Cover the app's page: in this window it would confuse. */
function showNotice(words) {
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const heading = Object.assign(document.createElement("h1"), { id: "heading", textContent: words.finishing });
  const button = Object.assign(document.createElement("button"), { textContent: words.close, onclick: () => close() });
  const link = Object.assign(document.createElement("a"), { textContent: words.back, href: "/" });
  const waysOut = Object.assign(document.createElement("p"), { hidden: true });
  waysOut.append(button, link);
  // A page may refuse one cancel alone. Where the browser knows `closedBy`, there is none.
  const refuse = (event) => event.preventDefault();
  const dialog = Object.assign(document.createElement("dialog"), { oncancel: refuse, closedBy: "none" });
  heading.setAttribute("aria-live", "polite");
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.append(heading, waysOut);
  root.append(dialog);
  document.documentElement.append(host); // the app may replace all that is in the body
  dialog.showModal();
  return {
    remove: () => host.remove(),
    fail(message) {
      heading.textContent = message;
      waysOut.hidden = false;
      button.focus();
    },
  };
}
