// The check for import cycles finds one.

import assert from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

function check(files) {
  const directory = mkdtempSync(join(tmpdir(), "cycles-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const { status, stderr } = spawnSync(process.execPath, ["check-cycles.js", join(directory, "a.js")], { encoding: "utf8" });
  rmSync(directory, { recursive: true });
  return { status, stderr };
}

test("a chain is no cycle", () => {
  const { status, stderr } = check({
    "a.js": 'import { b } from "./b.js"; import { c } from "./c.js"; b(c);',
    "b.js": 'import { c } from "./c.js"; export const b = c;',
    "c.js": "export const c = 1;",
  });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
});

test("a cycle of three files, one of them loaded later", () => {
  const { status, stderr } = check({
    "a.js": 'import "./b.js";',
    "b.js": 'import { c } from "./c.js"; c(); export const b = 1;',
    "c.js": 'export const c = () => import("./d.js");',
    "d.js": 'import { b } from "./b.js"; console.log(b);',
  });
  assert.equal(status, 1);
  const files = stderr.match(/\w+(?=\.js)/g);
  assert.equal(files.length, 4);
  assert.equal(files[0], files[3]);
  assert.deepEqual([...new Set(files)].sort(), ["b", "c", "d"]);
});
