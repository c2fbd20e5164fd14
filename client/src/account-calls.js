// The requests of a signed-in user's account. They are made from the functions of the module, so that account.js and
// the account panel have no state of their own.

const SESSION_IS_OVER = ["not_signed_in", "session_changed"];

/** `rethrow` gives an error of `request` its sentences. Those of the other two have them. */
export function accountCalls({ signIn, session, request, rethrow }) {
  /** Where the session turns out to be over, the listeners of onSession hear of it before the promise rejects. */
  function refreshing(promise) {
    const noticed = promise.catch(async (error) => {
      if (SESSION_IS_OVER.includes(error.code)) await session().catch(() => {});
      throw error;
    });
    noticed.catch(() => {}); // no "unhandled rejection" where nobody awaits it
    return noticed;
  }

  const ask = (...details) => refreshing(request(...details).catch(rethrow));

  return {
    link: (provider, options) => refreshing(signIn(`${provider}/link`, options)),
    unlink: (provider, subject) => ask("POST", "unlink/", { provider, subject }).then(session),
    devices: async () => (await ask("GET", "sessions")).sessions,
    signOutDevice: async (id) => void (await ask("DELETE", `sessions/${id}`)),
    signOutOthers: async () => void (await ask("DELETE", "sessions")),
  };
}
