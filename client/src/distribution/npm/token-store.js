/** The name of the storage in which a token survives a reload. `configure` sets it. */
export const tokenStore = { name: undefined };
