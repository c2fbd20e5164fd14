// <sign-in-buttons>: a button for each provider of the backend, in its order. The module loads this file for pages that
// have one.

import { attachRoot, createPart, createStatus, renderOnce, setText } from "./shadow.js";
import { loadProviders } from "./providers.js";

const DEFAULT_TEXTS = {
  retry: "Try again",
  notListed: "The ways to sign in could not be loaded.",
  noneListed: "There is no way to sign in.",
};
const STYLE = `
:host { display: inline-grid; grid: auto / minmax(0, 20rem); gap: .75rem; vertical-align: middle;
  max-width: 100%; min-height: 44px; font: 1rem/1.4 system-ui, sans-serif }
sign-in-button::part(button) { width: 100% }
button { justify-self: start }
`;
const PARTS = "button, mark, label, line, status, link, reopen, here, cancel"; // of each button
const PASSED_ON = ["next", "return-to", "width", "height"];

/** Render an element, or show its changed attributes. */
export const render = renderOnce((element, { texts, base }) => {
  attachRoot(element, STYLE, { delegatesFocus: true });
  const root = element.shadowRoot;
  const [status, say] = createStatus();
  const retry = createPart("button", "retry");
  root.append(status, retry);

  let buttons = [];
  let listed; // null if the list could not be loaded; undefined until that is known

  function update() {
    const words = { ...DEFAULT_TEXTS, ...texts };
    const failed = listed === null;
    say(failed ? words.notListed : !listed || buttons[0] ? listed?.sandbox && "Sandbox" : words.noneListed, failed);
    status.style.position = status.textContent ? "" : "absolute"; // empty, it takes no row
    setText(retry, failed && words.retry);
    for (const button of buttons) {
      for (const name of PASSED_ON) {
        const value = element.getAttribute(name);
        if (value == null) button.removeAttribute(name);
        else button.setAttribute(name, value);
      }
    }
  }

  async function load() {
    const answer = await loadProviders(base());
    if (listed) return; // two presses wait for the same list
    listed = answer ?? null;
    if (listed) {
      buttons = listed.map(({ name }) => createButton(name));
      status.before(...buttons);
      if (root.activeElement) focusRendered(buttons[0]);
    }
    update();
  }

  retry.onclick = load;
  load();
  return update;
});

/** Focus a button as soon as its own part has rendered it. */
function focusRendered(button) {
  if (button?.shadowRoot) button.focus();
  else if (button?.isConnected) requestAnimationFrame(() => focusRendered(button));
}

function createButton(provider) {
  const button = document.createElement("sign-in-button");
  button.setAttribute("provider", provider);
  button.setAttribute("exportparts", PARTS);
  return button;
}
