// Types of valetkey's browser module.

/** A person at a provider. `provider` and `subject` together never change; the rest may. */
export interface Identity {
  provider: string;
  subject: string;
  handle: string | null;
  name: string | null;
  picture: string | null;
}

export interface Account {
  id: string;
  name: string | null;
  picture: string | null;
  identities: Identity[];
}

export interface Session {
  account: Account;
  /** With `client.js?delivery=token`: what to send as `Authorization: Bearer`. */
  token?: string;
}

/**
 * How a sign-in stands until it settles.
 * - `opened`: the window is there.
 * - `unsure`: it says that it is closed, which it also says when it was merely cut off: offer *open again* and *cancel*.
 * - `finishing`: the backend is at it.
 * - `leaving`: no popups here, so this tab goes.
 */
export type SignInState = "opened" | "unsure" | "finishing" | "leaving";

export interface SignInControls {
  /** Bring the window to the front, or open a new one if it is gone. In a click. */
  reopen(): void;
  /** Give up: the promise rejects with `cancelled`. */
  cancel(): void;
}

export interface SignInOptions {
  /** A path of the app, for when this tab goes and comes back. Default: where the page is. */
  returnTo?: string;
  /** A window that was opened in the same click. */
  window?: Window | null;
  /** `popup` rejects with `popup_blocked` where there are no popups; `page` signs in by this tab. Default: whichever works. */
  mode?: "popup" | "page";
  /** Cancels the sign-in. */
  signal?: AbortSignal;
  /** Called whenever the state changes. */
  onState?(state: SignInState, controls: SignInControls): void;
}

/** What a page may want to tell apart; any other code of the backend may come, too. The table is in docs/errors. */
export type SignInErrorCode =
  | "popup_blocked"
  | "cancelled"
  | "denied"
  | "expired"
  | "interrupted"
  | "network"
  | "blocked_by_csp"
  | "provider_unavailable"
  | "rate_limited"
  | "provider_refused"
  | "wrong_keys"
  | "wrong_host"
  | "store_unavailable"
  | (string & {});

export class SignInError extends Error {
  constructor(code: SignInErrorCode, message?: string, hint?: string);
  /** Stable. */
  readonly code: SignInErrorCode;
  /** For the developer. */
  readonly hint: string;
}

/**
 * Sign in. Call it in a click handler, without awaiting anything before: browsers open no popup otherwise.
 * A second call while the first is under way brings its window to the front, or opens a new one if it is gone.
 * Always settles: with a session, or with a SignInError.
 */
export function signIn(provider: string, options?: SignInOptions): Promise<Session>;

/** Sign out here, in every tab. Rejects with a SignInError. */
export function signOut(): Promise<void>;

/** Who is signed in. Rejects with a SignInError. */
export function session(): Promise<Session | null>;

/**
 * Called when the session changes, in this tab or another, and at once with one that is known already. Returns a way to
 * stop.
 */
export function onSession(listener: (session: Session | null) => void): () => void;

/** What the button says. `signIn` may contain `{provider}`. */
export interface Texts {
  signIn: string;
  opened: string;
  unsure: string;
  finishing: string;
  leaving: string;
  reopen: string;
  cancel: string;
  continue: string;
  /** Instead of the backend's sentence, by the code of an error. */
  [code: string]: string;
}

/** Other words, or another language, for every button of the page, now and later. */
export function setTexts(words: Partial<Texts>): void;

/** Parts: `button`, `mark`, `label`, `line`, `status`, `reopen`, `cancel`. */
export interface SignInButton extends HTMLElement {}

declare global {
  interface HTMLElementTagNameMap {
    "sign-in-button": SignInButton;
  }
  interface HTMLElementEventMap {
    signin: CustomEvent<Session>;
    signinerror: CustomEvent<SignInError>;
    signinstate: CustomEvent<SignInState>;
  }
}
