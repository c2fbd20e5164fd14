// What a signed-in user can do with the account: link and unlink identities, see the devices, sign out elsewhere. It is
// a file of its own beside client.js.

import { session, signIn } from "./client.js";
import { request } from "./request.js";

/** Link a further identity to the signed-in account. Takes the options of signIn. */
export const link = (provider, options) => signIn(`${provider}/link`, options);

/** Unlink an identity; `subject` says which, where the account has several of that provider. Returns the new session. */
export async function unlink(provider, subject) {
  await request("POST", "unlink/", { provider, subject });
  return session();
}

export const devices = async () => (await request("GET", "sessions")).sessions;

export const signOutDevice = (id) => request("DELETE", `sessions/${id}`);

export const signOutOthers = () => request("DELETE", "sessions");
