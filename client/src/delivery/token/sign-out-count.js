// The number of sign-outs in all tabs of this origin. A tab compares it with an earlier one to learn of a sign-out that
// it slept through.

export const SIGN_OUTS_KEY = "valetkey-signed-out";

let known = 0; // as this tab knows it

export function signOutCount() {
  try {
    return Number((globalThis.document && localStorage[SIGN_OUTS_KEY]) ?? known);
  } catch {
    return known;
  }
}

export function setSignOutCount(count) {
  known = count;
  try {
    localStorage[SIGN_OUTS_KEY] = count;
  } catch {}
}

/** Take over the count of another tab. Returns whether it is higher than the one known here. */
export function raiseSignOutCount(count) {
  const higher = count > known;
  if (higher) known = count;
  return higher;
}

known = signOutCount();
