// The content of <signed-in>: who is signed in, and a button to sign out. With content of the page's own, the elements in
// it that ask for it by `data-account` and `data-sign-out` get the same.

import { createPart, createStatus } from "./shadow.js";

const DEFAULT_TEXTS = { signOut: "Sign out", signedIn: "Signed in" };
export const ACCOUNT_STYLE = `
.account { display: inline-flex; align-items: center; gap: .6em; min-height: 44px; max-width: 100%;
  vertical-align: middle }
img { width: 2.25em; height: 2.25em; border-radius: 50%; object-fit: cover; flex: none }
bdi { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
button { flex: none; padding: .4em 1em }
`;

const FIELDS = {
  handle: ({ handle }) => handle,
  name: ({ name }) => name,
  picture: ({ picture }) => (/^https?:/.test(picture) ? picture : ""),
  email: ({ identities }) => identities.find(({ email }) => email)?.email,
};

/** Render it. Returns functions: `update` takes the account, or nothing; `focus` moves the focus to the name. */
export function renderAccount(element, { signOut, goTo, texts }) {
  const picture = createPart("img", "picture");
  const who = createPart("bdi", "who");
  const leave = createPart("button", "sign-out");
  const line = createPart("span", "account", picture, who, leave);
  const [status, say] = createStatus("span");
  line.className = "account";
  who.tabIndex = -1;
  picture.onerror = () => (picture.hidden = true);
  element.shadowRoot.append(line, status);

  let account, error, busy;

  function update() {
    const words = { ...DEFAULT_TEXTS, ...texts };
    const found = (name) => (account && Object.hasOwn(FIELDS, name) && FIELDS[name](account)) || "";
    const handle = found("handle");
    line.hidden = !account || element.children.length > 0 || element.textContent.trim() !== "";
    who.textContent = account ? (handle && `@${handle}`) || found("name") || found("email") || words.signedIn : "";
    showPicture(picture, found("picture"));
    picture.alt = handle && found("name"); // where the name does not stand beside it
    leave.textContent = words.signOut;
    leave.setAttribute("aria-busy", Boolean(busy));
    const failed = account && error;
    say(failed ? (words[error.code] ?? error.message) : "", failed);
    for (const one of element.querySelectorAll("[data-account]")) {
      const text = found(one.dataset.account);
      if (one.localName !== "img") setOnce(one, text);
      else if (one.dataset.account === "picture") showPicture(one, text);
    }
  }

  async function press() {
    if (busy) return;
    busy = true;
    error = undefined;
    update();
    try {
      await signOut();
      const next = element.getAttribute("next");
      if (next !== null) goTo(next);
    } catch (reason) {
      error = reason;
    }
    busy = false;
    update();
  }

  leave.onclick = press;
  element.addEventListener("click", (event) => {
    if (!event.target.closest("[data-sign-out]")) return;
    event.preventDefault(); // it may be a link, for pages without scripts
    press();
  });
  // For content that comes later. What this file writes itself causes one more update, which changes nothing.
  const observer = new MutationObserver(update);
  observer.observe(element, { childList: true, subtree: true, attributeFilter: ["data-account"] });
  return {
    update(found) {
      if (found?.id !== account?.id) error = undefined;
      account = found;
      update();
    },
    focus: () => who.focus(),
  };
}

function setOnce(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Show an image from the provider, which does not learn the address of this page. */
function showPicture(image, address) {
  if (!address) {
    image.hidden = true;
    image.removeAttribute("src");
  } else if (image.getAttribute("src") !== address) {
    image.hidden = false;
    image.referrerPolicy = "no-referrer";
    if (!image.hasAttribute("alt")) image.alt = "";
    image.src = address;
  }
}
