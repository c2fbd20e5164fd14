// Requests to the backend, and the one class of errors.

import { authorization, receive } from "delivery/credentials.js";

import { base } from "./base.js";

const TIMEOUT_MS = 12_000; // longer than anything the backend does

/** Every promise of this module rejects with this class. `code` is stable, `message` is for the user, `hint` for you. */
export class SignInError extends Error {
  constructor(code, message = code, hint = "") {
    super(message);
    this.name = "SignInError";
    this.code = code;
    this.hint = hint;
  }
}

/** Report a violation of `directive` by `document`. The script itself sees only that something failed. */
export function onPolicyViolation(document, directive, report) {
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
    if (effectiveDirective === directive)
      report(
        new SignInError(
          "blocked_by_csp",
          "This page's policy does not let it sign in.",
          `Its Content-Security-Policy must allow ${base.origin} as ${directive}.`,
        ),
      );
  });
}

let violation;
onPolicyViolation(document, "connect-src", (error) => (violation = error));

/** Send `body` as JSON to a path below `base`, and return the answer. Throws a SignInError. */
export async function request(method, path, body) {
  const credentials = authorization();
  let response, answer;
  try {
    response = await fetch(new URL(path, base), {
      method,
      credentials: "include",
      headers: {
        accept: "application/json",
        ...(body && { "content-type": "application/json" }),
        ...credentials,
      },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    answer = method === "DELETE" && response.ok ? {} : await response.json();
  } catch {
    await new Promise((done) => setTimeout(done)); // the violation event comes after the failure
    throw violation ?? new SignInError("network", "The server could not be reached.");
  }
  if (!response.ok) {
    const { code, message, hint } = answer.error ?? {};
    throw new SignInError(code ?? "network", message, hint);
  }
  receive(answer, credentials, body);
  return answer;
}
