// One request to the backend, and one kind of error.

import { authorization, take } from "delivery";

export const base = new URL("./", import.meta.url); // …/auth/

/** What every promise of this module rejects with. `code` is stable; `hint` is for the developer. */
export class SignInError extends Error {
  constructor(code, message = code, hint = "") {
    super(message);
    this.name = "SignInError";
    this.code = code;
    this.hint = hint;
  }
}

/** A policy that blocks us says so in an event, and to the script only "it failed". */
export function onBlocked(there, directive, tell) {
  there.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
    if (effectiveDirective === directive)
      tell(
        new SignInError(
          "blocked_by_csp",
          "This page's policy does not let it sign in.",
          `Its Content-Security-Policy must allow ${base.origin} as ${directive}.`,
        ),
      );
  });
}

let blocked;
onBlocked(document, "connect-src", (error) => (blocked = error));

export async function ask(method, path, body) {
  const shown = authorization(body);
  let response, answer;
  try {
    response = await fetch(new URL(path, base), {
      method,
      credentials: "include",
      headers: {
        accept: "application/json",
        ...(body && { "content-type": "application/json" }),
        ...shown,
      },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(12_000), // longer than anything the backend does
    });
    answer = method === "DELETE" && response.ok ? {} : await response.json();
  } catch {
    await new Promise((done) => setTimeout(done)); // the event comes after the failure
    throw blocked ?? new SignInError("network", "The server could not be reached.");
  }
  if (!response.ok) {
    const { code, message, hint } = answer.error ?? {};
    throw new SignInError(code ?? "network", message, hint);
  }
  take(answer, shown, body);
  return answer;
}

/** Runs one at a time; whoever asks meanwhile gets one more. */
export function oneAtATime(run) {
  let running, again;
  return async () => {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      await run();
    }
    running = false;
  };
}
