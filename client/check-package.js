// Check the npm package as `./run client` has packed it: its types beside those of the frameworks, and tests/package.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";

const { version } = JSON.parse(readFileSync("package.json"));
const installed = "tests/package/node_modules/valetkey";

rmSync(installed, { recursive: true, force: true });
mkdirSync(installed);
execFileSync("tar", ["-xzf", `valetkey-${version}.tgz`, "-C", installed, "--strip-components=1"]);

const tests = readdirSync("tests/package").filter((name) => name.endsWith(".test.js"));
const commands = [
  ["node_modules/.bin/tsc", "--project", "tests/package/types/tsconfig.json"],
  ["node_modules/.bin/tsc", "--project", "tests/package/types/tsconfig.react-18.json"],
  [process.execPath, "--test", "--test-reporter=dot", ...tests.map((name) => `tests/package/${name}`)],
];
const running = commands.map(([command, ...args]) => once(spawn(command, args, { stdio: ["ignore", 2, 2] }), "exit"));
const statuses = (await Promise.all(running)).map(([status]) => status);
process.exit(statuses.every((status) => status === 0) ? 0 : 1);
