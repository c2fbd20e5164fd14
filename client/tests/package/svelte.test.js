// The store of Svelte.

import { ADA, asked, backend } from "./support/page.js";

import assert from "node:assert";
import { test } from "node:test";

import { derived, get } from "svelte/store";
import { sessionState, signOut } from "valetkey/svelte";

test("the store says who is signed in, asks once, and follows", async () => {
  backend.account = ADA;
  const name = derived(sessionState, ({ session, loading }) => (loading ? "…" : (session?.account.name ?? "nobody")));
  const seen = [];
  let changed;
  const stop = name.subscribe((now) => {
    seen.push(now);
    changed?.();
  });
  assert.deepEqual(seen, ["…"]);
  await new Promise((done) => (changed = done));
  assert.equal(get(name), "Ada");
  const next = new Promise((done) => (changed = done));
  await Promise.all([signOut(), next]);
  assert.deepEqual(seen, ["…", "Ada", "nobody"]);
  assert.equal(asked(), 1);
  stop();
});
