// The words of the account panel: those of the button, and more. A page replaces them by setTexts.

import { DEFAULT_TEXTS as BUTTON_TEXTS } from "../button-texts.js";

const DEFAULT_TEXTS = {
  ...BUTTON_TEXTS,

  identities: "Ways to sign in",
  link: "Link {provider}",
  linkAnother: "Link another {provider} account",
  linked: "Linked.",
  unlink: "Unlink",
  unlinked: "{identity} is no longer linked.",
  signedInAgain: "You have signed in again. You can do this now.",

  devices: "Where you are signed in",
  device: "{browser} on {system}",
  unknownDevice: "Unknown device",
  thisDevice: "This device",
  lastUsed: "Last used {when}",
  signOut: "Sign out",
  signOutOthers: "Sign out everywhere else",
  signedOutDevice: "{device} is signed out.",
  signedOutOthers: "You are signed out everywhere else.",
  signedOut: "You are signed out.",
  retry: "Try again",

  reauth_required: "Please sign in again to do this.",
  identity_taken: "This is linked to another account here, so it cannot be linked to yours.",
  last_identity: "This is your only way to sign in.",
  cancelled: "Cancelled. Nothing has changed.",
  denied: "Not linked, as you chose.",
  store_unavailable: "The server does not answer. Please try again in a moment.",
};

export const wordsOf = (texts) => ({ ...DEFAULT_TEXTS, ...texts });

/** Fill in `{name}`. A value is not searched again, and `$` in it means nothing. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
