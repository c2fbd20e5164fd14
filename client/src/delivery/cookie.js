// The default delivery: the session is in a cookie that no script can read, so a page adds nothing to its requests.
// token.js has the other implementation of each function. A build with this file contains none of them.

export function authorization() {}
export function receive() {}
export function sessionFields() {}
export function forget() {}
export function begin() {}
export function proof() {}
export function leave() {}
export function resume() {}
export function relayMissed() {}
export function dropAttempts() {}
