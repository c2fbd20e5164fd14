// Types of `valetkey/preact`: the module, and the elements in JSX.

import type { HTMLAttributes, Ref } from "preact";
import type { AttributesByTag, SignInListeners } from "./elements.js";

export * from "./client.js";

type Elements = {
  [Tag in keyof AttributesByTag]: Omit<HTMLAttributes<HTMLElementTagNameMap[Tag]>, keyof AttributesByTag[Tag]> &
    AttributesByTag[Tag] &
    SignInListeners;
};

declare module "preact" {
  namespace JSX {
    interface IntrinsicElements extends Elements {}
  }
}
