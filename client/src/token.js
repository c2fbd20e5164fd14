// The module and account.js in one file, for a page that sends its session as a token. See delivery/token.js.

export * from "./client.js";
export * from "./account.js";
