// Delivery as a token: what requests send, and what answers bring.

import { currentToken, keepToken, revoke } from "./bearer.js";
import { proofOf } from "./proofs.js";

export { begin, proof } from "./proofs.js";

/** Every request has the token: a link is to the account of this session, and a new sign-in replaces this session. */
export function authorization() {
  if (currentToken()) return { authorization: `Bearer ${currentToken()}` };
}

export const sessionFields = () => ({ token: currentToken() });

/** Take a token from an answer, or drop the one that the backend no longer accepts. */
export function receive({ account, login, token }, sent, body) {
  if (token && body?.login && !proofOf(body.login)) revoke(token); // the page has signed out since
  else if (token) keepToken(token);
  else if (account === null && !login && sent && sent.authorization === authorization()?.authorization) keepToken();
}
