// valetkey's browser module: sign in through a popup, and know it whatever becomes of the popup.
//
// Messages between windows are hints without content; the backend is the truth. So every hint, every return of focus
// and every two seconds of an open login ask it the same idempotent question: POST session, "is it finished?".

const base = new URL("./", import.meta.url); // …/auth/
const TEN_MINUTES = 600_000;
const STORE = "valetkey";

/** What every promise of this module rejects with. `code` is stable; `hint` is for the developer. */
export class SignInError extends Error {
  constructor(code, message = code, hint = "") {
    super(message);
    this.name = "SignInError";
    this.code = code;
    this.hint = hint;
  }
}

const listeners = new Set();
const open = new Map(); // login id → Login
let channel; // BroadcastChannel, from the first login or listener on

/** Call `listener` with the session, or null, whenever it changes, in this tab or another. Returns a way to stop. */
export function onSession(listener) {
  listen();
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Who is signed in: `{account}`, or null. */
export async function session() {
  return whoever((await ask("GET", "session")).account);
}

/** Sign out here. */
export async function signOut() {
  listen();
  await ask("DELETE", "session");
  tell(null);
  channel?.postMessage({ valetkey: null });
}

/**
 * Sign in. Call it in a click handler, without awaiting anything before: browsers open no popup otherwise.
 * Resolves to `{account}`; rejects with a SignInError.
 */
export function signIn(provider, options = {}) {
  listen();
  const login = new Login(newId(), Date.now(), options.signal);
  login.begin(provider, options);
  return login.outcome;
}

class Login {
  constructor(id, startedAt, signal) {
    this.id = id;
    this.startedAt = startedAt;
    this.outcome = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.outcome.catch(() => {}); // whoever wants to know has the promise; a resumed login has nobody
    open.set(id, this);
    remember();
    this.timer = setInterval(() => this.tick(), 2000);
    signal?.addEventListener("abort", () => this.cancel());
  }

  begin(provider, { returnTo, window: given, mode }) {
    const action = new URL(provider, base).href;
    const fields = { login: this.id, mode: "popup", ...(returnTo && { return_to: returnTo }) };
    if (mode !== "page" && popupsWork()) {
      const name = `valetkey-${newId()}`; // its own: another's window is never steered
      this.popup = given ?? window.open("about:blank", name, "popup,width=600,height=720");
      if (this.popup) {
        try {
          // In the blank popup's own document: the cookie is then set on a top-level hop, and the real Origin arrives
          // whatever this page's Referrer-Policy is.
          const there = this.popup.document;
          const meta = there.createElement("meta");
          meta.name = "referrer";
          meta.content = "origin";
          there.head.append(meta);
          submit(there, action, fields);
        } catch {
          submit(document, action, fields, name);
        }
        return;
      }
    }
    // No popup here: the same tab, the same guarantees, and back to where we are.
    const here = location.pathname + location.search;
    submit(document, action, { ...fields, mode: "page", return_to: returnTo ?? here });
  }

  /** Look at the popup, and ask the backend. */
  async tick() {
    if (Date.now() - this.startedAt > TEN_MINUTES + 30_000) {
      return this.fail(new SignInError("expired", "This sign-in took too long. Please start again."));
    }
    if (this.popup?.closed && !this.closedAt) {
      this.closedAt = Date.now();
      // A severed popup reads as closed while somebody types in it; one that closes as the focus comes back to us was
      // closed by a person.
      this.closedByHand = document.hasFocus() && Date.now() - focusedAt < 1000 + 2000;
    }
    await this.collect();
  }

  /** One question at a time; a hint that comes meanwhile asks once more. */
  async collect() {
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    do {
      this.again = false;
      try {
        this.judge(await ask("POST", "session", { login: this.id }));
        this.lostSince = 0;
      } catch (error) {
        this.lostSince ||= Date.now();
        if (error.code !== "network" || Date.now() - this.lostSince > 30_000) this.fail(error);
      }
    } while (this.again && open.has(this.id));
    this.asking = false;
  }

  judge({ account, login }) {
    const { state, error } = login ?? {};
    if (state === "done" && account) return this.land(whoever(account));
    if (state === "waiting" || state === "unknown") {
      if (this.closedByHand && Date.now() - this.closedAt > 500) this.cancel();
    } else if (state !== "finishing") {
      this.fail(new SignInError(error?.code ?? state, error?.message, error?.hint));
    }
  }

  land(found) {
    if (!this.end()) return;
    this.resolve(found);
    tell(found);
    channel?.postMessage({ valetkey: this.id });
    window.focus();
  }

  cancel() {
    this.fail(new SignInError("cancelled", "The sign-in was cancelled."));
  }

  fail(error) {
    if (this.end()) this.reject(error);
  }

  end() {
    clearInterval(this.timer);
    if (!open.delete(this.id)) return false;
    remember();
    try {
      this.popup?.close();
    } catch {}
    return true;
  }
}

// Hints

let focusedAt = 0;

function listen() {
  if (channel !== undefined) return;
  channel = "BroadcastChannel" in window ? new BroadcastChannel("valetkey") : null;
  channel?.addEventListener("message", ({ data }) => data && "valetkey" in data && hint());
  addEventListener("message", ({ origin, data }) => {
    if (origin === base.origin && data && typeof data === "object" && "valetkey" in data) hint();
  });
  addEventListener("focus", () => {
    focusedAt = Date.now();
    for (const login of open.values()) login.tick();
  });
  document.addEventListener("visibilitychange", () => document.hidden || collectAll());
  addEventListener("pageshow", collectAll);
  // A reload in the middle of a login: go on asking.
  for (const { id, startedAt } of remembered()) {
    if (Date.now() - startedAt < TEN_MINUTES) new Login(id, startedAt).collect();
  }
}

function collectAll() {
  for (const login of open.values()) login.collect();
}

let looking, lookAgain;

/** Anybody can send one, as many as they like: it costs one question at a time, and changes nothing by itself. */
async function hint() {
  if (open.size) return collectAll();
  if (!listeners.size) return;
  if (looking) {
    lookAgain = true;
    return;
  }
  looking = true;
  do {
    lookAgain = false;
    try {
      tell(await session());
    } catch {}
  } while (lookAgain);
  looking = false;
}

function tell(found) {
  for (const listener of listeners) listener(found);
}

// Small things

const whoever = (account) => (account ? { account } : null);

function newId() {
  const octets = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...octets)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

/** Open logins outlive a reload of this tab; their ids are names and no credentials. */
function remember() {
  try {
    sessionStorage[STORE] = JSON.stringify([...open.values()].map(({ id, startedAt }) => ({ id, startedAt })));
  } catch {}
}

function remembered() {
  try {
    return JSON.parse(sessionStorage[STORE] ?? "[]");
  } catch {
    return [];
  }
}

function popupsWork() {
  return !matchMedia("(display-mode: standalone)").matches && !/FBAN|FBAV|Instagram|Line\/|Twitter/.test(navigator.userAgent);
}

function submit(there, action, fields, target) {
  const form = there.createElement("form");
  Object.assign(form, { method: "post", action, ...(target && { target }) });
  for (const [name, value] of Object.entries(fields)) {
    const input = there.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    form.append(input);
  }
  there.body.append(form);
  form.submit();
  form.remove();
}

async function ask(method, path, body) {
  let response, answer;
  try {
    response = await fetch(new URL(path, base), {
      method,
      credentials: "include",
      headers: { accept: "application/json", ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
    answer = response.status === 204 ? {} : await response.json();
  } catch {
    throw new SignInError("network", "The server could not be reached.");
  }
  if (!response.ok) {
    const { code = "network", message, hint } = answer.error ?? {};
    throw new SignInError(code === "store_unavailable" ? "network" : code, message, hint);
  }
  return answer;
}

// The button

const TITLES = { twitter: "X" };
const MARK = "M18.2 2.25h3.3l-7.2 8.26 8.5 11.24h-6.7l-5.2-6.83-6 6.83H1.7l7.7-8.84L1.25 2.25h6.83l4.7 6.23zm-1.2 17.5h1.9L7.1 4.13h-2z";
const STYLE = `
:host { display: inline-block; color-scheme: light dark; max-width: 100% }
button { display: inline-flex; align-items: center; justify-content: center; gap: .65em; min-height: 44px; max-width: 100%;
  padding: 0 1.5em; border: 1px solid ButtonBorder; border-radius: 999px; border-color: transparent; cursor: pointer;
  font: 650 1rem/1.2 system-ui, sans-serif; background: light-dark(#0f1419, #fff); color: light-dark(#fff, #0f1419) }
button:hover { background: light-dark(#272c30, #e6e6e6) }
button:focus-visible { outline: 3px solid #1d9bf0; outline-offset: 2px }
svg { width: 1.1em; height: 1.1em; flex: none; fill: currentColor }
[role=status]:empty { display: none }
[role=status] { margin: .6em 0 0; font: .9rem/1.4 system-ui, sans-serif; color: light-dark(#536471, #8b98a5) }
@media (forced-colors: active) { button { border-color: ButtonBorder } }`;

class SignInButton extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: "open", delegatesFocus: true });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const provider = this.getAttribute("provider") ?? "twitter";
    const button = document.createElement("button");
    button.part = "button";
    const mark = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    mark.setAttribute("viewBox", "0 0 24 24");
    mark.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", MARK);
    mark.append(path);
    const label = document.createElement("span");
    label.textContent = `Sign in with ${TITLES[provider] ?? provider}`;
    button.append(mark, label);
    const status = document.createElement("p");
    status.setAttribute("role", "status");
    status.part = "status";
    root.append(button, status);
    button.addEventListener("click", () => this.press(provider, button, status));
  }

  async press(provider, button, status) {
    const event = (name, detail) => this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
    const mine = (this.latest = new AbortController());
    button.setAttribute("aria-busy", "true");
    status.textContent = "Continue in the new window.";
    try {
      const found = await signIn(provider, { returnTo: this.getAttribute("return-to") ?? undefined });
      status.textContent = "";
      event("signin", found);
    } catch (error) {
      if (mine === this.latest) status.textContent = error.code === "cancelled" || error.code === "denied" ? "" : error.message;
      event("signinerror", error);
    }
    if (mine === this.latest) button.removeAttribute("aria-busy");
  }
}

customElements.get("sign-in-button") ?? customElements.define("sign-in-button", SignInButton);
if (remembered().length) listen();
