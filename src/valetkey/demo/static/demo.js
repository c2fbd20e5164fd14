import { onSession, session, signOut } from "/auth/client.js";

const at = (id) => document.getElementById(id);

async function show(found) {
  at("out").hidden = Boolean(found);
  at("in").hidden = !found;
  at("problem").textContent = "";
  if (!found) return;
  const { name, picture, identities } = found.account;
  const handle = identities[0]?.handle ?? "";
  at("name").textContent = name ?? handle;
  at("handle").textContent = `@${handle}`;
  at("initial").textContent = (name ?? handle).slice(0, 1).toUpperCase();
  at("picture").hidden = !picture;
  if (picture) at("picture").src = picture;
  const bearer = found.token && { authorization: `Bearer ${found.token}` };
  const answer = await fetch("/api/me", { headers: { accept: "application/json", ...bearer } });
  at("me").textContent = JSON.stringify(await answer.json(), null, 2);
}

at("picture").addEventListener("error", () => { at("picture").hidden = true });
at("sign-out").addEventListener("click", () => signOut().catch(complain));

// What becomes of a sign-in, the button says by itself.
function complain({ message }) {
  at("problem").textContent = message;
}

onSession(show);
session().then(show, complain);
