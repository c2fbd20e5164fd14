// The providers as the backend lists them: name, title, icon and colours.

import { checkProtocol } from "distribution/protocol.js";

const TIMEOUT_MS = 5000;

/**
 * Request the list once for the page, and again after a failure. Resolves to undefined after a failure. Every part has
 * this file in its bundle, so the promise is kept where all parts find it: in `base`, the one address of the backend.
 * The list has `sandbox`: whether the sandbox plays the providers.
 */
export const loadProviders = (base) =>
  (base.providers ??= fetch(new URL("providers", base), { signal: AbortSignal.timeout(TIMEOUT_MS) })
    .then((response) => response.json())
    .then(({ providers, protocol, sandbox }) => {
      const listed = [...providers];
      listed.sandbox = sandbox;
      checkProtocol(protocol);
      return listed;
    })
    .catch(() => {
      base.providers = undefined;
    }));
