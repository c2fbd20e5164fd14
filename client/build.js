// Build the module into the Python package: `npm run build -- [DIRECTORY]`. The same sources give the same bytes, and
// `./run check` compares them.

import { build } from "esbuild";

import { bundles } from "./bundles.js";

const outdir = process.argv[2] ?? "../src/valetkey/web/pages";

for (const options of bundles) await build({ ...options, outdir });
