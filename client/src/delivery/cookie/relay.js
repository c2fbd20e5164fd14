// Delivery as a cookie needs no relay page.

export function leave() {}
export function resume() {}
export function relayMissed() {}
