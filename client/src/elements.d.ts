// The module's elements: their attributes, their events, and what the DOM says of them.

import type { Session, SignInError, SignInState } from "./client.js";

/** How a sign-in by an element runs, and where the page goes after it. */
export interface SignInAttributes {
  /** Where the page goes after the sign-in: an address on its own origin. `""` reloads the page. */
  next?: string;
  /** A path of your app, for a sign-in by this tab. Default: the address of the page. */
  "return-to"?: string;
  /** The size of the popup, in CSS pixels. */
  width?: number | string;
  height?: number | string;
}

export interface SignInButtonAttributes extends SignInAttributes {
  /** The name of a provider of your backend. */
  provider?: string;
}

/** `<signed-in>`: its own content, or without content the user's picture and name and *Sign out*. */
export interface SignedInAttributes {
  /** Where the page goes after a sign-out by this element. `""` reloads the page. */
  next?: string;
}

/** The attributes of each element, by its tag. */
export interface AttributesByTag {
  "sign-in-button": SignInButtonAttributes;
  "sign-in-buttons": SignInAttributes;
  "signed-in": SignedInAttributes;
  "signed-out": {};
  "account-panel": Omit<SignInAttributes, "next">;
}

/** The events of the buttons. They bubble. Cancel `signin` to keep the page from going to `next`. */
export interface SignInEvents {
  signin: CustomEvent<Session>;
  signinerror: CustomEvent<SignInError>;
  signinstate: CustomEvent<SignInState>;
}

/** Listeners as attributes: `onsignin`, `onsigninerror`, `onsigninstate`. */
export type SignInListeners = { [Name in keyof SignInEvents as `on${Name}`]?: (event: SignInEvents[Name]) => void };

/** Parts: `button`, `mark`, `label`, `line`, `status`, `link`, `reopen`, `here`, `cancel`. */
export interface SignInButton extends HTMLElement {}

/**
 * The identities and the devices of the signed-in user. Its children with `slot="signed-out"` are shown while nobody is
 * signed in. client/README.md names its parts.
 */
export interface AccountPanel extends HTMLElement {}

declare global {
  interface HTMLElementTagNameMap {
    "sign-in-button": SignInButton;
    "sign-in-buttons": HTMLElement;
    "account-panel": AccountPanel;
    "signed-in": HTMLElement;
    "signed-out": HTMLElement;
  }
  interface HTMLElementEventMap extends SignInEvents {}
}
