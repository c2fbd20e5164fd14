// Types of `valetkey/vue`, and of the elements in templates.

import type { ComputedRef, DefineComponent, HTMLAttributes } from "vue";
import type { Session, SignInError } from "./client.js";
import type { AttributesByTag, SignInListeners } from "./elements.js";
import type { SessionState } from "./session-state.js";

export * from "./client.js";
export type { SessionState };

/**
 * Who is signed in. In a component it is known after the component is mounted. Elsewhere, for example in a store, it is
 * asked at once.
 */
export function useSession(): {
  session: ComputedRef<Session | null>;
  loading: ComputedRef<boolean>;
  error: ComputedRef<SignInError | null>;
};

// Vue writes a listener as `@signin`, which is the property `onSignin`.
type Listeners = { [Name in keyof SignInListeners as Name extends `on${infer Event}` ? `on${Capitalize<Event>}` : never]: SignInListeners[Name] };

type Elements = { [Tag in keyof AttributesByTag]: DefineComponent<HTMLAttributes & AttributesByTag[Tag] & Listeners> };

declare module "vue" {
  interface GlobalComponents extends Elements {}
}
