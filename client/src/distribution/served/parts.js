/** Import a part: a file beside this one. `again` makes its address a new one, because a browser keeps a failure. */
export const importPart = (name, again) => import(new URL(`${name}.js${again ? `?${again}` : ""}`, import.meta.url));
