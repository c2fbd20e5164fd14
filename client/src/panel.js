// <account-panel>: the identities and the devices of the signed-in user. The module loads this file for pages that have
// one. While nobody is signed in, the panel shows its children that have slot="signed-out".
//
// How this works. The panel has no state of its own: it shows the session that the module knows, and the devices that
// the backend lists. What the user changes here changes the session, and the panel hears of it like every listener. It
// asks again when its window gets the focus, so that a device that was signed out elsewhere says so.

import { accountCalls } from "./account-calls.js";
import { takeOnePress } from "./one-press.js";
import { createDevices } from "./panel/devices.js";
import { createIdentities } from "./panel/identities.js";
import { createButton, createLine } from "./panel/parts.js";
import { STYLE } from "./panel/style.js";
import { wordsOf } from "./panel/texts.js";
import { loadProviders } from "./providers.js";
import { attachRoot, createPart } from "./shadow.js";

const panels = new WeakMap();
let isOver; // whether the last that was heard of the session is its end: a panel that is not in the page hears nothing

/** Render an element once, and connect it. */
export function render(element, shared) {
  if (isOver === undefined) {
    isOver = false;
    shared.onSession((session) => (isOver = !session));
  }
  if (!panels.has(element)) panels.set(element, createPanel(element, shared));
  panels.get(element).connect();
}

function createPanel(element, shared) {
  attachRoot(element, STYLE);
  const root = element.shadowRoot;
  const calls = accountCalls(shared);
  const words = () => wordsOf(shared.texts);
  const options = () => ({
    returnTo: element.getAttribute("return-to") ?? undefined,
    width: element.getAttribute("width") ?? undefined,
    height: element.getAttribute("height") ?? undefined,
  });
  const signOut = createButton("sign-out", () => shared.signOut().catch(complain));
  const body = createPart("div", "panel");
  const notice = createLine();
  const slot = document.createElement("slot");
  slot.name = "signed-out";
  notice.node.tabIndex = -1;
  body.hidden = slot.hidden = true;
  takeOnePress(body);
  root.append(body, notice.node, slot);

  let identities, devices; // the sections of an account: what comes late is shown to no other
  let shown; // the session that is shown; undefined until one is known
  let providers;
  let newest; // the session of the last update, whose providers may still be loading
  let disconnect;

  async function update(session) {
    newest = session;
    if (session) providers = (await loadProviders(shared.base())) ?? [];
    if (newest !== session) return;
    notice.show(!session && shown ? words().signedOut : "");
    const focused = body.contains(root.activeElement);
    if (shown?.account.id !== session?.account.id) renew();
    shown = session;
    show();
    if (focused && !root.activeElement) (session ? identities.node.firstChild : notice.node).focus();
    if (session) return devices.load();
  }

  function renew() {
    devices = createDevices({ element, calls, words });
    identities = createIdentities({ shared, calls, words, options, onChange: () => devices.load(true) });
    body.replaceChildren(identities.node, devices.node, signOut);
  }

  function show() {
    body.hidden = !shown;
    slot.hidden = Boolean(shown);
    if (!shown) return;
    signOut.textContent = words().signOut;
    identities.show(shown.account, providers);
    devices.showAgain();
  }

  async function ask() {
    const before = newest;
    try {
      const session = await shared.session();
      if (newest === before) await update(session);
    } catch (error) {
      if (newest === before) complain(error, [["retry", words().retry, ask]]);
    }
  }

  function complain({ code, message }, actions = []) {
    notice.show(words()[code] ?? message, { error: true, actions });
  }

  function onReturn() {
    if (!shown || document.visibilityState !== "visible") return;
    if (providers.length) devices.load(true);
    else update(shown); // the list of providers could not be loaded
  }

  function connect() {
    if (disconnect) return;
    if (shown && isOver) update(null);
    const stop = shared.onSession((session) => session !== newest && update(session)); // `ask` may know it already
    addEventListener("valetkey-texts", show);
    addEventListener("focus", onReturn);
    document.addEventListener("visibilitychange", onReturn);
    disconnect = () => {
      stop();
      removeEventListener("valetkey-texts", show);
      removeEventListener("focus", onReturn);
      document.removeEventListener("visibilitychange", onReturn);
      disconnect = undefined;
    };
    ask();
  }

  element.disconnect = () => disconnect?.();
  return { connect };
}
