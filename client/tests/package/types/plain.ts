// An app without a framework.

import { configure, onSession, session, signIn } from "valetkey";
import { devices } from "valetkey/account";
import * as token from "valetkey/token";

configure({ url: new URL("https://api.example.com/auth/") });
export const stop: () => void = onSession((now) => console.log(now?.account.name));
export const found: string | undefined = (await session())?.account.id;
export const bearer: string | undefined = (await token.session())?.token;
export const names: (string | null)[] = [...(await devices()), ...(await token.devices())].map(({ browser }) => browser);
document.querySelector("sign-in-button")?.addEventListener("signin", ({ detail }) => detail.account.name);
await signIn("google", { next: "/home" });
// @ts-expect-error there is no such storage
token.configure({ store: "cookie" });
