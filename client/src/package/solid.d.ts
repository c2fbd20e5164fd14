// Types of `valetkey/solid`: the module, and the elements in JSX.

import type { JSX } from "solid-js";
import type { AttributesByTag, SignInEvents } from "./elements.js";

export * from "./client.js";

// Solid writes a listener as `on:signin`.
type Listeners = { [Name in keyof SignInEvents as `on:${Name}`]?: (event: SignInEvents[Name]) => void };

type Elements = {
  [Tag in keyof AttributesByTag]: JSX.HTMLAttributes<HTMLElementTagNameMap[Tag]> & AttributesByTag[Tag] & Listeners;
};

declare module "solid-js" {
  namespace JSX {
    interface IntrinsicElements extends Elements {}
  }
}
