import { onSession, session, signOut } from "/auth/client.js";

const at = (id) => document.getElementById(id);

// Not every provider knows a handle.
const nameOf = ({ name, identities: [{ handle }] }) => (handle ? `@${handle}` : (name ?? "Signed in"));

let shown = 0;

async function show(found) {
  const mine = ++shown;
  at("out").hidden = Boolean(found);
  at("in").hidden = !found;
  at("who").textContent = found ? nameOf(found.account) : "";
  const answer = await fetch("/api/me", { headers: { accept: "application/json" } });
  const text = JSON.stringify(await answer.json(), null, 2);
  if (mine === shown) at("me").textContent = text; // an answer that comes late is about another session
}

at("sign-out").onclick = () => signOut();
onSession(show);
show(await session());
