// What a signed-in user can do with the account: link and unlink identities, see the devices, sign out elsewhere. It is
// a file of its own beside client.js.

import { accountCalls } from "./account-calls.js";
import { session, signIn } from "./client.js";
import { request, rethrow } from "./request.js";

export const { link, unlink, devices, signOutDevice, signOutOthers } = accountCalls({
  signIn,
  session,
  request,
  rethrow,
});
