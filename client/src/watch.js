// Watches an attempt to sign in until it is settled: its popup, whose state may be wrong, and the backend, whose answers
// are right. The module loads this file when an attempt begins.
//
// How this works. The watcher looks at the popup four times a second. It asks the backend for the login at once where
// there is a sign that something happened: a message of the popup, the return of the focus, a popup that reads as closed.
// Then the callback may still be under way, so it asks again soon, and each time waits half as long again. Otherwise it
// asks every two seconds at first, and more slowly with time. An answer that the callback has arrived is a sign, too. It
// never asks before a Retry-After is over, and not soon after a failure. The answer settles the attempt. An answer that
// is no answer (429, 5xx, a page of something else) settles nothing before the login's own end.
//
// `popup.closed` settles nothing by itself. A page with Cross-Origin-Opener-Policy cuts the popup off, and then it reads
// as closed while the user still types in it. So a popup that reads as closed makes the attempt `unsure`, and the button
// offers to open it again or to cancel. The attempt is cancelled by itself only where the focus came back in the same
// second and the backend knows of no callback.
//
// Why no library does it: those that are in use take `closed` for a cancellation, and so fail behind such a header, or
// wait for a message that a closed window never sends.

export { explain } from "./errors.js";
import { hasLeftBlank, isFramed } from "./popup-window.js";
import { singleFlight } from "./single-flight.js";

const CHECK_MS = 250;
const SOON_MS = 150; // after a sign, and half of the time since then
const ASK_MS = 2000; // at first; later a tenth of the time since the last sign
const MAX_ASK_MS = 15_000;
const MAX_RETRY_AFTER_MS = 60_000;
const START_MS = 6000; // the backend answers a start within five seconds
const RETRYING_MS = 5000;
const OUTAGE_MS = 30_000;
const FOREIGN_MS = 60_000;

export class Watcher {
  #attempt;
  #core;
  #timer = setInterval(() => this.check(), CHECK_MS);
  #poll = singleFlight(() => this.#ask());
  #signAt = 0; // when there was a sign that the login has moved on
  #askAt = 0; // when to ask again, where there is no sign
  #mayAskAt = 0; // when a Retry-After is over
  #failingSince;
  #sameSince; // since when it is this failure, and not another
  #startedAt; // of the window that the next three are about
  #leftBlankAt; // when it was first seen on another page than the blank one
  #closedAt;
  #closedByUserAt;
  #wasKnown; // whether the backend has found the cookie of one of the logins

  /** `core` has the functions of client.js: this file has no copy of what they remember. */
  constructor(attempt, core) {
    this.#attempt = attempt;
    this.#core = core;
    this.check(); // which also ends the timer of an attempt that is settled already
    // BroadcastChannel does not reach a page on another origin than the backend's, or in a frame. The popup sends its
    // opener the same message, where it still has an opener.
    if (this.#isCrossSite()) {
      addEventListener("message", (event) => event.origin === core.base().origin && core.onMessage(event));
    }
  }

  /** Whether the browser may keep the backend's cookies from this page. */
  #isCrossSite() {
    return isFramed || this.#core.base().origin !== location.origin;
  }

  /** Look at the window, and ask the backend when it is time, or `now`. Resolves when the answer is there. */
  check(now) {
    const attempt = this.#attempt;
    if (attempt.settled) return clearInterval(this.#timer);
    const time = Date.now();
    if (this.#startedAt !== attempt.startedAt) {
      this.#startedAt = attempt.startedAt;
      this.#leftBlankAt = this.#closedAt = this.#closedByUserAt = 0;
    }
    if (attempt.hasWindow()) this.#leftBlankAt ||= hasLeftBlank(attempt.popup) && time;
    else if (attempt.popup) {
      now ||= !this.#closedAt;
      this.#lookAtClosed(time);
    }
    if (now) this.#signAt = this.#askAt = time; // and so also at the end of a Retry-After
    if ((now || time > this.#askAt) && time > this.#mayAskAt) return this.#poll();
  }

  #lookAtClosed(time) {
    this.#closedAt ||= time;
    if (this.#closedByUserAt) return;
    if (document.hasFocus() && Math.abs(this.#closedAt - this.#core.focus.at) < 1000) {
      this.#closedByUserAt = time;
    } else if (time - this.#closedAt > 1000) {
      this.#beUnsure();
    }
  }

  async #ask() {
    const attempt = this.#attempt;
    for (const id of attempt.ids) {
      if (attempt.settled) return;
      const askedAt = Date.now();
      this.#askAgain(askedAt);
      try {
        const answer = await this.#core.request("POST", "session", { login: id, ...this.#core.proof(id) });
        this.#failingSince = this.#sameSince = attempt.passing = undefined;
        if (attempt.state === "retrying") attempt.setState(this.#stateBefore());
        this.#handle(id, answer, askedAt);
      } catch (error) {
        this.#handleFailure(error, askedAt);
      }
    }
  }

  /** Say when to ask again, where there is no further sign. */
  #askAgain(askedAt) {
    const late = (askedAt - Math.max(this.#signAt, this.#startedAt)) / 10;
    const soon = SOON_MS + (askedAt - this.#signAt) / 2;
    this.#askAt = askedAt + Math.min(soon, Math.max(ASK_MS, late), MAX_ASK_MS);
  }

  /** The state of an attempt that goes on as before. */
  #stateBefore() {
    const { byThisTab, popup } = this.#attempt;
    if (byThisTab) return "leaving";
    return popup ? "opened" : "unsure"; // after a reload the page does not have the popup
  }

  /** Fail only where the answer cannot change. Everything else passes, or lasts until the login's own end. */
  #handleFailure(error, askedAt) {
    const attempt = this.#attempt;
    const { code, response } = error;
    const status = response?.status;
    const passing = status === 429 || status > 499;
    const isOutage = code === "network" && !status;
    if (!attempt.passing || status !== attempt.passing.response?.status) this.#sameSince = askedAt;
    const sameMs = Date.now() - this.#sameSince;
    const lasts = code === "unexpected_answer" ? sameMs > FOREIGN_MS : !isOutage || sameMs > OUTAGE_MS;
    if (!passing && lasts) return attempt.fail(error, isOutage || code === "unexpected_answer" || error.developer);
    attempt.passing = error;
    this.#askAt = Math.max(this.#askAt, askedAt + ASK_MS);
    this.#mayAskAt = Date.now() + Math.min(milliseconds(response?.headers.get("retry-after")), MAX_RETRY_AFTER_MS);
    if (Date.now() - (this.#failingSince ||= askedAt) > RETRYING_MS) attempt.setState("retrying");
  }

  #handle(id, { account, login = {} }, askedAt) {
    const attempt = this.#attempt;
    const { toSession, relayMissed, failed } = this.#core;
    const { state, error } = login;
    if (attempt.settled) return;
    if (state === "done" && account) return attempt.succeed(id, toSession(account));
    if (state === "finishing") {
      if (attempt.state !== state) this.#askAgain((this.#signAt = askedAt));
      return relayMissed(attempt, login, askedAt) || attempt.setState(state);
    }
    const newest = id === attempt.ids.at(-1);
    if (state === "waiting" || state === "unknown") {
      if (newest) this.#handleOpen(state === "unknown", askedAt);
      return;
    }
    attempt.ids = attempt.ids.filter((one) => one !== id);
    this.#core.saveAttempts();
    if (newest) attempt.fail(failed(error ?? { code: state }));
  }

  /** The newest login is not decided. Where it is `unknown`, the backend finds no cookie of it. */
  #handleOpen(unknown, askedAt) {
    const attempt = this.#attempt;
    const { byThisTab } = attempt;
    // Another tab says that it signed out, and the backend confirms that the cookie of the login is gone.
    if (attempt.signedOut && unknown) return attempt.fail(this.#core.failed({ code: "interrupted" }));
    const late = unknown && askedAt - attempt.startedAt > START_MS;
    const missed = late && !attempt.hasWindow(); // cut off before it was seen on another page
    const hasStarted = attempt.landed || (this.#leftBlankAt && askedAt > this.#leftBlankAt) || missed;
    // A login that the backend knew before has ended: its cookie does reach the backend.
    this.#wasKnown ||= !unknown;
    if (unknown && hasStarted && !this.#wasKnown && !byThisTab && this.#isCrossSite()) {
      return attempt.fail(this.#core.failed({ code: "third_party_context", developer: true }));
    }
    if (byThisTab) {
      // The user stayed on this page, or came back to it. What it leaves with may have been late (return.js).
      const stays = unknown && askedAt - attempt.leftAt > START_MS;
      if (stays || attempt.cameBack) attempt.cancel();
    } else if (this.#closedByUserAt && askedAt - this.#closedByUserAt > 400) {
      // A callback that was on its way has arrived by now.
      // The user closed the window: it was seen at the provider, or the start was broken off. Otherwise the policy of
      // this page has cut the window off. In a frame the backend may know of no login at all.
      if (this.#leftBlankAt || (unknown && !isFramed)) attempt.cancel();
      else this.#beUnsure();
    }
    attempt.startLost = late;
    if (attempt.hasWindow() && late) attempt.setState("stalled");
    else if (attempt.state === "stalled") attempt.setState("opened");
  }

  #beUnsure() {
    const { state } = this.#attempt;
    if (state !== "finishing" && state !== "retrying") this.#attempt.setState("unsure");
  }
}

/** Read a Retry-After header: seconds, or a date (RFC 9110 §10.2.3). */
const milliseconds = (retryAfter) => Number(retryAfter) * 1000 || Date.parse(retryAfter) - Date.now() || 0;
