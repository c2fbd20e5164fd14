// The devices of the account: its sessions, each of which can be signed out.

import { createPart } from "../shadow.js";
import { createButton, createLine, createSection, keepRows, nameAlso } from "./parts.js";
import { fill } from "./texts.js";
import { languageOf, nameOf, whenOf } from "./words-of-devices.js";

/** The section of the devices. Returns its node, `load()`, and `showAgain()` for other words. */
export function createDevices({ element, calls, words }) {
  const { node, heading, line, list } = createSection("devices");
  const problem = createLine();
  const others = createButton("others", signOutOthers);
  const after = createPart("div", "after", others, problem.node);
  after.className = "after";
  node.append(after);
  const showDevices = keepRows(list, heading, ({ id }) => id, createDevice);
  let devices = [];
  let loads = 0;
  let loud; // since the last answer, a list was asked for whose failure is said

  /** Load the list. `quietly`: say nothing where that fails. */
  async function load(quietly) {
    const mine = ++loads;
    loud ||= !quietly;
    try {
      const loaded = await calls.devices();
      if (mine !== loads) return; // a newer answer is on its way
      devices = loaded;
      // It takes back the problem of a load, which has a button, and never that of a press.
      if (problem.node.children[1]) problem.show();
      showAgain();
    } catch (error) {
      if (mine !== loads) return;
      if (loud) problem.show(textOf(error), { error: true, actions: [["retry", words().retry, () => load()]], main: heading });
    }
    loud = false;
  }

  function showAgain() {
    heading.textContent = words().devices;
    others.textContent = words().signOutOthers;
    const focused = node.getRootNode().activeElement === others;
    others.hidden = devices.length < 2;
    if (focused && others.hidden) heading.focus();
    showDevices([...devices].sort((one, other) => other.current - one.current));
  }

  function createDevice(device) {
    const name = createPart("bdi", "name");
    const current = createPart("span", "current");
    const used = createPart("span", "used");
    const more = createPart("span", "more", current, " ", used);
    const text = createPart("span", "text", name, more);
    const problem = createLine();
    const button = createButton("sign-out-device", signOut);
    const node = createPart("li", "item", text, button, problem.node);
    text.className = "text";
    more.className = "more";
    nameAlso(button, name);

    function update(device) {
      name.textContent = nameOf(device, words());
      current.textContent = device.current ? words().thisDevice : "";
      used.textContent = fill(words().lastUsed, { when: whenOf(device.seen_at, languageOf(element)) });
      button.textContent = words().signOut;
      button.hidden = device.current; // the button of the panel signs this one out
    }

    async function signOut() {
      try {
        problem.show();
        await calls.signOutDevice(device.id);
      } catch (error) {
        if (error.code !== "not_found") return problem.show(textOf(error), { error: true }); // it is over already
      }
      line.show(fill(words().signedOutDevice, { device: name.textContent }));
      await load(true);
    }

    return { node, update };
  }

  async function signOutOthers() {
    try {
      problem.show();
      await calls.signOutOthers();
      line.show(words().signedOutOthers);
      await load();
    } catch (error) {
      problem.show(textOf(error), { error: true });
    }
  }

  const textOf = ({ code, message }) => words()[code] ?? message;

  return { node, load, showAgain };
}
