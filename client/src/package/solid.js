// For Solid: the module. What it adds is in solid.d.ts: the types of the elements.

export * from "./index.js";
