// For Vue 3: the module, and who is signed in as a composable.

import { computed, getCurrentInstance, getCurrentScope, onMounted, onScopeDispose, shallowRef } from "vue";

import { UNKNOWN, currentState, subscribe } from "./session-state.js";

export * from "./index.js";

/** Who is signed in: `{ session, loading, error }`, as refs. */
export function useSession() {
  const state = shallowRef(UNKNOWN); // a component hydrates with what the server rendered
  const update = () => (state.value = currentState());
  let stop, stopped;
  const start = () => {
    if (stopped) return;
    stop = subscribe(update);
    update();
  };
  if (getCurrentScope()) {
    onScopeDispose(() => {
      stopped = true;
      stop?.();
    });
  }
  if (getCurrentInstance()) onMounted(start);
  else start();
  return {
    session: computed(() => state.value.session),
    loading: computed(() => state.value.loading),
    error: computed(() => state.value.error),
  };
}
