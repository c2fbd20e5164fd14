/** The backend serves this module, so the two speak the same protocol. */
export function checkProtocol() {}
