// The backend ends the session and its logins: their cookies are there.

export function dropAttempts() {}
export function forget() {}
