// What the parts use of the module. A part is a file of its own and has no copy of what the module remembers.

import { proof } from "delivery/credentials.js";
import { relayMissed } from "delivery/relay.js";

import { attempts, resumed, saveAttempts } from "./attempts.js";
import { base } from "./base.js";
import { focus, listen, onMessage } from "./events.js";
import { failed, request, rethrow } from "./request.js";
import { session, toSession } from "./session.js";
import { texts } from "./texts.js";

/** client.js adds `signIn`, `signOut`, `onSession`, `Attempt` and `goTo`. */
export const shared = {
  proof,
  relayMissed,
  attempts,
  resumed,
  saveAttempts,
  focus,
  listen,
  onMessage,
  failed,
  request,
  rethrow,
  session,
  toSession,
  texts,
  base: () => base,
};
