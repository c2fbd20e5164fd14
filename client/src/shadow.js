// The shadow roots of the custom elements: a style sheet of their own, and parts that a page can style.

const BASE_STYLE = `
:host([hidden]), [hidden] { display: none !important }
p { margin: 0 }
a { color: inherit }
button { box-sizing: border-box; font: inherit; min-height: 44px; cursor: pointer; border: 1px solid;
  border-radius: 22px; padding: .4em 1.4em; color: inherit; background: none }
button:not([aria-busy=true]):hover { opacity: .87 }
:focus-visible { outline: 3px solid #3b82f6; outline-offset: 2px }
.error { color: #b3261e; color: light-dark(#b3261e, #ff9a90) }`;

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

/** Show `text`; hide the element where it is empty. */
export function setText(element, text) {
  element.textContent = text || "";
  element.hidden = !text;
}
