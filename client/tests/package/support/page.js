// A page for a framework's own tests: a document, and a backend that answers.

import { parseHTML } from "linkedom";

const window = parseHTML('<!doctype html><html><head></head><body><div id="root"></div></body></html>');
const target = new EventTarget();

class Storage {
  removeItem(key) {
    delete this[key];
  }
}

class Channel {
  postMessage() {}
}

export const backend = { account: null, down: false, providers: { providers: [], protocol: 1 }, requests: [], forms: [] };

async function fetch(url, { method = "GET", headers = {} } = {}) {
  const { origin, pathname: path } = new URL(url);
  backend.requests.push(`${method} ${origin === location.origin ? path : url}`);
  backend.authorization = headers.authorization;
  if (backend.down) throw new TypeError("no answer");
  if (path.endsWith("/providers")) return Response.json(backend.providers);
  if (method === "DELETE") return new Response(null, { status: 204 });
  if (method === "POST") return Response.json({ account: backend.account, login: { state: "unknown" } });
  return Response.json({ account: backend.account });
}

/** The elements of the document need a browser, and have tests in browsers. */
const customElements = { get: () => true, define() {} };

Object.assign(globalThis, {
  window: globalThis,
  top: globalThis,
  document: window.document,
  location: new URL("https://app.example.com/"),
  history: { state: null, replaceState() {} },
  matchMedia: () => ({ matches: false }),
  sessionStorage: new Storage(),
  localStorage: new Storage(),
  addEventListener: target.addEventListener.bind(target),
  removeEventListener: target.removeEventListener.bind(target),
  dispatchEvent: target.dispatchEvent.bind(target),
  BroadcastChannel: Channel,
  customElements,
  fetch,
});
for (const name of ["HTMLElement", "HTMLIFrameElement", "Element", "SVGElement", "Node", "Text", "CustomEvent"]) {
  globalThis[name] ??= window[name];
}

Object.defineProperty(window.document, "URL", { value: location.href });
window.HTMLElement.prototype.submit = function () {
  const fields = Object.fromEntries([...this.querySelectorAll("input")].map(({ name, value }) => [name, value]));
  backend.forms.push([this.action, fields]);
};

export const ADA = { id: "1", name: "Ada", picture: null, identities: [] };
export const root = window.document.querySelector("#root");

/** Wait until the page shows `text`. */
export async function shows(text) {
  const end = Date.now() + 5000;
  while (root.textContent !== text) {
    if (Date.now() > end) throw new Error(`it shows ${JSON.stringify(root.textContent)}, and not ${JSON.stringify(text)}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

export const asked = () => backend.requests.filter((one) => one === "GET /auth/session").length;
