// The usual delivery: the session is in a cookie that no script sees, and there is nothing to add to what a page asks.
// Each of these has its other meaning in token.js; here a build leaves nothing of them.

export function authorization() {}
export function take() {}
export function pass() {}
export function forget() {}
export function begin() {}
export function halves() {}
export function leave() {}
export function resumed() {}
export function stuck() {}
export function dropAll() {}
