// A sign-in or a link that the panel has started, on a line of text next to its button.

/**
 * Make a function that starts an attempt and says on `line` what becomes of it. Called again, it brings the window to
 * the front. It resolves to the session, or to undefined after a failure.
 *
 * `key` is the attempt's in `shared.attempts`, `start(options)` begins it, `main` is the button, and `explain(error)`
 * says what went wrong.
 */
export function createFollower({ shared, words, line, main, key, start, explain }) {
  let tracked;

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
    if (tracked) return;
    tracked = true;
    try {
      const session = await promise;
      line.show("", { main });
      return session;
    } catch (error) {
      explain(error);
    } finally {
      tracked = false;
    }
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
