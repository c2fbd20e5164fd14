// The module as the npm package exports it. The backend serves `client.js` itself, so the two always fit. A package may
// be older or newer than its backend: the first use loads the list of providers, which says which protocol it speaks.

import { preparing } from "delivery/ready.js";
import { tokenStore } from "distribution/token-store.js";

import { base, configure as setBase } from "../base.js";
import { session as askSession, setTexts as changeTexts, signIn as beginSignIn } from "../client.js";
import { loadProviders } from "../providers.js";

export { SignInError, onSession, signOut } from "../client.js";

/** Say where the backend is and, for delivery as a token, where the token survives a reload. */
export function configure({ url, store }) {
  if (store) tokenStore.name = store;
  if (globalThis.document) setBase({ url }); // on a server a path belongs to no address
}

export function setTexts(words) {
  if (globalThis.document) changeTexts(words); // on a server nothing shows them
}

export function signIn(provider, options) {
  compareProtocol();
  const waits = preparing(); // nothing, a moment after the import
  return waits ? waits.then(() => beginSignIn(provider, options)) : beginSignIn(provider, options);
}

export function session() {
  compareProtocol();
  return askSession();
}

const compareProtocol = () => base && loadProviders(base);
