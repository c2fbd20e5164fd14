// The sentences and hints of the module's own errors, and the console. It is loaded with watch.js: when a sign-in begins,
// and when something fails.

const SERVER = "The server could not be reached. Please try again in a moment.";

// For each code a sentence for the user, and a hint for the developer.
const OWN = {
  bad_request: ["The sign-in did not start.", "`next` must be an address of this page's own origin."],
  blocked_by_csp: [
    "This page's policy does not let it sign in.",
    ({ directive }, { origin }) => `This page's Content-Security-Policy must allow ${origin} as ${directive}.`,
  ],
  browser_error: [
    "Signing in does not work in this browser.",
    "There is no page here. Call this in a browser. A server that renders a page asks the backend who is signed in: it " +
      "forwards the request's Cookie header to GET /auth/session.",
  ],
  cancelled: ["The sign-in was cancelled."],
  denied: ["You chose not to sign in."],
  expired: ["This sign-in took too long. Please start again."],
  insecure_page: [
    "This page cannot sign in. Please open it at its https address.",
    "The page is not a secure context (https, or a loopback host), so it has no crypto.subtle, which token delivery needs.",
  ],
  interrupted: ["The sign-in was interrupted. Please start again."],
  network: [
    SERVER,
    (error, { href, origin }) =>
      answered(error) ??
      `${href} did not answer.${origin === location.origin ? "" : ` Is ${location.origin} in VALETKEY_ORIGINS?`}`,
  ],
  popup_blocked: [
    "The browser blocked the sign-in window.",
    "Call signIn in the click itself, and await nothing before. A frame may need `sandbox=\"allow-popups\"`.",
  ],
  third_party_context: [
    "Signing in does not work inside this page. Please open it in a tab of its own.",
    "The browser keeps the backend's cookies from a page on another site, or in a frame of one. Serve it from another " +
      "origin than the backend, with VALETKEY_DELIVERY=token and VALETKEY_RELAY. On the backend's site, something else " +
      "answered the start: the window shows it.",
  ],
  unexpected_answer: [SERVER, (error) => answered(error)],
};

/** Complete an error that the module has made itself, and write the hint to the console. What a user chose needs none. */
export function explain(error, base) {
  const [message, hint] = OWN[error.code] ?? [];
  if (!error.hint || !base) {
    error.developer ||= error.code === "unexpected_answer" || error.code === "insecure_page";
    error.message = message ?? error.message;
    error.hint = (typeof hint === "function" ? hint(error, base) : hint) ?? "";
  }
  if (error.hint && error.code !== "denied") {
    console.warn(`[valetkey] ${error.code}: ${error.hint}`, base ? `${base}errors#${error.code}` : "");
  }
  // The backend's log names what only the browser sees.
  if (base && (error.directive || error.code === "third_party_context")) report(error, base);
}

/** Let the backend's log say what it cannot see itself. */
function report({ code, directive }, base) {
  fetch(new URL("report", base), {
    method: "POST",
    credentials: "include",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code, directive }),
  }).catch(() => {});
}

function answered({ method, response }) {
  if (!response) return;
  const { url, status, headers } = response;
  const type = headers.get("content-type") ?? "";
  return `${method} ${url.split("?")[0]} answered ${status} ${type}, and not as valetkey does. Does a dev server pass its routes on?`;
}
