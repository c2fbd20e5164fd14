// The relay page, on the app's own origin: tells the page that waits what the backend said, and closes. What it says
// comes in the fragment, which no server sees, and leaves the address at once.

const fields = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, "", location.pathname + location.search);

const login = fields.get("login");
const news = { valetkey: login, code: fields.get("code"), error: fields.get("error") };
const [leaving, back] = JSON.parse(sessionStorage["valetkey-leaving"] ?? "[]");

if (login && leaving === login && new URL(back).origin === location.origin) {
  // There was no popup: this very tab went, and goes back to where it was.
  sessionStorage["valetkey-arrived"] = JSON.stringify(news);
  sessionStorage.removeItem("valetkey-leaving");
  location.replace(back);
} else {
  // Until it is heard: the page may just be loading.
  const channel = new BroadcastChannel("valetkey");
  const say = () => {
    channel.postMessage(news);
    try {
      opener?.postMessage(news, location.origin);
    } catch {}
  };
  channel.onmessage = ({ data }) => data?.valetkey_heard === login && close();
  setInterval(say, 250);
  setTimeout(() => {
    for (const part of document.querySelectorAll("[data-stays]")) part.hidden = false;
  }, 3000);
  say();
}
