// Types of `valetkey/token`.

export * from "./account.js";
export * from "./client.js";
