// The look of the panel, in addition to that of every element: the page's own font and colours, on light and dark.

const LINE = "border-color: color-mix(in srgb, currentColor 20%, transparent)";

export const STYLE = `
:host { display: block; max-width: 40rem }
section { margin: 0 0 2rem }
h2 { font-size: 1.15em; line-height: 1.3; margin: 0 0 .5rem }
ul { list-style: none; margin: 0; padding: 0 }
li { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .75rem; padding: .6rem 0;
  border-block-start: 1px solid; ${LINE} }
li:last-child { border-block-end: 1px solid; ${LINE} }
.text { flex: 1 1 10rem; min-width: 0; overflow-wrap: anywhere }
.more { display: block; font-size: .875em }
[part=current]:not(:empty)::after { content: " ·" }
.text > :first-child { font-weight: 600 }
svg { width: 1.25em; height: 1.25em; flex: none; fill: currentColor }
.reason, .line { flex-basis: 100%; font-size: .9em }
.line { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .75rem }
.line.says { margin: .35rem 0 }
.line:not(.says) { position: absolute } /* stays there for screen readers, and takes no room */
.error::before { content: "⚠ "; content: "⚠ " / "" }
.ways { display: flex; flex-wrap: wrap; gap: .5rem; margin-block-start: .75rem }
.way { display: flex; flex-direction: column; align-items: start; max-width: 100% }
.way:has(.says) { flex-basis: 100% }
.after { margin-block-start: .75rem }
div button { max-width: 100%; overflow-wrap: anywhere; padding: .3em 1.1em;
  border-color: color-mix(in srgb, currentColor 45%, transparent) }
button[aria-disabled=true] { opacity: .5; cursor: not-allowed }
button[aria-busy=true] { opacity: .7; cursor: progress }
:is(h2, div):focus:not(:focus-visible) { outline: none }
`;
