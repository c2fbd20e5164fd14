// <signed-in> and <signed-out>: their content is shown only while somebody, or nobody, is signed in. The module loads
// this file for pages that have one.
//
// How this works. All elements of a page share one question to the backend, `GET session`, and hear of changes as every
// listener of `onSession` does. Until the first answer nobody knows, and nothing is shown: <signed-out> keeps its place
// meanwhile, and <signed-in> takes none. The question is repeated while the backend does not answer.
//
// Nothing is removed from the page to hide it, so a button in <signed-out> keeps its state. The children of an element
// are shown in its slot, and the slot is hidden.
//
// The user wrote what the account says of the user. It becomes text, and never markup.

import { ACCOUNT_STYLE, renderAccount } from "./account-line.js";
import { attachRoot, createPart } from "./shadow.js";

const RETRY_MS = 1000; // then twice as long each time
const MAX_RETRY_MS = 30_000;
// The elements take part in the layout of the page as if only their content were there.
const STYLE = `
:host { display: contents }
.unknown { visibility: hidden }
`;

const views = new Map(); // connected element → what create has made of it
const made = new WeakMap();
let known; // the session, or null; undefined until the first answer
let asked;

/** Render an element, and show what is known. */
export function render(element, shared) {
  if (!made.has(element)) made.set(element, create(element, shared));
  const view = made.get(element);
  views.set(element, view);
  addEventListener("valetkey-texts", view.update);
  element.disconnect = () => {
    views.delete(element);
    removeEventListener("valetkey-texts", view.update);
  };
  if (!asked) {
    asked = true;
    shared.onSession(show);
    ask(shared.session);
  }
  view.update();
}

async function ask(session, retry = RETRY_MS) {
  try {
    const found = await session();
    if (known === undefined) show(found); // a listener does not hear that still nobody is signed in
  } catch {
    setTimeout(() => known === undefined && ask(session, Math.min(2 * retry, MAX_RETRY_MS)), retry);
  }
}

function show(found) {
  const focused = document.activeElement?.closest("signed-in, signed-out");
  known = found;
  for (const { update } of views.values()) update();
  // The focus goes from what was hidden to what is shown in its place.
  if (!focused || isShown(focused)) return;
  [...views].find(([element]) => isShown(element))?.[1].focus();
}

const isShown = ({ localName }) => known !== undefined && (localName === "signed-in") === Boolean(known);

/** Create the content of the shadow root. Returns functions: `update` shows what is known, `focus` takes the focus. */
function create(element, shared) {
  attachRoot(element, STYLE + ACCOUNT_STYLE);
  const slot = createPart("slot");
  element.shadowRoot.append(slot);
  const account = element.localName === "signed-in" ? renderAccount(element, shared) : undefined;
  return {
    update() {
      const unknown = known === undefined;
      slot.hidden = !isShown(element) && !(unknown && !account);
      slot.className = unknown ? "unknown" : "";
      account?.update(known?.account);
    },
    focus() {
      if (account) account.focus();
      else element.querySelector("sign-in-button, sign-in-buttons")?.focus();
    },
  };
}
