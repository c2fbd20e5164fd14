/** Where the backend's routes are, unless `configure` says otherwise. Undefined on a server, where there is no page. */
export const defaultBase = () => globalThis.document && new URL("/auth/", location.href);
