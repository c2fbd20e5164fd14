// Whether a login can begin: it needs a challenge.

import { failure } from "../../request.js";
import { preparing } from "./proofs.js";

export { preparing };

export function checkReady() {
  if (preparing()) throw failure("insecure_page");
}
