// The popup's last page: it sends a message to the page that waits, and closes. The message carries no result. The page
// that receives it asks the backend. There are several channels, because a header may cut any of them off.
(() => {
  // An error may be answered at the very address that the provider has sent the window to. No fragment of it stays.
  history.replaceState(null, "", location.pathname + location.search);
  const onBody = (run) => (document.body ? run() : addEventListener("DOMContentLoaded", run));
  onBody(() => {
    const { login, closes, openers = "" } = document.body.dataset;
    const message = { valetkey: login || null };
    try {
      const channel = new BroadcastChannel("valetkey");
      channel.postMessage(message);
      channel.close();
    } catch {}
    // This origin and the listed ones. The browser delivers each message only to the origin that it names.
    for (const origin of [location.origin, ...openers.split(" ")]) {
      try {
        opener?.postMessage(message, origin);
      } catch {}
    }
    for (const button of document.querySelectorAll("[data-close]")) button.addEventListener("click", () => close());
    if (closes === undefined) return;
    close();
    // A script may not close every window. Where this one stays, it says what to do.
    setTimeout(() => {
      for (const part of document.querySelectorAll("[data-stays]")) part.hidden = false;
    }, 400);
  });
})();
