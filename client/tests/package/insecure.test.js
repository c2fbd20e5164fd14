// A page without a secure context has no digests.

import "./support/page.js";

import assert from "node:assert";
import { test } from "node:test";

test("delivery as a token says so, and does not throw", async () => {
  Object.defineProperty(globalThis, "crypto", { value: { getRandomValues: (octets) => octets } });
  console.warn = () => {};
  const { signIn } = await import("valetkey/token");
  await assert.rejects(signIn("google"), { name: "SignInError", code: "insecure_page" });
});
