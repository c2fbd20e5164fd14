import { onSession, session, signOut } from "/auth/client.js";

const at = (id) => document.getElementById(id);

// Not every provider knows a handle.
const nameOf = ({ name, identities: [{ handle }] }) => (handle ? `@${handle}` : (name ?? "Signed in"));

async function show(found) {
  at("out").hidden = Boolean(found);
  at("in").hidden = !found;
  at("who").textContent = found ? nameOf(found.account) : "";
  const answer = await fetch("/api/me", { headers: { accept: "application/json" } });
  at("me").textContent = JSON.stringify(await answer.json(), null, 2);
}

at("sign-out").onclick = () => signOut();
onSession(show);
show(await session());
