// The composable of Vue.

import { ADA, asked, backend, root, shows } from "./support/page.js";

import assert from "node:assert";
import { test } from "node:test";

import { renderToString } from "@vue/server-renderer";
import { createApp, createSSRApp, effectScope, h } from "vue";
import { signOut, useSession } from "valetkey/vue";

const Who = {
  setup() {
    const { session, loading, error } = useSession();
    return () => h("b", error.value?.code ?? (loading.value ? "…" : (session.value?.account.name ?? "nobody")));
  },
};

test("on a server nobody is signed in, and nobody is asked", async () => {
  assert.equal(await renderToString(createSSRApp(Who)), "<b>…</b>");
});

test("two components ask once and follow; what is outside of a component follows until its scope ends", async () => {
  assert.equal(asked(), 0);
  backend.account = ADA;
  const app = createApp({ render: () => [h(Who), h(Who)] });
  app.mount(root);
  await shows("AdaAda");
  assert.equal(asked(), 1);
  const scope = effectScope();
  const { session } = scope.run(() => useSession());
  assert.equal(session.value.account.name, "Ada");
  backend.account = null;
  await signOut();
  await shows("nobodynobody");
  assert.equal(session.value, null);
  app.unmount();
});
