// Types of `valetkey/token`.

export * from "./account.js";
export * from "./client.js";

/**
 * The subprotocols with which this page opens one WebSocket, within thirty seconds: `new WebSocket(url, await ticket())`.
 * Rejects with `not_signed_in`.
 */
export function ticket(): Promise<[protocol: string, ticket: string]>;
