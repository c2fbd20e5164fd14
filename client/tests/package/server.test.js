// What a server, a build tool or a worker meets that imports the package: nothing happens, and a call says where it works.

import assert from "node:assert";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const { exports: entries } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url)));
const names = Object.keys(entries).map((entry) => `valetkey${entry.slice(1)}`);

const CALLS = `
const warnings = [];
console.warn = (...words) => warnings.push(words.join(" "));
globalThis.fetch = () => { throw new Error("a request on a server"); };
const outcomes = {};
for (const name of NAMES) {
  const module = await import(name);
  module.configure?.({ url: "/auth" });
  module.configure?.({ url: "https://api.example.com/auth", store: "local" });
  module.setTexts?.({ signIn: "Sign in" });
  module.onSession?.(() => {})();
  module.sessionState?.subscribe(() => {})();
  const calls = { session: [], signIn: ["google"], signOut: [], link: ["google"], unlink: ["google"], devices: [] };
  for (const [call, args] of Object.entries(calls)) {
    if (!module[call]) continue;
    outcomes[name + " " + call] = await module[call](...args).then(
      () => "resolved",
      ({ name, code, hint }) => [name, code, hint].join(": "),
    );
  }
}
process.stdout.write(JSON.stringify({ outcomes, warnings }));
`;

// As a worker has them: all but a document.
const WORKER = `
globalThis.self = globalThis;
globalThis.location = new URL("https://app.example.com/worker.js");
globalThis.addEventListener = () => {};
`;

for (const [where, globals] of Object.entries({ server: "", worker: WORKER })) {
  test(`on a ${where} nothing throws, and every call says where it works`, () => {
    const script = globals + CALLS.replace("NAMES", JSON.stringify(names));
    const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: import.meta.dirname,
      encoding: "utf8",
      timeout: 20_000, // nothing may keep the process alive
    });
    assert.deepEqual({ stderr, status }, { stderr: "", status: 0 });
    const { outcomes, warnings } = JSON.parse(stdout);
    const modules = names.filter((name) => !/account|relay/.test(name));
    assert.equal(Object.keys(outcomes).length, 3 * modules.length + 3 + 3); // three of account, and of token, which has them
    for (const [call, outcome] of Object.entries(outcomes)) assert.match(outcome, /^SignInError: browser_error: .*Cookie header/, call);
    assert.ok(warnings.every((one) => one.includes("Cookie header") && !one.includes("undefined")));
  });
}
