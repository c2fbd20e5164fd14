// openid-client: PKCE, state and nonce, `iss` by RFC 9207, and the ID token's signature, which it checks if asked.
import * as client from "openid-client";

import { comeBack, exact, isGitHub, order, refuses, scope, signedIn } from "./talking.mjs";

const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];

async function configuration() {
  if (!isGitHub) return client.discovery(new URL(order.base), order.id, order.secret, undefined, { execute });
  const server = {
    issuer: order.base,
    authorization_endpoint: `${order.base}/login/oauth/authorize`,
    token_endpoint: `${order.base}/login/oauth/access_token`,
  };
  const found = new client.Configuration(server, order.id, order.secret);
  client.allowInsecureRequests(found);
  return found;
}

const config = await configuration();
const verifier = client.randomPKCECodeVerifier();
const checks = { pkceCodeVerifier: verifier, expectedState: client.randomState() };
if (!isGitHub) Object.assign(checks, { expectedNonce: client.randomNonce(), idTokenExpected: true });
const url = client.buildAuthorizationUrl(config, {
  redirect_uri: order.callback,
  scope,
  state: checks.expectedState,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  ...(isGitHub ? {} : { nonce: checks.expectedNonce }),
});
const back = await comeBack(url);
try {
  const tokens = await client.authorizationCodeGrant(config, back, checks);
  const user = isGitHub
    ? await client.fetchProtectedResource(config, tokens.access_token, new URL(`${order.base}/user`), "GET")
    : await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  signedIn(isGitHub ? await exact(user) : user);
} catch (error) {
  refuses(error);
}
