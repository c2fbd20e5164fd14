/** @jsxImportSource solid-js */

import { signIn } from "valetkey/solid";

export const elements = (
  <>
    <sign-in-button provider="google" next="" return-to="/" width={500} on:signin={({ detail }) => detail.account.name} />
    <sign-in-buttons class="all" onClick={() => signIn("google")} />
    <signed-in>
      <p>Hello</p>
    </signed-in>
    <signed-out />
    <account-panel on:signinstate={({ detail }) => detail === "unsure"} />
  </>
);

// @ts-expect-error a provider is a name
export const wrong = <sign-in-button provider={1} />;
// @ts-expect-error there is no such element
export const unknown = <sign-in-butto />;
// @ts-expect-error the event has a session
export const code = <sign-in-button on:signin={({ detail }) => detail.code} />;
