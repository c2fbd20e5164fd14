// The hook of React.

import { ADA, asked, backend, root, shows } from "./support/page.js";

import assert from "node:assert";
import { test } from "node:test";

import { StrictMode, createElement as h } from "react";
import { createRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { signOut, useSession } from "valetkey/react";

function Who() {
  const { session, loading, error } = useSession();
  return `[${error?.code ?? (loading ? "…" : (session?.account.name ?? "nobody"))}]`;
}

const app = h(StrictMode, null, h(Who), h(Who));

test("on a server nobody is signed in, and nobody is asked", () => {
  assert.equal(renderToString(app).replaceAll("<!-- -->", ""), "[…][…]");
  assert.equal(asked(), 0);
});

test("two components ask once, and again after a failure when the focus returns; then they follow", async () => {
  backend.down = true;
  createRoot(root).render(app);
  await shows("[network][network]");
  assert.equal(asked(), 1);
  Object.assign(backend, { down: false, account: ADA });
  dispatchEvent(new Event("focus"));
  await shows("[Ada][Ada]");
  backend.account = null;
  await signOut();
  await shows("[nobody][nobody]");
});
