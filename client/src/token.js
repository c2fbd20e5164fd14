// The module and account.js in one file, for a page that sends its session as a token. See delivery/token.js.

import { preparing } from "delivery/ready.js";

export * from "./account.js";
export * from "./client.js";
export { ticket } from "delivery/ticket.js";

await preparing(); // so that a page can sign in as soon as it has imported this module
