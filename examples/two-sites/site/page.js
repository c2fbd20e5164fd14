import { onSession, signOut } from "http://127.0.0.1:8000/auth/token.js";

const at = (id) => document.getElementById(id);

// Not every provider knows a handle.
const nameOf = ({ name, identities: [{ handle }] }) => (handle ? `@${handle}` : (name ?? "Signed in"));

let shown = 0;

async function show(session) {
  const mine = ++shown;
  at("out").hidden = Boolean(session);
  at("in").hidden = !session;
  at("who").textContent = session ? nameOf(session.account) : "";
  const headers = session ? { authorization: `Bearer ${session.token}` } : {};
  const answer = await fetch("http://127.0.0.1:8000/api/me", { headers });
  const text = JSON.stringify(await answer.json(), null, 2);
  if (mine === shown) at("me").textContent = text; // an answer that comes late is about another session
}

onSession(show);
at("sign-out").onclick = () => signOut();
