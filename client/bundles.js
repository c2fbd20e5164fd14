// What esbuild bundles: the files that the backend serves, as sets of options.

import { resolve } from "node:path";

const options = {
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  banner: { js: "/*! valetkey, MIT */" },
};
const served = { distribution: resolve("src/distribution/served") };
const cookie = { ...options, alias: { ...served, delivery: resolve("src/delivery/cookie") } };
const token = { ...options, alias: { ...served, delivery: resolve("src/delivery/token") } };

export const bundles = [
  { ...cookie, entryPoints: ["client", "watch", "return", "button", "classic", "relay"].map((name) => `src/${name}.js`) },
  { ...cookie, entryPoints: ["src/account.js"], external: ["./client.js"] },
  { ...token, entryPoints: ["src/token.js"] },
];
