// The parts of the module that not every page needs. Each is loaded when it is needed first.

import { importPart } from "distribution/parts.js";

const RETRY_MS = 3000;

const loading = {};
let failures = 0;

/** Load a part once. After a failure the next call tries again. */
export const load = (name) =>
  (loading[name] ??= importPart(name, failures).catch((error) => {
    failures++;
    loading[name] = undefined;
    throw error;
  }));

/** Load a part, and try until it is there. Then call `use` with it. */
export const loadSurely = (name, use) =>
  load(name).then(use, () => wait(RETRY_MS).then(() => loadSurely(name, use)));

export const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
