// Types of `valetkey/react`, and of the elements in JSX.

import type { DetailedHTMLProps, HTMLAttributes } from "react";
import type * as React from "react";
import type { AttributesByTag, SignInListeners } from "./elements.js";
import type { SessionState } from "./session-state.js";

export * from "./client.js";
export type { SessionState };

/** Who is signed in. The component renders again when it changes. On a server nobody is: `loading` is true there. */
export function useSession(): SessionState;

// React 19 listens to any event of such an element. React 18 does not: use a ref and addEventListener there.
type Listeners = typeof React extends { use: unknown } ? SignInListeners : {};

type Elements = {
  [Tag in keyof AttributesByTag]: DetailedHTMLProps<HTMLAttributes<HTMLElementTagNameMap[Tag]>, HTMLElementTagNameMap[Tag]> &
    AttributesByTag[Tag] &
    Listeners & { class?: string };
};

declare module "react" {
  namespace JSX {
    interface IntrinsicElements extends Elements {}
  }
}
