// What esbuild bundles, as sets of options: the files that the backend serves, and the npm package.

import { resolve } from "node:path";

const options = {
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  banner: { js: "/*! valetkey, MIT */" },
};

/** The two aliases that a build takes: where the module comes from, and how a session reaches the page. */
const alias = (distribution, delivery) => ({
  distribution: resolve("src/distribution", distribution),
  delivery: resolve("src/delivery", delivery),
});

const served = { ...options, minify: true };
const servedCookie = { ...served, alias: alias("served", "cookie") };
const servedToken = { ...served, alias: alias("served", "token") };

const files = ["client", "watch", "return", "callback", "button", "buttons", "signed-in", "panel", "classic", "relay"];

export const servedBundles = [
  { ...servedCookie, entryPoints: files.map((name) => `src/${name}.js`) },
  { ...servedCookie, entryPoints: ["src/account.js"], external: ["./client.js"] },
  { ...servedToken, entryPoints: ["src/token.js"] },
];

// The app's bundler minifies. Splitting makes one file of what several entries share, and of each part that is loaded
// later, so that the state of the module exists once.
const frameworks = ["react", "vue", "svelte", "preact", "solid"].map((name) => `src/package/${name}.js`);
const npm = { ...options, splitting: true, chunkNames: "chunks/[name]-[hash]", external: ["react", "vue"] };

export const packageBundles = [
  {
    ...npm,
    alias: alias("npm", "cookie"),
    entryPoints: ["src/package/index.js", "src/account.js", ...frameworks],
    outdir: "dist",
    entryNames: "[name]",
  },
  {
    ...npm,
    alias: alias("npm", "token"),
    entryPoints: ["src/package/token.js", "src/relay.js", ...frameworks],
    outdir: "dist/token",
    entryNames: "[name]",
  },
];
