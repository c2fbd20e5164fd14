/** The name of the storage in which a token survives a reload, as the page's script element says: `token.js?store=local`. */
export const tokenStore = { name: new URL(import.meta.url).searchParams.get("store") };
