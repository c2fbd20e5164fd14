import { configure, onSession, signOut } from "valetkey/token";

configure({ url: "http://127.0.0.1:8000/auth/" });

const out = document.getElementById("out");
out.addEventListener("click", () => signOut());

onSession((session) => {
  const handle = session?.account.identities[0].handle;
  document.getElementById("who").textContent = session ? `Signed in as @${handle}.` : "";
  out.hidden = !session;
  // Your own requests have `authorization: Bearer ${session.token}`.
});
