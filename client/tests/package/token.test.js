// Delivery as a token, as the npm package has it.

import { backend } from "./support/page.js";

import assert from "node:assert";
import { before, test } from "node:test";

const LOGIN = "0123456789abcdef012345";
const API = "https://api.example.com/auth/";

let token;

before(async () => {
  // This tab comes back from its relay page.
  sessionStorage["valetkey-verifiers"] = JSON.stringify([[LOGIN, { verifier: "v", session: "", signOuts: 0 }]]);
  sessionStorage["valetkey-arrived"] = JSON.stringify({ valetkey: LOGIN, code: "c" });
  token = await import("valetkey/token");
  token.configure({ url: API.slice(0, -1) });
});

test("an app that signs in at once waits for the challenge", async () => {
  const abort = new AbortController();
  const signedIn = token.signIn("google", { mode: "page", signal: abort.signal });
  await until(() => backend.forms.length);
  abort.abort();
  await assert.rejects(signedIn, { code: "cancelled" });
  const [[action, { challenge, mode }]] = backend.forms;
  assert.deepEqual([action, mode], [`${API}google`, "page"]);
  assert.match(challenge, /^[\w-]{43}$/);
});

test("what starts by itself uses the address that the app configures after the import", () => {
  assert.ok(backend.requests.includes(`POST ${API}session`));
  assert.deepEqual(backend.requests.filter((one) => !one.includes(API)), []);
});

test("`store` says where the token is kept", async () => {
  const sent = async (store) => {
    token.configure({ store });
    await token.session();
    return backend.authorization;
  };
  localStorage["valetkey-token"] = "kept-for-all-tabs";
  assert.equal(await sent(undefined), undefined);
  assert.equal(await sent("local"), "Bearer kept-for-all-tabs");
  sessionStorage["valetkey-token"] = "kept-for-this-tab";
  assert.equal(await sent("session"), "Bearer kept-for-this-tab");
});

async function until(condition) {
  const end = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("it did not happen");
    await new Promise((done) => setTimeout(done, 5));
  }
}
