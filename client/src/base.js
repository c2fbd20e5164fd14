// Where the backend's routes are.

import { defaultBase } from "distribution/address.js";

export let base = defaultBase();

/** Say where the backend's routes are, such as `https://api.example.com/auth`. Call it before anything else. */
export function configure({ url }) {
  if (url) base = new URL(`${url}`.replace(/\/?$/, "/"), globalThis.location?.href);
}
