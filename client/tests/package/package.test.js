// The package as others see it: what is in it, that it installs, and that tools find its entries and their types.

import assert from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { test } from "node:test";

import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

import { servedBundles } from "../../bundles.js";

const client = resolve(import.meta.dirname, "../..");
const description = JSON.parse(readFileSync(join(client, "package.json")));
const tarball = join(client, `valetkey-${description.version}.tgz`);

test("publint has nothing to say", async () => {
  const { buffer } = new Uint8Array(readFileSync(tarball));
  const { messages } = await publint({ level: "suggestion", strict: true, pack: { tarball: buffer } });
  assert.deepEqual(messages.map((one) => formatMessage(one, description)), []);
});

test("every entry has types, and they are those of an ES module", async () => {
  const { problems, entrypoints } = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
  const wrong = problems.filter(({ resolutionKind }) => !["node10", "node16-cjs"].includes(resolutionKind)); // no ES modules there
  assert.deepEqual(wrong, []);
  assert.deepEqual(Object.keys(entrypoints).sort(), Object.keys(description.exports).sort());
});

test("it brings its own files, and nothing else is installed with it", () => {
  const app = mkdtempSync(join(tmpdir(), "app-"));
  writeFileSync(join(app, "package.json"), '{"private": true}');
  for (const [how, ...args] of [["tarball", tarball], ["folder", "--install-links", client]]) {
    const { status, stderr } = spawnSync("npm", ["install", "--offline", "--no-audit", "--no-fund", ...args], { cwd: app, encoding: "utf8" });
    assert.equal(status, 0, `${how}: ${stderr}`);
    assert.deepEqual(readdirSync(join(app, "node_modules")).filter((name) => !name.startsWith(".")), ["valetkey"], how);
    const found = readdirSync(join(app, "node_modules/valetkey"));
    assert.deepEqual(found.sort(), ["LICENSE", "README.md", "dist", "package.json"], how);
    rmSync(join(app, "node_modules"), { recursive: true });
  }
  rmSync(app, { recursive: true });
});

test("parts that not every page needs are files of their own, and what entries share is one file", () => {
  const dist = join(client, "dist");
  const served = servedBundles.flatMap(({ entryPoints }) => entryPoints.map((entry) => basename(entry, ".js")));
  const parts = served.filter((name) => !["client", "token", "account", "relay"].includes(name));
  assert.ok(parts.length >= 3);
  const [index] = readFileSync(join(dist, "index.js"), "utf8").match(/chunks\/[\w-]+\.js/);
  const shared = readFileSync(join(dist, "react.js"), "utf8");
  assert.ok(shared.includes(index));
  for (const folder of ["dist", "dist/token"]) {
    const chunks = readdirSync(join(client, folder, "chunks")).map((name) => name.replace(/-[A-Z0-9]+\.js$/, ""));
    for (const part of parts) assert.ok(chunks.includes(part), part);
  }
});
