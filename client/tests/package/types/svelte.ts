// What svelte-check makes of the tags of a component.

/// <reference path="../node_modules/svelte/svelte-html.d.ts" />

import { get } from "svelte/store";
import { sessionState } from "valetkey/svelte";

export const name: string | null | undefined = get(sessionState).session?.account.name;

type Attributes<Tag extends keyof svelteHTML.IntrinsicElements> = svelteHTML.IntrinsicElements[Tag];

export const button: Attributes<"sign-in-button"> = {
  provider: "google",
  next: "/home",
  "return-to": "/",
  width: 500,
  class: "big",
  onsignin: ({ detail }) => detail.account.name,
  "on:signinstate": ({ detail }) => detail === "unsure",
};
export const buttons: Attributes<"sign-in-buttons"> = { next: "" };
export const panel: [Attributes<"signed-in">, Attributes<"signed-out">, Attributes<"account-panel">] = [{ id: "in" }, {}, {}];
// @ts-expect-error a provider is a name
export const wrong: Attributes<"sign-in-button"> = { provider: 1 };
// @ts-expect-error the event has a session
export const listener: Attributes<"sign-in-button"> = { onsignin: ({ detail }) => detail.code };
