// The words of the account panel. A page replaces them by setTexts.

const DEFAULT_TEXTS = {
  identities: "Ways to sign in",
  link: "Link {provider}",
  linkAnother: "Link another {provider} account",
  linked: "Linked.",
  unlink: "Unlink",
  unlinked: "{identity} is no longer linked.",
  signIn: "Sign in with {provider}",
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

  opened: "Continue in the new window.",
  unsure: "Is the window gone?",
  stalled: "The window takes long to load.",
  retrying: "The server does not answer. Still trying…",
  finishing: "Finishing…",
  leaving: "One moment…",
  reopen: "Open it again",
  cancel: "Cancel",
  continueHere: "Continue in this tab",

  reauth_required: "Please sign in again to do this.",
  identity_taken: "This is linked to another account here, so it cannot be linked to yours.",
  last_identity: "This is your only way to sign in.",
  cancelled: "Cancelled. Nothing has changed.",
  denied: "Not linked, as you chose.",
  network: "The server does not answer. Check your connection, then try again.",
  store_unavailable: "The server does not answer. Please try again in a moment.",
};

export const wordsOf = (texts) => ({ ...DEFAULT_TEXTS, ...texts });

/** Fill in `{name}`. A value is not searched again, and `$` in it means nothing. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
