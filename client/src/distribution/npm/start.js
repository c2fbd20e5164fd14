/** The app calls `configure` after it has imported the module, so the module starts a task later. */
export const startsLater = true;
