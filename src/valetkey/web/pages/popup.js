// The popup's last page: nudges whoever waits, and closes. A nudge is a hint without content: the page that hears it
// asks the backend. Several channels, since any of them may be severed.
(() => {
  const ready = (run) => (document.body ? run() : addEventListener("DOMContentLoaded", run));
  ready(() => {
    const { login, closes, openers = "" } = document.body.dataset;
    const nudge = { valetkey: login || null };
    try {
      const channel = new BroadcastChannel("valetkey");
      channel.postMessage(nudge);
      channel.close();
    } catch {}
    // Ours, and the listed ones: the browser delivers it to none but the origin named.
    for (const origin of [location.origin, ...openers.split(" ")]) {
      try {
        opener?.postMessage(nudge, origin);
      } catch {}
    }
    for (const button of document.querySelectorAll("[data-close]")) button.addEventListener("click", () => close());
    if (closes === undefined) return;
    close();
    // Still here: this is not a window that a script may close.
    setTimeout(() => {
      for (const part of document.querySelectorAll("[data-stays]")) part.hidden = false;
    }, 400);
  });
})();
