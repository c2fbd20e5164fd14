// Types of `account.js`, in addition to those of the module.

import type { Session, SignInOptions } from "./client.js";

/** A session of the account, as the signed-in user may see it. Times are seconds since 1970. */
export interface Device {
  id: string;
  /** Whether it is the session of this browser. */
  current: boolean;
  /** For example `Firefox on Linux`. */
  browser: string | null;
  /** For example `192.0.2.0/24`. */
  network: string | null;
  opened_at: number;
  seen_at: number;
  expires_at: number;
}

/**
 * Link a further identity to the signed-in account. Call it in a click handler, as signIn. Rejects with
 * `reauth_required` where the session is older than ten minutes, and with `identity_taken` where the identity belongs to
 * another account.
 */
export function link(provider: string, options?: SignInOptions): Promise<Session>;

/**
 * Unlink an identity. `subject` says which one, where the account has several of that provider. Returns the new session.
 * Rejects with `last_identity`, `which_identity` or `not_linked`.
 */
export function unlink(provider: string, subject?: string): Promise<Session | null>;

/** List the sessions of the account, the one used last first. */
export function devices(): Promise<Device[]>;

/** End one session of the account, within a second. */
export function signOutDevice(id: string): Promise<void>;

/** End all other sessions of the account. */
export function signOutOthers(): Promise<void>;
