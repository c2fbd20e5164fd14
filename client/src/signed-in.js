// <signed-in> and <signed-out>: their content is shown only while somebody, or nobody, is signed in. The module loads
// this file for pages that have one.
//
// How this works. All elements of a page share one question to the backend, `GET session`, and hear of changes as every
// listener of `onSession` does. Until the first answer nobody knows, and nothing is shown: <signed-out> keeps its place
// meanwhile, and <signed-in> takes none. Where the backend does not answer, <signed-out> is shown, because a click there
// says what is wrong, and the question is repeated.
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
let failed; // whether the first question failed: then nobody can be signed in here, and a sign-in may say what is wrong

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
    ask(shared);
  }
  view.update();
}

/** Ask until there is an answer. The first failure is in the console, and the others are the same. */
async function ask(shared, retry = RETRY_MS) {
  try {
    const found = await (failed ? askAgain(shared) : shared.session());
    if (known === undefined) show(found); // a listener does not hear that still nobody is signed in
  } catch {
    failed = true;
    if (known === undefined) update();
    setTimeout(() => known === undefined && ask(shared, Math.min(2 * retry, MAX_RETRY_MS)), retry);
  }
}

const askAgain = async ({ request, toSession }) => toSession((await request("GET", "session")).account);

function update() {
  for (const view of views.values()) view.update();
}

function show(found) {
  const focused = document.activeElement?.closest("signed-in, signed-out");
  known = found;
  update();
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
      slot.className = unknown && !failed ? "unknown" : "";
      account?.update(known?.account);
    },
    focus() {
      if (account) account.focus();
      else element.querySelector("sign-in-button, sign-in-buttons")?.focus();
    },
  };
}
