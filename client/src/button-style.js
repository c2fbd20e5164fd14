// The style of a <sign-in-button>.

// The colours of a provider without colours of its own. Which of two colours is used follows the page's own color-scheme.
export const DEFAULT_COLORS = `background-color: #0f1419; background-color: light-dark(#0f1419, #fff);
color: #fff; color: light-dark(#fff, #0f1419)`;

// The first rule is the one that setColors changes. A button that waits shows a ring in place of its icon, or in its
// margin where it has none.
export const BUTTON_STYLE = `
.known { ${DEFAULT_COLORS} }
.known { border-color: #8884 }
:host { display: inline-block; vertical-align: middle; max-width: 100%; overflow-wrap: anywhere;
font: 1rem/1.4 system-ui, sans-serif }
.main { display: inline-flex; align-items: center; justify-content: center; gap: .65em; position: relative;
max-width: 100%; font-weight: 650; text-align: start }
[aria-busy=true] svg { display: none }
[aria-busy=true]::after { content: ""; order: -1; flex: none; width: 1em; height: 1em; border: 2px solid;
border-inline-end-color: transparent; border-radius: 50%; margin: -2px }
.plain::after { position: absolute; inset-inline-start: .4em; scale: .8 }
@media (prefers-reduced-motion: no-preference) { [aria-busy=true]::after { animation: turn 1.2s linear infinite } }
@keyframes turn { to { rotate: 1turn } }
.line { display: flex; flex-wrap: wrap; gap: .5em; max-width: 26rem; font-size: .9rem }
.says { margin-top: .6em }
p, a { flex-basis: 100% }
`;

/** Set `colors`, pairs of background and text. A browser ignores a value that is no colour, or that it does not know. */
export function setColors(sheet, colors) {
  const { style } = sheet.cssRules[0];
  style.cssText = DEFAULT_COLORS;
  if (!colors) return;
  for (const [nth, property] of ["backgroundColor", "color"].entries()) {
    style[property] = colors.light[nth];
    style[property] = `light-dark(${colors.light[nth]}, ${colors.dark[nth]})`;
  }
}
