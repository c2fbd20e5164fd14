// oauth4webapi: every step by hand, each with its check: `iss`, state, PKCE, nonce, the ID token's claims and signature.
import * as oauth from "oauth4webapi";

import { comeBack, exact, isGitHub, order, refuses, scope, signedIn } from "./talking.mjs";

const insecure = { [oauth.allowInsecureRequests]: true };
const client = { client_id: order.id };
const authentication = isGitHub ? oauth.ClientSecretPost(order.secret) : oauth.ClientSecretBasic(order.secret);

async function metadata() {
  if (isGitHub) {
    return {
      issuer: order.base,
      authorization_endpoint: `${order.base}/login/oauth/authorize`,
      token_endpoint: `${order.base}/login/oauth/access_token`,
    };
  }
  const issuer = new URL(order.base);
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
}

const server = await metadata();
const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const nonce = isGitHub ? undefined : oauth.generateRandomNonce();
const url = new URL(server.authorization_endpoint);
for (const [name, value] of Object.entries({
  response_type: "code",
  client_id: order.id,
  redirect_uri: order.callback,
  scope,
  state,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  ...(nonce ? { nonce } : {}),
})) {
  url.searchParams.set(name, value);
}
const back = await comeBack(url);
try {
  const parameters = oauth.validateAuthResponse(server, client, back, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server, client, authentication, parameters, order.callback, verifier, insecure,
  );
  const expected = nonce ? { expectedNonce: nonce, requireIdToken: true } : {};
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, expected);
  if (isGitHub) {
    const user = await oauth.protectedResourceRequest(
      tokens.access_token, "GET", new URL(`${order.base}/user`), undefined, undefined, insecure,
    );
    signedIn(await exact(user));
  } else {
    await oauth.validateApplicationLevelSignature(server, response, insecure);
    const { sub } = oauth.getValidatedIdTokenClaims(tokens);
    const user = await oauth.userInfoRequest(server, client, tokens.access_token, insecure);
    signedIn(await oauth.processUserInfoResponse(server, client, sub, user));
  }
} catch (error) {
  refuses(error);
}
