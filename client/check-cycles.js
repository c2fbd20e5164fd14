// Fail where files import each other in a circle: `node check-cycles.js [ENTRY…]`, by default for every bundle.

import { build } from "esbuild";

import { packageBundles, servedBundles } from "./bundles.js";

const entryPoints = process.argv.slice(2);
const builds = entryPoints.length ? [{ bundle: true, format: "esm", entryPoints }] : [...servedBundles, ...packageBundles];
let failed = false;

for (const options of builds) {
  const { metafile } = await build({ outdir: "unused", ...options, write: false, metafile: true });
  const cycle = findCycle(metafile.inputs);
  if (!cycle) continue;
  failed = true;
  console.error(`These files import each other: ${cycle.join(" -> ")}`);
}
process.exit(failed ? 1 : 0);

/** The files of one cycle, the first file again at the end, or undefined. */
function findCycle(inputs) {
  const finished = new Set();

  function visit(file, path) {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (finished.has(file) || !inputs[file]) return undefined; // an external file is no input
    for (const imported of inputs[file].imports) {
      // This file does what the served module does by an address, which is no import: it loads a part, later.
      if (file === "src/distribution/npm/parts.js" && imported.kind === "dynamic-import") continue;
      const cycle = visit(imported.path, [...path, file]);
      if (cycle) return cycle;
    }
    finished.add(file);
  }

  for (const file of Object.keys(inputs)) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
}
