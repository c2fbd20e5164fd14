// The backend ends the session and its logins by itself: the request brings their cookies.

export function dropAttempts() {}
export function forget() {}
