// `node build.js [DIRECTORY]` builds the module into the Python package. The same sources give the same bytes, and
// `./run check` compares them. `node build.js --package` builds the npm package into dist.

import { copyFileSync, readdirSync, rmSync } from "node:fs";

import { build } from "esbuild";

import { packageBundles, servedBundles } from "./bundles.js";

if (process.argv[2] === "--package") {
  rmSync("dist", { recursive: true, force: true });
  for (const options of packageBundles) await build(options);
  copyFileSync("../LICENSE", "LICENSE");
  for (const directory of ["src", "src/package"]) {
    for (const name of readdirSync(directory).filter((one) => one.endsWith(".d.ts"))) {
      copyFileSync(`${directory}/${name}`, `dist/${name}`);
    }
  }
} else {
  const outdir = process.argv[2] ?? "../src/valetkey/web/pages";
  for (const options of servedBundles) await build({ ...options, outdir });
}
