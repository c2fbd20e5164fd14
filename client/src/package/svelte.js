// For Svelte 4 or newer: the module, and who is signed in as a store.

import { currentState, subscribe } from "./session-state.js";

export * from "./index.js";

/** Who is signed in: `{ session, loading, error }`. */
export const sessionState = {
  subscribe(run) {
    run(currentState());
    return subscribe(() => run(currentState()));
  },
};
