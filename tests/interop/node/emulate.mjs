// emulate: one of its services, made strict by a seed. It listens on every address unless it is held to the loopback.
import net from "node:net";

import { createEmulator } from "emulate";

const { service, origin, clients, people } = JSON.parse(process.argv[2]);

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function () {
  this.once("listening", () => console.log(`Ready http://127.0.0.1:${this.address().port}`));
  return listen.call(this, 0, "127.0.0.1");
};

const users = people.map(({ handle, name, email }) => ({ login: handle, email, name, email_verified: true }));
const registered = clients.map(({ id, secret, callbacks }) => ({
  client_id: id,
  client_secret: secret,
  name: id,
  redirect_uris: callbacks,
  team_id: "TEAM000001",
}));
await createEmulator({
  service,
  baseUrl: origin,
  seed: {
    [service]: service === "github" ? { users, oauth_apps: registered } : { users, oauth_clients: registered },
  },
});
