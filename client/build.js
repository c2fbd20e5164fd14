// Bundle and minify the module into the Python package: `npm run build -- [DIRECTORY]`. The same sources give the same
// bytes, and `./run check` compares them.

import { resolve } from "node:path";

import { build } from "esbuild";

const outdir = process.argv[2] ?? "../src/valetkey/web/pages";

const options = {
  outdir,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  banner: { js: "/*! valetkey, MIT */" },
};
const delivering = (how) => ({ ...options, alias: { delivery: resolve(`src/delivery/${how}.js`) } });

await build({
  ...delivering("cookie"),
  entryPoints: ["client", "button", "elsewhere", "classic", "relay"].map((name) => `src/${name}.js`),
});
await build({ ...delivering("cookie"), entryPoints: ["src/account.js"], external: ["./client.js"] });
await build({ ...delivering("token"), entryPoints: ["src/token.js"] });
