// What the sections of the panel are made of.

import { createPart } from "../shadow.js";

/** A button. While what it started is not over, it is busy, and a press does nothing, or the same again. */
export function createButton(part, press, { repeats } = {}) {
  const button = createPart("button", part);
  let running = 0;
  button.type = "button";
  button.onclick = async () => {
    if (button.getAttribute("aria-disabled") === "true" || (running && !repeats)) return;
    button.setAttribute("aria-busy", Boolean(++running));
    try {
      await press();
    } finally {
      button.setAttribute("aria-busy", Boolean(--running));
    }
  };
  return button;
}

let made = 0;

/** Give a button a longer name than its text: "Unlink X @ada". */
export function nameAlso(button, ...others) {
  for (const one of [button, ...others]) one.id ||= `part-${++made}`;
  button.setAttribute("aria-labelledby", [button, ...others].map(({ id }) => id).join(" "));
}

/** A line of text next to what it is about, which screen readers announce, and what the user can do about it. */
export function createLine() {
  const status = createPart("p", "status");
  const node = createPart("div", "line", status);
  node.className = "line";
  status.setAttribute("role", "status");

  /**
   * Show a text. Each action is a part, a label and a function; one whose function is false or missing is left out. If
   * the focus is on a button that goes, it goes to the new one of that part, or to `main`.
   */
  function show(text = "", { error = false, actions = [], main } = {}) {
    const { activeElement } = node.getRootNode();
    const focused = node.contains(activeElement);
    const buttons = actions.filter(([, , press]) => press).map(([part, label, press]) => {
      const button = createButton(part, press);
      button.textContent = label;
      return button;
    });
    status.textContent = text;
    status.part.toggle("error", error);
    status.classList.toggle("error", error);
    node.classList.toggle("says", Boolean(text));
    node.replaceChildren(status, ...buttons);
    if (focused) (buttons.find(({ part }) => part.value === activeElement.part.value) ?? main)?.focus();
  }

  return { node, show };
}

/** A section with a heading that can take the focus, a line of text, and a list. */
export function createSection(part) {
  const heading = createPart("h2", "heading");
  heading.tabIndex = -1;
  const line = createLine();
  const list = createPart("ul", "list");
  list.setAttribute("role", "list"); // Safari takes it away from a list without markers
  return { node: createPart("section", part, heading, line.node, list), heading, line, list };
}

/**
 * Keep the rows of a container by their keys. Returns a function that shows items: by `create(item)` where one is new,
 * and by the row's `update(item)`. If a row goes that has the focus, the focus goes to the next one, or to `heading`.
 */
export function keepRows(container, heading, keyOf, create) {
  const rows = new Map();
  return (items) => {
    const wanted = new Map(items.map((item) => [keyOf(item), item]));
    for (const [key, { node }] of rows) {
      if (wanted.has(key)) continue;
      rows.delete(key);
      removeWithFocus(node, heading);
    }
    for (const [key, item] of wanted) {
      if (!rows.has(key)) rows.set(key, create(item));
      rows.get(key).update(item);
    }
    // In their order. A node that is moved loses the focus, so one that is in its place stays.
    [...wanted.keys()].forEach((key, nth) => {
      const { node } = rows.get(key);
      if (container.children[nth] !== node) container.insertBefore(node, container.children[nth] ?? null);
    });
  };
}

function removeWithFocus(node, heading) {
  const focused = node.contains(node.getRootNode().activeElement);
  const neighbours = [node.nextElementSibling, node.previousElementSibling];
  const next = neighbours.map((one) => one?.querySelector("button")).find(Boolean);
  node.remove();
  if (focused) (next ?? heading).focus();
}
