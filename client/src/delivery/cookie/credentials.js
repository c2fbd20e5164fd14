// The default delivery: the session is in a cookie that no script can read, so a page adds nothing to its requests.
// delivery/token has the other implementation of each function. A build with these files contains none of them.

export function authorization() {}
export function receive() {}
export function sessionFields() {}
export function begin() {}
export function proof() {}
