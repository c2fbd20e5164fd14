// Delivery as a cookie prepares nothing.

export function preparing() {}
export function checkReady() {}
