// A page for a framework's own tests: a document, and a backend that answers.

import { parseHTML } from "linkedom";

const window = parseHTML('<!doctype html><html><head></head><body><div id="root"></div></body></html>');
const target = new EventTarget();
const stored = new Map();

class Channel {
  postMessage() {}
}

export const backend = { account: null, down: false, providers: { providers: [], protocol: 1 }, requests: [] };

async function fetch(url, { method = "GET" } = {}) {
  const path = new URL(url).pathname;
  backend.requests.push(`${method} ${path}`);
  if (backend.down) throw new TypeError("no answer");
  if (path === "/auth/providers") return Response.json(backend.providers);
  if (method === "DELETE") return new Response(null, { status: 204 });
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
  sessionStorage: { getItem: (key) => stored.get(key), removeItem: (key) => stored.delete(key) },
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
