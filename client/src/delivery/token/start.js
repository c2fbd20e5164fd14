// The start of a login for a page that is not on the web, such as an extension's or a Capacitor app's.

/**
 * Let a page of the backend start the login, where the browser would send a form of this page without its origin. It
 * takes the fields from its opener. Where this tab signs in, they are in the address, and the user presses a button.
 * Returns true then.
 */
export function startByPage(document, action, fields) {
  const popup = document.defaultView;
  const here = popup === window;
  if (/^https?:$/.test(location.protocol) || (here && fields.mode !== "page")) return;
  const [, provider, link] = /^(.*?)(\/link)?$/.exec(action);
  const url = new URL(`${provider}/start${link ? "?link" : ""}`);
  if (here) {
    url.hash = new URLSearchParams(fields);
  } else {
    addEventListener("message", function answer({ source, origin, data }) {
      if (source !== popup || origin !== url.origin || !data?.valetkey_start) return;
      removeEventListener("message", answer);
      popup.postMessage({ valetkey_start: fields }, origin);
    });
  }
  popup.location = url;
  return true;
}
