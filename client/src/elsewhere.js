// For a page that BroadcastChannel does not reach: on another origin than the backend's, or in a frame. Its popup
// sends the same nudge to its opener, where it still has one; the module loads this file when it is needed.

export function hear(hint, origin) {
  addEventListener("message", (event) => event.origin === origin && hint(event));
}
