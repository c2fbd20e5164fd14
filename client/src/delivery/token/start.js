// The start of a login for a page that is not on the web, such as an extension's or a Capacitor app's.

/**
 * Let a page of the backend start the login, because the browser sends a form of this page without its origin. That page
 * takes the fields from its opener. Where this tab of an extension signs in, they are in the address, and the user presses
 * a button. Returns true then. A shell's own window sends the form: no other app may start a login by an address there.
 */
export function startByPage(document, action, fields) {
  const popup = document.defaultView;
  const isPopup = popup !== window;
  if (/^https?:$/.test(location.protocol) || !(isPopup || /-extension:$/.test(location.protocol))) return;
  const url = new URL(action.replace(/(\/link)?$/, (link) => `/start${link && "?link"}`));
  if (!isPopup) url.hash = new URLSearchParams(fields);
  addEventListener("message", ({ source, origin, data }) => {
    if (source === popup && origin === url.origin && data?.valetkey_start) {
      popup.postMessage({ valetkey_start: fields }, origin);
    }
  });
  popup.location = url;
  return true;
}
