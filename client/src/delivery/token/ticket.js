// A one-time ticket, with which a page opens a WebSocket: a browser sends no Authorization header with it.

import { request, rethrow } from "../../request.js";

export async function ticket() {
  const { ticket } = await request("POST", "ticket").catch(rethrow);
  return ["valetkey", `valetkey.ticket.${ticket}`];
}
