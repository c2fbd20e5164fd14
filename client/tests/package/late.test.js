// An answer of the backend that comes after a newer one, in the state that the frameworks show.

import { ADA, backend } from "./support/page.js";

import assert from "node:assert";
import { test } from "node:test";

import { session, sessionState } from "valetkey/svelte";

const held = [];
const { fetch } = globalThis;
let holds = true;
globalThis.fetch = (url, options) =>
  holds && `${url}`.endsWith("/session") ? new Promise((...settle) => held.push(settle)) : fetch(url, options);

test("a question that fails after another was answered changes nothing", async () => {
  const states = [];
  sessionState.subscribe((state) => states.push(state));
  assert.equal(held.length, 1);
  holds = false;
  backend.account = ADA;
  await session();
  await until(() => states.at(-1).session);
  held[0][1](new TypeError("no answer"));
  await new Promise((done) => setTimeout(done, 200)); // its sentences are there already
  assert.deepEqual([states.at(-1).session?.account, states.at(-1).error], [ADA, null]);
});

async function until(condition) {
  const end = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("it did not happen");
    await new Promise((done) => setTimeout(done, 5));
  }
}
