// The texts that a page has set: other words, or another language.

export const texts = {};

/** Set texts by key: those of the button (`signIn`, `opened`, `cancel`, …) and the codes of errors. */
export function setTexts(words) {
  Object.assign(texts, words);
  dispatchEvent(new Event("valetkey-texts"));
}
