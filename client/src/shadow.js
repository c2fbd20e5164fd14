// The shadow roots of the custom elements: a style sheet of their own, and parts that a page can style.

const BASE_STYLE = `
:host([hidden]), [hidden] { display: none !important }
svg { width: 1.1em; flex: none; fill: currentColor; fill-rule: evenodd }
[role=status] { display: inline-flex; gap: .45em; margin: 0 }
a { color: inherit }
button { box-sizing: border-box; font: inherit; min-height: 44px; cursor: pointer; border: 1px solid;
  border-radius: 22px; padding: .4em 1.4em; color: inherit; background: none }
button:hover { opacity: .87 }
button[aria-busy=true] { cursor: progress; opacity: 1 }
:focus-visible { outline: 3px solid #3b82f6; outline-offset: 2px }
.error { color: #b3261e; color: light-dark(#b3261e, #ff9a90) }`;
const ALERT = "M12 1a11 11 0 1 0 0 22 11 11 0 0 0 0-22zM11 6h2v8h-2zm0 10h2v2h-2z";

/** Attach a shadow root with `style`, and return its style sheet. A sheet that a script makes needs no `style-src`. */
export function attachRoot(element, style, options) {
  const root = element.shadowRoot ?? element.attachShadow({ mode: "open", ...options });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style + BASE_STYLE);
  root.adoptedStyleSheets = [sheet];
  return sheet;
}

/**
 * Make the `render` of a part, which the module calls again when an attribute has changed. `create` renders an element
 * once, and returns the function that shows its attributes and the texts.
 */
export function renderOnce(create) {
  const updates = new WeakMap();
  return (element, shared) => {
    if (!updates.has(element)) updates.set(element, create(element, shared));
    const update = updates.get(element);
    addEventListener("valetkey-texts", update);
    element.disconnect = () => removeEventListener("valetkey-texts", update);
    update();
  };
}

/** Create an element. `part` is its name for the page's style sheet, or empty. */
export function createPart(tag, part, ...children) {
  const element = document.createElement(tag);
  if (part) element.part = part;
  element.append(...children);
  return element;
}

/** Create an icon of one path. */
export function createIcon(part) {
  const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", true);
  if (part) svg.setAttribute("part", part);
  svg.append(path);
  return svg;
}

/** Show `d` as the path of an icon; nothing where it is empty. */
export function setIcon(svg, d) {
  svg.firstChild.setAttribute("d", d || "");
  svg.toggleAttribute("hidden", !d);
}

/**
 * Create a line that a screen reader reads out when it changes. Returns the element, and the function that shows a
 * sentence in it; with an icon and in the colour of an error where it is one.
 */
export function createStatus(tag = "p") {
  const icon = createIcon();
  const sentence = createPart("span");
  const status = createPart(tag, "status", icon, sentence);
  status.setAttribute("role", "status");
  const show = (text, isError) => {
    setIcon(icon, isError && ALERT);
    sentence.textContent = text;
    status.className = isError ? "error" : "";
  };
  return [status, show];
}

/** Show `text`; hide the element where it is empty. */
export function setText(element, text) {
  element.textContent = text || "";
  element.hidden = !text;
}
