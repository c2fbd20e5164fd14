// A device in the words of its user: "Chrome on Linux", "3 days ago".

import { fill } from "./texts.js";

const DAY_MS = 86_400_000;

/** The name of a device. The backend writes `Browser on System`, or one of the two, or nothing. */
export function nameOf({ browser: name }, words) {
  if (!name) return words.unknownDevice;
  const [browser, system] = name.split(" on ");
  return system ? fill(words.device, { browser: words[browser] ?? browser, system }) : (words[name] ?? name);
}

/** Days of the calendar, in the language: "today", "yesterday", "3 days ago". */
export function whenOf(seconds, language, now = Date.now()) {
  const days = Math.round((startOfDay(now) - startOfDay(seconds * 1000)) / DAY_MS); // a day may have 23 or 25 hours
  return relative(language).format(-Math.max(days, 0), "day"); // the clock of this device may be behind
}

const startOfDay = (time) => new Date(time).setHours(0, 0, 0, 0);

function relative(language) {
  const options = { numeric: "auto" };
  try {
    return new Intl.RelativeTimeFormat(language, options);
  } catch {
    return new Intl.RelativeTimeFormat(undefined, options); // the page's lang is not a language
  }
}

/** The language of an element: the one that the page states, or the browser's. */
export const languageOf = (element) => element.closest("[lang]")?.lang || undefined;
