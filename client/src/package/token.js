// Delivery as a token: the module and the functions of the account.

export * from "./index.js";
export * from "../account.js";
export { ticket } from "delivery/ticket.js";
