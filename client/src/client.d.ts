// Types of valetkey's browser module.

import type {} from "./elements.js";

export type { SignInButton } from "./elements.js";

/** A user at a provider. `provider` and `subject` together never change. The other fields may. */
export interface Identity {
  provider: string;
  subject: string;
  handle: string | null;
  name: string | null;
  picture: string | null;
  /** Data, never a key: do not look a user up by it. */
  email: string | null;
  email_verified: boolean;
}

export interface Account {
  id: string;
  /** The handle of the first identity that has one, without `@`. */
  handle: string | null;
  name: string | null;
  picture: string | null;
  identities: Identity[];
}

export interface Session {
  account: Account;
  /** With `token.js` only: what you send as `Authorization: Bearer`. */
  token?: string;
}

/**
 * The state of a sign-in that has not settled.
 * - `opened`: the window is open.
 * - `unsure`: a window was opened and reads as closed. It also does so when a header cut it off. Offer *open again*,
 *   *continue in this tab* and *cancel*.
 * - `stalled`: the window is open, and the backend does not know of it yet. Offer the same.
 * - `retrying`: for five seconds the backend did not answer, or answered 429 or 5xx. The module still tries. Offer
 *   *cancel*.
 * - `finishing`: the backend is completing the sign-in.
 * - `leaving`: the browser opens no popup, so this tab goes to the provider.
 */
export type SignInState = "opened" | "unsure" | "stalled" | "retrying" | "finishing" | "leaving";

export interface SignInControls {
  /** Bring the window to the front, or open a new one where it is gone. Call it in a click handler. */
  reopen(): void;
  /** End the sign-in: the promise rejects with `cancelled`. */
  cancel(): void;
  /** Sign in by this tab instead. Undefined in a frame. */
  continueHere: (() => void) | undefined;
}

export interface SignInOptions {
  /** A path of your app, for a sign-in by this tab. Default: the address of the page. */
  returnTo?: string;
  /** Where the page goes after the sign-in: an address on its own origin. `""` reloads the page. */
  next?: string;
  /** The size of the popup, in CSS pixels. */
  width?: number;
  height?: number;
  /** A window that you opened in the same click. */
  window?: Window | null;
  /**
   * `popup`: reject with `popup_blocked` where the browser opens no popup. `page`: sign in by this tab. Default: a popup,
   * and this tab where there is none. A frame is never navigated: there it is `popup_blocked`.
   */
  mode?: "popup" | "page";
  /** Cancels the sign-in when it aborts. */
  signal?: AbortSignal;
  /** Called whenever the state changes. */
  onState?(state: SignInState, controls: SignInControls): void;
}

/** The codes that a page may want to handle. The backend may send any other code of docs/errors. */
export type SignInErrorCode =
  | "popup_blocked"
  | "cancelled"
  | "denied"
  | "expired"
  | "interrupted"
  | "network"
  | "blocked_by_csp"
  | "third_party_context"
  | "unexpected_answer"
  | "insecure_page"
  | "browser_error"
  | "provider_unavailable"
  | "rate_limited"
  | "provider_refused"
  | "wrong_keys"
  | "wrong_host"
  | "store_unavailable"
  | (string & {});

/** Every promise of the module rejects with this class. Its `message` is for the user. */
export class SignInError extends Error {
  constructor(code: SignInErrorCode, message?: string, hint?: string);
  /** Stable: compare this one. */
  readonly code: SignInErrorCode;
  /** For the developer. */
  readonly hint: string;
  /** The right address of the page, where the backend names one. */
  readonly url?: string;
  /** Whether you must act, and not the user. */
  readonly developer?: boolean;
}

export interface Configuration {
  /** The address of the backend's routes, such as `https://api.example.com/auth`. */
  url?: string | URL;
  /** npm package, delivery as a token: where the token survives a reload. Default: nowhere. */
  store?: "local" | "session";
}

/** Say where the backend is. Call it before anything else, once. */
export function configure(options: Configuration): void;

/**
 * Sign in. Call it in a click handler and await nothing before: browsers block the popup otherwise. A second call during
 * a sign-in brings its window to the front, or opens a new one where it is gone. The promise always settles: with a
 * session, or with a SignInError.
 */
export function signIn(provider: string, options?: SignInOptions): Promise<Session>;

/** Sign out, in every tab. Rejects with a SignInError. */
export function signOut(): Promise<void>;

/** Ask the backend who is signed in. Rejects with a SignInError. */
export function session(): Promise<Session | null>;

/**
 * Call `listener` with the session, or null, whenever it changes in this tab or another, and at once with a session that
 * is known already. Returns a function that stops it.
 */
export function onSession(listener: (session: Session | null) => void): () => void;

/** The texts of the elements. `signIn` may contain `{provider}`, which stands for the provider's title. */
export interface Texts {
  signIn: string;
  /** What a screen reader says of the button, beside its name. */
  newWindow: string;
  opened: string;
  unsure: string;
  stalled: string;
  retrying: string;
  finishing: string;
  leaving: string;
  reopen: string;
  here: string;
  cancel: string;
  continue: string;
  /** `<sign-in-buttons>`: the list could not be loaded, or is empty, and the button that loads it again. */
  notListed: string;
  noneListed: string;
  retry: string;
  /** `<signed-in>`: its button, and in place of a name where the account has none. */
  signOut: string;
  signedIn: string;
  /** `<account-panel>`; client/README.md has the English texts, with what stands in braces. */
  identities: string;
  link: string;
  linkAnother: string;
  linked: string;
  unlink: string;
  unlinked: string;
  signedInAgain: string;
  devices: string;
  device: string;
  unknownDevice: string;
  thisDevice: string;
  lastUsed: string;
  signOutOthers: string;
  signedOutDevice: string;
  signedOutOthers: string;
  signedOut: string;
  /** In a window whose callback a service worker has answered with the app. */
  close: string;
  back: string;
  /** Shown in place of the backend's sentence, by the code of an error. */
  [code: string]: string;
}

/** Set other words, or another language, for every element of the page, now and later. */
export function setTexts(words: Partial<Texts>): void;
