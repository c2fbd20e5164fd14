// The package compares its protocol with the backend's, and says which of the two to update.

import assert from "node:assert";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

/** What a page writes to the console, and how often it asks, where the backend says `providers`. */
function use(providers) {
  const script = `
    import { backend } from "./support/page.js";
    import { session, signIn } from "valetkey";
    backend.providers = ${JSON.stringify(providers)};
    const warnings = [];
    console.warn = (...words) => warnings.push(words.join(" "));
    await session();
    await session();
    await new Promise((done) => setTimeout(done));
    const asked = backend.requests.filter((one) => one === "GET /auth/providers").length;
    process.stdout.write(JSON.stringify({ warnings, asked }));`;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], { cwd: import.meta.dirname, encoding: "utf8" });
  assert.equal(run.stderr, "");
  return JSON.parse(run.stdout);
}

test("the same protocol: nothing is said, and the list of providers is loaded once", () => {
  assert.deepEqual(use({ providers: [], protocol: 1 }), { warnings: [], asked: 1 });
});

for (const [what, protocol, update] of [
  ["a backend of an older protocol", undefined, "the Python package"],
  ["a backend of a newer protocol", 2, "the npm package"],
]) {
  test(`${what}: one warning says what to update`, () => {
    const { warnings, asked } = use({ providers: [], protocol });
    assert.equal(asked, 1);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], new RegExp(`^\\[valetkey\\] protocol: .*Update ${update} valetkey`));
  });
}

test("an answer that is not valetkey's is not compared", () => {
  assert.deepEqual(use({ error: "Not found" }).warnings, []);
});
