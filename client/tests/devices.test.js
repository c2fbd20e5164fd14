// A device in words: its name, and the day of its last use.

process.env.TZ = "Europe/Berlin"; // has days of 23 and of 25 hours

import assert from "node:assert/strict";
import { test } from "node:test";

import { wordsOf } from "../src/panel/texts.js";
import { nameOf, whenOf } from "../src/panel/words-of-devices.js";

const at = (text) => new Date(text).getTime();
const when = (seen, now, language = "en") => whenOf(at(seen) / 1000, language, at(now));

test("the day of the calendar counts, and not how many hours ago it was", () => {
  assert.equal(when("2026-05-10T00:01", "2026-05-10T23:59"), "today");
  assert.equal(when("2026-05-09T23:59", "2026-05-10T00:01"), "yesterday");
  assert.equal(when("2026-05-07T23:59", "2026-05-10T00:01"), "3 days ago");
  assert.equal(when("2026-04-20T12:00", "2026-05-10T12:00"), "20 days ago");
});

test("a day may have 23 or 25 hours", () => {
  assert.equal(when("2026-03-28T12:00", "2026-03-29T23:00"), "yesterday");
  assert.equal(when("2026-10-24T23:30", "2026-10-26T00:30"), "2 days ago");
});

test("a clock that is behind makes no day of the future", () => {
  assert.equal(when("2026-05-11T12:00", "2026-05-10T12:00"), "today");
});

test("in the language of the page", () => {
  assert.equal(when("2026-05-09T12:00", "2026-05-10T12:00", "de"), "gestern");
  assert.equal(when("2026-05-07T12:00", "2026-05-10T12:00", "fr"), "il y a 3 jours");
  assert.match(when("2026-05-09T12:00", "2026-05-10T12:00", "no language"), /\S/);
});

test("a name in the words of the page", () => {
  const name = (browser, texts) => nameOf({ browser }, wordsOf(texts));
  assert.equal(name("Chrome on Linux"), "Chrome on Linux");
  assert.equal(name("Chrome on Linux", { device: "{system}: {browser}" }), "Linux: Chrome");
  assert.equal(name("App on iPhone", { App: "Anwendung", device: "{browser} auf {system}" }), "Anwendung auf iPhone");
  assert.equal(name("Windows", { device: "{browser} auf {system}" }), "Windows");
  assert.equal(name("Automated client", { "Automated client": "Programm" }), "Programm");
  assert.equal(name(null), "Unknown device");
  assert.equal(name(null, { unknownDevice: "Unbekannt" }), "Unbekannt");
});
