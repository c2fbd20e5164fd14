// The relay page, on the app's own origin: it passes the backend's result to the page that waits, and closes. The result
// is in the fragment of the address, which no server sees, and is removed from the address at once.

const RETRY_MS = 250; // then a quarter longer each time
const MAX_RETRY_MS = 5000;
const STAYS_MS = 3000;

/** Not by `origin`, which is "null" for an address such as capacitor://localhost/. */
function isOurs(address) {
  const { protocol, host } = new URL(address);
  return protocol === location.protocol && host === location.host;
}

function relay() {
  const fields = new URLSearchParams(location.hash.slice(1));
  history.replaceState(null, "", location.pathname + location.search);

  const loginId = fields.get("login");
  const message = { valetkey: loginId, code: fields.get("code"), error: fields.get("error") };
  const [leavingId, returnAddress] = JSON.parse(sessionStorage["valetkey-leaving"] ?? "[]");

  if (loginId && leavingId === loginId && isOurs(returnAddress)) {
    // There was no popup: this tab went to the provider, and returns to the page.
    sessionStorage["valetkey-arrived"] = JSON.stringify(message);
    sessionStorage.removeItem("valetkey-leaving");
    location.replace(returnAddress);
  } else {
    // Repeat until the page answers: it may still be loading. It may be gone, too, and every message makes each tab of
    // the app ask the backend.
    const channel = new BroadcastChannel("valetkey");
    let heard;
    const send = (delay) => {
      if (heard) return;
      channel.postMessage(message);
      try {
        opener?.postMessage(message, location.origin);
      } catch {}
      setTimeout(send, delay, Math.min(1.25 * delay, MAX_RETRY_MS));
    };
    channel.onmessage = ({ data }) => {
      if (data?.valetkey_heard !== loginId) return;
      heard = true; // this window may be one that a script may not close
      close();
    };
    if (loginId) send(RETRY_MS); // none where this page was loaded again
    setTimeout(() => {
      for (const part of document.querySelectorAll("[data-stays]")) part.hidden = false;
    }, STAYS_MS);
  }
}

if (globalThis.document) relay(); // an app may import this file on its server, too
