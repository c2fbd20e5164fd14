// All of it in one file, for a page whose session is a token: see delivery/token.js.

export * from "./client.js";
export * from "./account.js";
