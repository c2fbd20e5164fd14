import { onSession, session, signOut } from "/auth/client.js";
import { devices, link, signOutDevice, signOutOthers, unlink } from "/auth/account.js";

const at = (id) => document.getElementById(id);
const links = [...document.querySelectorAll("[data-provider]")]; // one for each provider of the app
const titleOf = (name) => links.find((one) => one.dataset.provider === name)?.dataset.title ?? name;

async function show(found) {
  at("out").hidden = Boolean(found);
  at("in").hidden = !found;
  at("problem").textContent = "";
  if (!found) return;
  const { name, picture, identities } = found.account;
  const handle = identities.find((one) => one.handle)?.handle;
  const { email, email_verified: verified } = identities.find((one) => one.email) ?? {};
  // Not every provider knows a handle, a name or an address.
  const shown = name ?? handle ?? email ?? `${titleOf(identities[0]?.provider)} account`;
  write("name", shown);
  write("handle", handle && `@${handle}`);
  write("email", email && email !== shown && (verified ? email : `${email} (not verified)`));
  at("initial").textContent = [...shown][0].toUpperCase();
  at("picture").hidden = !picture;
  if (picture) at("picture").src = picture;
  at("identities").replaceChildren(...identities.map((one) => identity(one, identities.length > 1)));
  for (const one of links) labelLink(one, identities);
  const bearer = found.token && { authorization: `Bearer ${found.token}` };
  const answer = await fetch("/api/me", { headers: { accept: "application/json", ...bearer } });
  at("me").textContent = JSON.stringify(await answer.json(), null, 2);
  await showDevices();
}

function write(id, text) {
  at(id).textContent = text ?? "";
  at(id).hidden = !text;
}

function labelLink(one, identities) {
  const { provider, title } = one.dataset;
  const article = /^([aeio]|x\b)/i.test(title) ? "an" : "a";
  const linked = identities.some((identity) => identity.provider === provider);
  one.textContent = `Link ${linked ? "another" : article} ${title} account`;
}

async function showDevices() {
  const found = await devices().catch(() => []);
  at("devices").replaceChildren(...found.map(device));
  at("others").hidden = found.length < 2;
}

function identity({ provider, subject, handle, name, email }, canGo) {
  const who = handle ?? email ?? name ?? subject;
  const text = `${titleOf(provider)} account ${who}`;
  return item(text, canGo && button(`Unlink ${who}`, () => unlink(provider, subject).then(show)));
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
