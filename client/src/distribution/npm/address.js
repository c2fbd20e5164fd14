/** Where the backend's routes are, unless `configure` says otherwise. Undefined on a server, where there is no page. */
export function defaultBase() {
  if (!globalThis.document) return;
  try {
    return new URL("/auth/", location.href);
  } catch {
    return new URL("/auth/", document.baseURI); // in a frame with `srcdoc`
  }
}
