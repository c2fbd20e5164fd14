// Types of `valetkey/svelte`, and of the elements in markup.

import type { HTMLAttributes } from "svelte/elements";
import type { Readable } from "svelte/store";
import type { AttributesByTag, SignInEvents, SignInListeners } from "./elements.js";
import type { SessionState } from "./session-state.js";

export * from "./client.js";
export type { SessionState };

/** Who is signed in: `$sessionState.session`. On a server nobody is: `loading` is true there. */
export const sessionState: Readable<SessionState>;

// Svelte 4 writes a listener as `on:signin`, Svelte 5 as `onsignin`.
type Directives = { [Name in keyof SignInEvents as `on:${Name}`]?: (event: SignInEvents[Name]) => void };

type Elements = {
  [Tag in keyof AttributesByTag]: HTMLAttributes<HTMLElementTagNameMap[Tag]> & AttributesByTag[Tag] & SignInListeners & Directives;
};

declare module "svelte/elements" {
  interface SvelteHTMLElements extends Elements {}
}
