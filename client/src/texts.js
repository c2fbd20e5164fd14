// What an app says in other words or another language: by the button's keys, or by the code of an error.

export const texts = {};

/** `signIn`, `opened`, `unsure`, `finishing`, `leaving`, `reopen`, `cancel`, and the codes of errors. */
export function setTexts(words) {
  Object.assign(texts, words);
  dispatchEvent(new Event("valetkey-texts"));
}
