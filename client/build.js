// Bundle and minify the module into the Python package: `npm run build -- [DIRECTORY]`. The same sources give the same
// bytes, and `./run check` compares them.

import { build } from "esbuild";

const outdir = process.argv[2] ?? "../src/valetkey/web/pages";

await build({
  entryPoints: ["src/client.js", "src/button.js", "src/elsewhere.js"],
  outdir,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  banner: { js: "/*! valetkey, MIT: built from client/src */" },
});
