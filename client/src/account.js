// What a signed-in person does with the account: another identity, one less, and where else they are signed in. A file of
// its own, beside the module that the page has.

import { ask } from "./ask.js";
import { session, signIn } from "./client.js";

/** As signIn, and with its options: ties a further identity to who is signed in. */
export const link = (provider, options) => signIn(`${provider}/link`, options);

/** Unties one; `subject` where there are several of that provider. Resolves to the session as it is then. */
export async function unlink(provider, subject) {
  await ask("POST", "unlink/", { provider, subject });
  return session();
}

export const devices = async () => (await ask("GET", "sessions")).sessions;

export const signOutDevice = (id) => ask("DELETE", `sessions/${id}`);

export const signOutOthers = () => ask("DELETE", "sessions");
