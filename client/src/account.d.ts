// Types of `account.js`, beside those of the module.

import type { Session, SignInOptions } from "./client.js";

/** A session of the account's, as its owner may know it. Times are seconds since 1970. */
export interface Device {
  id: string;
  /** Whether it is this one. */
  current: boolean;
  /** Such as `Firefox on Linux`. */
  browser: string | null;
  /** Such as `192.0.2.0/24`. */
  network: string | null;
  opened_at: number;
  seen_at: number;
  expires_at: number;
}

/**
 * Tie a further identity to who is signed in. In a click, as signIn. Rejects with `reauth_required` where the session is
 * older than ten minutes, and with `identity_taken` where the identity is another account's.
 */
export function link(provider: string, options?: SignInOptions): Promise<Session>;

/** Untie one. Rejects with `last_identity`, `which_identity`, `not_linked`. */
export function unlink(provider: string, subject?: string): Promise<Session | null>;

/** Where the account is signed in, the one used last first. */
export function devices(): Promise<Device[]>;

/** Sign one of them out, within a second. */
export function signOutDevice(id: string): Promise<void>;

/** Sign all others out. */
export function signOutOthers(): Promise<void>;
