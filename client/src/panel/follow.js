// A sign-in or a link that the panel has started, on a line of text next to its button.

/**
 * Make a function that starts an attempt and says on `line` what becomes of it. Called again, it brings the window to
 * the front. It resolves to the session, or to undefined after a failure.
 *
 * `key` is the attempt's in `shared.attempts`, `start(options)` begins it, `main` is the button, and `explain(error)`
 * says what went wrong.
 */
export function createFollower({ shared, words, line, main, key, start, explain }) {
  let tracked; // the newest promise: the failure of an earlier one may be told late, and the user has pressed again

  function onState(state, controls) {
    const attempt = shared.attempts.get(key);
    const continueHere = controls ? controls.continueHere : () => attempt?.continueHere();
    const isStuck = state === "unsure" || state === "stalled";
    const actions = [
      ["reopen", words().reopen, isStuck && (() => void follow())],
      ["here", words().here, isStuck && continueHere],
      ["cancel", words().cancel, (isStuck || state === "retrying") && (() => attempt?.cancel())],
    ];
    line.show(words()[state], { main, actions });
  }

  async function track(promise) {
    tracked = promise;
    let session, failure;
    try {
      session = await promise;
    } catch (error) {
      failure = error;
    }
    if (tracked !== promise) return session;
    tracked = undefined;
    if (failure) explain(failure);
    else line.show("", { main });
    return session;
  }

  const follow = () => track(start({ onState }));

  /** Take up an attempt that began elsewhere: before the page was loaded again, or by the app. */
  function takeUp() {
    if (tracked) return;
    const attempt = shared.attempts.get(key) ?? shared.resumed.get(key);
    shared.resumed.delete(key);
    if (!attempt) return;
    attempt.listeners.add(onState);
    if (!attempt.settled) onState(attempt.state);
    return track(attempt.promise);
  }

  return { follow, takeUp };
}
