// For Preact: the module. What it adds is in preact.d.ts: the types of the elements.

export * from "./index.js";
