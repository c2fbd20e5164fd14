// One sign-in under way in this page: its popup, which may lie, and its question to the backend, which does not.

import { begin, halves, leave, stuck } from "delivery";

import { SignInError, ask, base, onBlocked, oneAtATime } from "./ask.js";
import { focus, listen, nudge, tell, whoever } from "./hints.js";

const LIFETIME = 630_000; // ten minutes, and the clocks' difference
const WINDOW = "popup,width=600,height=720";
const STORE = "valetkey";
const BACK = "valetkey-back"; // where the backend sends this tab, and where it was

export const logins = new Map(); // provider → Login: a second click is the same sign-in
export const resumed = new Map(); // those of before a reload: over, perhaps, before a button is there to say so

export class Login {
  constructor(provider, ids = []) {
    this.provider = provider;
    this.ids = ids; // several where the window was opened again: whichever lands, lands
    this.watchers = new Set();
    this.outcome = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.outcome.catch(() => {}); // whoever wants to know has the promise; a resumed login has nobody
    this.began = Date.now();
    this.beats = 0;
    this.timer = setInterval(() => this.watch(), 250);
    this.collect = oneAtATime(() => this.ask());
    logins.set(provider, this);
  }

  /** Another caller, or the same one's second click. */
  join({ onState, signal, ...options }) {
    if (onState) this.watchers.add(onState);
    if (signal?.aborted) return this.cancel();
    signal?.addEventListener("abort", () => this.cancel());
    this.reopen(options);
  }

  /** The window to the front; a new one where it is gone, or says so. */
  reopen(options = this.options) {
    if (this.popup && !this.popup.closed && !this.lost) return this.popup.focus();
    this.popup?.close();
    this.options = options;
    const { returnTo, window: given, mode } = options ?? {};
    const id = newId();
    const action = new URL(this.provider, base).href;
    const fields = { login: id, mode: "popup", return_to: returnTo ?? "", ...begin(id) };
    this.ids.push(id);
    this.began = Date.now();
    this.strayed = this.byHand = this.closedAt = this.lost = focus.at = 0;
    remember();
    const name = `valetkey-${newId()}`; // its own: another's window is never steered
    this.popup = null;
    if (given && !given.closed) this.popup = given;
    else if (mode === "popup" || (mode !== "page" && popupsWork())) this.popup = open("about:blank", name, WINDOW);
    if (this.popup) {
      this.say("opened");
      try {
        // In the blank popup's own document: the cookie is then set on a top-level hop, and the real Origin arrives
        // whatever this page's Referrer-Policy is.
        const there = this.popup.document;
        const meta = there.createElement("meta");
        meta.name = "referrer";
        meta.content = "origin";
        there.head.append(meta);
        this.submit(there, action, fields);
      } catch {
        this.submit(document, action, fields, name);
      }
    } else if (mode === "popup") {
      this.fail(new SignInError("popup_blocked", "The browser blocked the sign-in window.", "Call signIn in the click itself."));
    } else {
      // No popup here: the same tab, the same guarantees, and back to where we are.
      this.say("leaving");
      leave(id);
      const where = returnTo ? {} : { return_to: wayBack(), return_to_is_default: 1 };
      this.submit(document, action, { ...fields, mode: "page", ...where });
    }
  }

  submit(there, action, fields, target = "") {
    onBlocked(there, "form-action", (error) => this.fail(error));
    const form = there.createElement("form");
    Object.assign(form, { method: "post", action, target });
    for (const [name, value] of Object.entries(fields)) {
      const input = there.createElement("input");
      form.append(Object.assign(input, { type: "hidden", name, value }));
    }
    there.body.append(form);
    form.submit();
    form.remove();
  }

  /** Four times a second: look at the window. Every two seconds, and whenever something happened: ask the backend. */
  watch(now) {
    const time = Date.now();
    if (time - this.began > LIFETIME) {
      return this.fail(new SignInError("expired", "This sign-in took too long. Please start again."));
    }
    if (this.popup) {
      if (!this.popup.closed) {
        this.strayed ||= isElsewhere(this.popup);
      } else {
        // A severed popup reads as closed while somebody types in it. One that closes as the focus comes back to us
        // was closed by a person; of any other nothing is known.
        this.closedAt ||= time;
        if (!this.byHand && document.hasFocus() && Math.abs(this.closedAt - focus.at) < 1000) {
          this.byHand = time;
          setTimeout(() => this.collect(), 500); // a callback on its way has arrived by then
        } else if (!this.byHand && time - this.closedAt > 1000) {
          this.unsure();
        }
      }
    }
    if (now || ++this.beats % 8 === 0) this.collect();
  }

  async ask() {
    for (const id of this.ids) {
      if (this.over) return;
      const askedAt = Date.now();
      try {
        this.judge(id, await ask("POST", "session", { login: id, ...halves(id) }), askedAt);
        this.lostAt = 0;
      } catch (error) {
        this.lostAt ||= askedAt;
        const passing = error.code === "network" || error.code === "store_unavailable";
        if (!passing || Date.now() - this.lostAt > 30_000) this.fail(error);
      }
    }
  }

  judge(id, { account, login = {} }, askedAt) {
    const { state, error } = login;
    if (this.over) return;
    if (state === "done" && account) return this.land(id, whoever(account));
    if (state === "finishing") return stuck(this, login, askedAt) || this.say(state);
    if (state === "waiting" || state === "unknown") {
      // Gone before it was ever seen at the provider: with no cookie of it here, its start was broken off; with one,
      // it was this page's own policy that cut the two apart.
      if (this.byHand && askedAt - this.byHand > 400) {
        if (this.strayed || state === "unknown") this.cancel();
        else this.unsure();
      }
      // A start is answered within five seconds: this one was lost on its way.
      this.lost = id === this.ids.at(-1) && state === "unknown" && askedAt - this.began > 6000;
      if (this.lost) this.unsure();
      // Another tab says that it signed out, and the backend that the login's cookie is gone.
      if (this.dropped && state === "unknown") this.fail(new SignInError("interrupted", "The sign-in was interrupted. Please start again."));
      return;
    }
    const newest = id === this.ids.at(-1);
    this.ids = this.ids.filter((one) => one !== id);
    remember();
    if (newest) this.fail(new SignInError(error?.code ?? state, error?.message, error?.hint));
  }

  /** Back from the back-forward cache, so not signed in by this tab. */
  returned() {
    if (this.popup) return;
    this.byHand = this.strayed = 1;
    goBack(); // no need to: this is where it was
  }

  unsure() {
    if (this.state !== "finishing") this.say("unsure");
  }

  say(state) {
    if (this.over || this.state === state) return;
    this.state = state;
    // Each by itself, as in tell.
    this.watchers.forEach(async (watcher) => watcher(state, { reopen: () => this.reopen(), cancel: () => this.cancel() }));
  }

  land(id, found) {
    if (!this.end()) return;
    this.resolve(found);
    tell(found);
    nudge(id);
  }

  cancel() {
    this.fail(new SignInError("cancelled", "The sign-in was cancelled."));
  }

  fail(error) {
    if (this.end()) this.reject(error);
  }

  end() {
    if (this.over) return false;
    this.over = true;
    clearInterval(this.timer);
    logins.delete(this.provider);
    remember();
    try {
      this.popup?.close();
    } catch {}
    return true;
  }
}

/** After a reload: go on asking. */
export function resume() {
  if (goBack()) return;
  for (const [provider, ids] of remembered()) {
    listen();
    const login = new Login(provider, ids);
    resumed.set(provider, login);
    login.say("unsure");
    login.collect();
  }
}

/**
 * This page's address, for the backend to send this tab back to: a path, or the whole where it is on another origin. One
 * that is too long or that the backend refuses stays here, the nearest that travels goes instead.
 */
function wayBack() {
  const { href, origin, pathname } = location;
  const unfit = /\\|^[^?#]*(%5c|[^:](\/|%2f){2})/i; // some readers of addresses take these for the start of a host
  const at = [href, origin + pathname, `${origin}/`].find((one) => one.length < 1024 && !unfit.test(one));
  try {
    if (at === href) sessionStorage.removeItem(BACK);
    else sessionStorage[BACK] = JSON.stringify([at, href]);
  } catch {}
  return at.replace(base.origin, "");
}

/** Sent back to the nearest address: on to where this tab was. */
function goBack() {
  try {
    const [at, href] = JSON.parse(sessionStorage[BACK] ?? "[]");
    sessionStorage.removeItem(BACK);
    if (at !== location.href) return;
    location.replace(href);
    return true;
  } catch {}
}

/** Logins under way outlive a reload of this tab; their ids are names and no credentials. */
function remember() {
  try {
    sessionStorage[STORE] = JSON.stringify([...logins.values()].map(({ provider, ids }) => [provider, ids]));
  } catch {}
}

function remembered() {
  try {
    return JSON.parse(sessionStorage[STORE] ?? "[]");
  } catch {
    return [];
  }
}

/** A name and no credential: 22 characters of base64url's, all of them hexadecimal. */
const newId = () => crypto.randomUUID().replace(/-/g, "").slice(0, 22);

/** Beyond the blank page it was opened with, and not cut off. */
function isElsewhere(popup) {
  try {
    return popup.location.href !== "about:blank";
  } catch {
    return true;
  }
}

/** In-app browsers open nothing, or replace the page; an app on the home screen opens another browser. */
function popupsWork() {
  return !matchMedia("(display-mode: standalone)").matches && !/FBA[NV]|Instagram|Line\/|Twitter/.test(navigator.userAgent);
}
