// Code that an app may write, checked against the types. A line marked as an error must be one.

import { devices, link, signOutDevice, signOutOthers, unlink } from "../src/account.js";
import { SignInError, onSession, session, setTexts, signIn, signOut, type Session } from "../src/client.js";

const abort = new AbortController();
const found: Session = await signIn("twitter", {
  returnTo: "/settings",
  mode: "popup",
  signal: abort.signal,
  onState(state, { reopen, cancel, continueHere }) {
    if (state === "retrying") continueHere?.();
    if (state === "unsure") confirm("Again?") ? reopen() : cancel();
    // @ts-expect-error there is no such state
    if (state === "closed") cancel();
  },
});
const handle: string | null | undefined = found.account.identities[0]?.handle;
const stop: () => void = onSession((now) => console.log(now?.account.name, handle));
stop();
setTexts({ signIn: "Mit {provider} anmelden", denied: "Nicht angemeldet." });
await signOut().catch((error: SignInError) => console.log(error.code, error.hint));
(await session())?.account.handle;
const address: string | null | undefined = found.account.identities[0]?.email;
if (found.account.identities[0]?.email_verified === true) console.log(address);
document.querySelector("sign-in-button")?.addEventListener("signinerror", ({ detail }) => console.log(detail.code));
await link("twitter", { returnTo: "/settings" });
(await devices()).filter((one) => !one.current).forEach(({ id }) => signOutDevice(id));
(await unlink("twitter"))?.account.identities.length;
await signOutOthers();
document.querySelector("account-panel")?.setAttribute("width", "500");
// @ts-expect-error the provider is required
signIn();
new SignInError("wrong_host").url?.startsWith("http:");
// @ts-expect-error a code is read-only
new SignInError("denied").code = "other";
