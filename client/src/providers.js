// The providers as the backend lists them: name, title, icon and colours, for the button.

import { checkProtocol } from "distribution/protocol.js";

const TIMEOUT_MS = 5000;
let loading;

/** Request the list once for the page, and again after a failure. Resolves to undefined after a failure. */
export const loadProviders = (base) =>
  (loading ??= fetch(new URL("providers", base), { signal: AbortSignal.timeout(TIMEOUT_MS) })
    .then((response) => response.json())
    .then(({ providers, protocol }) => {
      const listed = [...providers];
      checkProtocol(protocol);
      return listed;
    })
    .catch(() => {
      loading = undefined;
    }));
