// The popup, and the form that starts a login in it.

import { startByPage } from "delivery/start.js";

export const isFramed = globalThis !== globalThis.top;

/** Open a blank popup in the middle of this window. Returns null where the browser opens none. */
export function openPopup(name, { width = 600, height = 720 }) {
  const left = screenX + (outerWidth - width) / 2;
  const top = screenY + (outerHeight - height) / 2;
  try {
    const popup = open("about:blank", name, `popup,width=${width},height=${height},left=${left},top=${top}`);
    return popup === window ? null : popup; // some in-app browsers return the page itself
  } catch {
    return null;
  }
}

/** In-app browsers open no window or replace the page. An app on the home screen opens another browser. */
export function popupsWork() {
  return !matchMedia("(display-mode: standalone)").matches && !/FBA[NV]|Instagram|Line\/|Twitter/.test(navigator.userAgent);
}

/** Whether the popup is on another page than the blank one that it was opened with. */
export function hasLeftBlank(popup) {
  try {
    return popup.location.href !== "about:blank";
  } catch {
    return true; // another origin
  }
}

/** The document of a blank popup. Its requests have the right Origin whatever the Referrer-Policy of this page is. */
export function blankDocument(popup) {
  const blank = popup.document;
  blank.head.append(Object.assign(blank.createElement("meta"), { name: "referrer", content: "origin" }));
  return blank;
}

/** POST `fields` to `action` from `document`, as a navigation of the window `target`. */
export function submitForm(document, action, fields, target = "") {
  if (startByPage && startByPage(document, action, fields)) return;
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action, target });
  for (const name in fields) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value: fields[name] }));
  }
  document.body.append(form);
  form.submit();
  form.remove();
}
