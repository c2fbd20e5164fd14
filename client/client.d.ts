// Types of valetkey's browser module.

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
}

export interface SignInOptions {
  /** A path of the app, for browsers without popups. Default: where the page is. */
  returnTo?: string;
  /** A window that was opened in the same click. */
  window?: Window;
  /** `page` signs in by the same tab. */
  mode?: "popup" | "page";
  /** Cancels the sign-in. */
  signal?: AbortSignal;
}

/** `code` is stable: the table is in docs/errors. `hint` is for the developer. */
export class SignInError extends Error {
  readonly code: string;
  readonly hint: string;
}

/** Call it in a click handler, without awaiting anything before. */
export function signIn(provider: string, options?: SignInOptions): Promise<Session>;
export function signOut(): Promise<void>;
export function session(): Promise<Session | null>;
/** Called when the session changes, in this tab or another. Returns a way to stop. */
export function onSession(listener: (session: Session | null) => void): () => void;
