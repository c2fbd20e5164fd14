// Requests to the backend, and the one class of errors.

import { authorization, receive } from "delivery/credentials.js";

import { base } from "./base.js";
import { load, wait } from "./load.js";

const TIMEOUT_MS = 12_000; // longer than anything the backend does
const EXPLAIN_MS = 2000;

/**
 * Every promise of this module rejects with this class. `code` is stable, `message` is for the user, `hint` for you.
 * `more` may have: `url`, the right address of the page; `developer`, where you must act; and the `response`, where
 * there was one.
 */
export class SignInError extends Error {
  constructor(code, message = "The sign-in failed.", hint = "", more) {
    super(message);
    Object.assign(this, more, { name: "SignInError", code, hint });
  }
}

/** Make an error of the module's own. `explain` adds the sentences. */
export const failure = (code, more) => new SignInError(code, undefined, undefined, more);

/** Make an error of what the backend says about it. */
export const failed = (error, response) =>
  new SignInError(error.code, error.message, error.hint, { ...error, response });

/** Turn anything that a browser throws into an error of ours, with its sentences, write its hint, and throw it. */
export async function rethrow(thrown) {
  const error = thrown instanceof SignInError ? thrown : new SignInError("browser_error", undefined, `${thrown}`);
  await Promise.race([load("watch").then(({ explain }) => explain(error, base), () => {}), wait(EXPLAIN_MS)]);
  throw error;
}

/** Report a violation of `directive` by `document`. The script itself sees only that something failed. */
export function onPolicyViolation(document, directive, report) {
  document.addEventListener("securitypolicyviolation", ({ disposition, effectiveDirective, blockedURI }) => {
    // A policy that only reports has blocked nothing.
    if (disposition === "enforce" && effectiveDirective === directive && blockedURI.startsWith(base.origin)) {
      report(failure("blocked_by_csp", { directive, developer: true }));
    }
  });
}

let violation;
if (globalThis.document) onPolicyViolation(document, "connect-src", (error) => (violation = error));

/** Send `body` as JSON to a path below `base`, and return the answer. Throws a SignInError. */
export async function request(method, path, body) {
  if (!base) throw failure("browser_error");
  const credentials = authorization();
  let response, answer;
  violation = undefined;
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
    answer = (await response.json().catch(() => {})) ?? {};
  } catch {
    await wait(); // the violation event comes after the failure
    throw violation ?? failure("network");
  }
  const { status, ok } = response;
  const { error, account, sessions } = answer;
  if (error?.code) throw failed(error, response);
  if (!ok || (status !== 204 && account === undefined && !sessions)) {
    throw failure(status === 429 || status > 499 ? "network" : "unexpected_answer", { method, response });
  }
  receive(answer, credentials, body);
  return answer;
}
