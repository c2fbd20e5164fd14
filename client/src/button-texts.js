// The English texts of the elements with buttons to sign in. `setTexts` replaces them by key.

export const DEFAULT_TEXTS = {
  signIn: "Sign in with {provider}",
  newWindow: "Opens a new window.",
  opened: "Continue in the new window.",
  unsure: "Is the window gone?",
  stalled: "The window takes long to load.",
  retrying: "The server does not answer. Still trying…",
  finishing: "Finishing…",
  leaving: "One moment…",
  reopen: "Open it again",
  here: "Continue in this tab",
  cancel: "Cancel",
  continue: "Continue",
  cancelled: "Cancelled. You can try again.",
  denied: "Not signed in, as you chose.",
  network: "The server does not answer. Check your connection, then try again.",
};
