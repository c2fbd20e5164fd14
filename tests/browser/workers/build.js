// Builds the apps into dist/, with their own tools: with the defaults, and with the lines of docs/service-workers.md. It
// needs the module's npm package in client/dist.

import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";

const tools = new URL("node_modules/.bin/", import.meta.url).pathname;
const EXCLUDING = ["/**", "!/**/*.*", "!/**/*__*", "!/**/*__*/**", "!/auth/**"];

function run(folder, tool, ...args) {
  const cwd = new URL(`${folder}/`, import.meta.url);
  execFileSync(tools + tool, args, { cwd, stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, CI: "1" } });
}

for (const mode of ["served", "excluding", "package"]) {
  run("pwa", "vite", "build", `--mode=${mode}`, `--outDir=../dist/pwa-${mode}`, "--emptyOutDir", "--logLevel=error");
}
run("angular", "architect", "app:build", "--output-path=../dist/angular"); // what ng build does
// The same build, and its worker's table anew.
const folder = (path) => new URL(path, import.meta.url).pathname;
cpSync(folder("dist/angular/browser"), folder("dist/angular-excluding"), { recursive: true });
const config = JSON.parse(readFileSync(folder("angular/ngsw-config.json")));
writeFileSync(folder("dist/ngsw-config.json"), JSON.stringify({ ...config, navigationUrls: EXCLUDING }));
run(".", "ngsw-config", "dist/angular-excluding", "dist/ngsw-config.json", "/");
