// Whether this package and its backend speak the same protocol.

import { base } from "../../base.js";

const PROTOCOL = 1; // as in the answer of `GET providers`

/**
 * Say in the console which of the two to update. The list of providers is loaded once, so this is said once. A backend
 * that does not say its protocol is an older one.
 */
export function checkProtocol(protocol = 0) {
  if (protocol === PROTOCOL) return;
  const older = protocol < PROTOCOL ? "the Python package valetkey of the backend" : "the npm package valetkey of the page";
  console.warn(`[valetkey] protocol: ${base} and this page speak different versions of the protocol. Update ${older}.`);
}
