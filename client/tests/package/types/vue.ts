// What vue-tsc looks up for the tags of a template.

import type { GlobalComponents } from "vue";
import { useSession, type Session } from "valetkey/vue";

const { session, loading, error } = useSession();
export const now: Session | null = loading.value ? null : session.value;
export const code: string | undefined = error.value?.code;

type Props<Tag extends keyof GlobalComponents> = InstanceType<GlobalComponents[Tag]>["$props"];

export const button: Props<"sign-in-button"> = {
  provider: "google",
  next: "/home",
  "return-to": "/",
  width: 500,
  class: "big",
  onSignin: ({ detail }) => detail.account.name,
  onSigninstate: ({ detail }) => detail === "unsure",
};
export const buttons: Props<"sign-in-buttons"> = { next: "" };
export const panel: [Props<"signed-in">, Props<"signed-out">, Props<"account-panel">] = [{ id: "in" }, {}, {}];
// @ts-expect-error a provider is a name
export const wrong: Props<"sign-in-button"> = { provider: 1 };
// @ts-expect-error the event has a session
export const listener: Props<"sign-in-button"> = { onSignin: ({ detail }) => detail.code };
