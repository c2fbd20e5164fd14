import { onSession, session, signOut } from "/auth/client.js";
import { devices, link, signOutDevice, signOutOthers, unlink } from "/auth/account.js";

const at = (id) => document.getElementById(id);
const links = [...document.querySelectorAll("[data-provider]")]; // one for each provider of the app

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
  at("identities").replaceChildren(...identities.map((one) => identity(one, identities.length > 1)));
  const bearer = found.token && { authorization: `Bearer ${found.token}` };
  const answer = await fetch("/api/me", { headers: { accept: "application/json", ...bearer } });
  at("me").textContent = JSON.stringify(await answer.json(), null, 2);
  await showDevices();
}

async function showDevices() {
  const found = await devices().catch(() => []);
  at("devices").replaceChildren(...found.map(device));
  at("others").hidden = found.length < 2;
}

function identity({ provider, subject, handle }, canGo) {
  const title = links.find((one) => one.dataset.provider === provider)?.dataset.title ?? provider;
  const name = `${title} account ${handle ?? subject}`;
  return item(name, canGo && button(`Unlink ${handle ?? subject}`, () => unlink(provider, subject).then(show)));
}

function device({ id, current, browser, network, seen_at: seen }) {
  const when = new Date(seen * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  const name = [browser ?? "Unknown browser", network, when].filter(Boolean).join(", ");
  return item(current ? `${name} (here)` : name, !current && button("Revoke", () => signOutDevice(id).then(showDevices)));
}

function item(text, action) {
  const made = document.createElement("li");
  const label = document.createElement("span");
  label.textContent = text;
  made.append(label, ...(action ? [action] : []));
  return made;
}

function button(text, press) {
  const made = document.createElement("button");
  made.textContent = text;
  made.onclick = () => press().catch(complain);
  return made;
}

at("picture").addEventListener("error", () => { at("picture").hidden = true });
at("sign-out").addEventListener("click", () => signOut().catch(complain));
for (const one of links) one.addEventListener("click", () => link(one.dataset.provider).then(show, complain));
at("others").addEventListener("click", () => signOutOthers().then(showDevices, complain));

// What becomes of a sign-in, the button says by itself.
function complain({ message }) {
  at("problem").textContent = message;
}

onSession(show);
session().then(show, complain);
