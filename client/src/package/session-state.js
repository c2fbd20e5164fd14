// Who is signed in, as a state that a framework can show. Every component that asks shares one state and one request.

import { onSession, session } from "./index.js";

/** The state before anything is known, and on a server: nobody is signed in yet. */
export const UNKNOWN = Object.freeze({ session: null, loading: true, error: null });

const listeners = new Set();
let state = UNKNOWN;
let started;

export const currentState = () => state;

/** Call `listener` whenever the state changes. Returns a function that stops it. On a server, it is never called. */
export function subscribe(listener) {
  listeners.add(listener);
  if (typeof document !== "undefined") start();
  return () => listeners.delete(listener);
}

/** Ask once for the page. Listeners come and go, and the state stays correct. */
function start() {
  if (started) return;
  started = true;
  onSession(setSession);
  ask();
  // Where the backend did not answer, ask again when it may.
  for (const event of ["focus", "online"]) addEventListener(event, () => state.error && ask());
}

function ask() {
  const before = state;
  // A failure says nothing where more is known by then.
  return session().then(setSession, (error) => state === before && setState({ ...state, loading: false, error }));
}

function setSession(found) {
  const same = found === state.session && !state.loading && !state.error;
  if (!same) setState({ session: found, loading: false, error: null });
}

function setState(changed) {
  state = changed;
  for (const listener of [...listeners]) listener();
}
