// The attempts of this page by provider, and their ids across a reload. This file imports nothing. The files that wake
// or end attempts find them here, and attempt.js can import those files without a cycle.

const KEY = "valetkey";

export const attempts = new Map(); // provider → Attempt: a second click joins the first
export const resumed = new Map(); // provider → Attempt from before a reload, until a button shows it

/** Save the attempts for a reload of this tab (return.js). The ids of logins are names, not credentials. */
export function saveAttempts() {
  try {
    sessionStorage[KEY] = JSON.stringify(
      [...attempts.values()].map(({ provider, ids, byThisTab, next }) => [provider, ids, byThisTab, next]),
    );
  } catch {}
}

/** Make every attempt ask the backend now. Resolves when the answers are there. */
export const wakeAttempts = () => Promise.all([...attempts.values()].map((attempt) => attempt.check()));
