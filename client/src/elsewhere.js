// For a page that BroadcastChannel does not reach: on another origin than the backend's, or in a frame. The popup sends
// its opener the same message, where it still has an opener. The module loads this file when it needs it.

export function listenCrossOrigin(onMessage, origin) {
  addEventListener("message", (event) => event.origin === origin && onMessage(event));
}
