// The module as the npm package exports it. The backend serves `client.js` itself, so the two always fit. A package may
// be older or newer than its backend: the first use loads the list of providers, which says which protocol it speaks.

import { preparing } from "delivery/credentials.js";
import { tokenStore } from "distribution/token-store.js";

import { base, configure as setBase } from "../base.js";
import { session as askSession, signIn as beginSignIn } from "../client.js";
import { loadProviders } from "../providers.js";

export { SignInError, onSession, setTexts, signOut } from "../client.js";

/** Say where the backend is and, for delivery as a token, where the token survives a reload. */
export function configure({ url, store }) {
  if (store) tokenStore.name = store;
  if (url) setBase({ url: `${url}` });
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
