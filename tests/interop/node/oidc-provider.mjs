// oidc-provider, with its development pages. Redirects carry `iss`, and a second use of a code revokes the first token.
import Provider from "oidc-provider";

const { origin, clients, people } = JSON.parse(process.argv[2]);

const server = new Provider(origin, {
  clients: clients.map(({ id, secret, callbacks }) => ({
    client_id: id,
    client_secret: secret,
    redirect_uris: callbacks,
    response_types: ["code"],
    grant_types: ["authorization_code"],
    token_endpoint_auth_method: "client_secret_basic",
  })),
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: ["name", "preferred_username"],
  },
  // Else the claims are at userinfo alone.
  conformIdTokenClaims: false,
  async findAccount(_, handle) {
    const person = people.find((one) => one.handle === handle);
    if (!person) return undefined;
    return {
      accountId: handle,
      async claims() {
        return {
          sub: handle,
          name: person.name,
          preferred_username: handle,
          email: person.email,
          email_verified: true,
        };
      },
    };
  },
  features: { devInteractions: { enabled: true }, revocation: { enabled: true } },
  cookies: { keys: ["for tests alone"] },
});

const listening = server.listen(0, "127.0.0.1", () => {
  console.log(`Ready http://127.0.0.1:${listening.address().port}`);
});
