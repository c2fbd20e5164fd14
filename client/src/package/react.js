"use client";
// For React 18 or newer: the module, and who is signed in as a hook.

import { useSyncExternalStore } from "react";

import { UNKNOWN, currentState, subscribe } from "./session-state.js";

export * from "./index.js";

/** Who is signed in: `{ session, loading, error }`. The component renders again when it changes. */
export const useSession = () => useSyncExternalStore(subscribe, currentState, () => UNKNOWN);
