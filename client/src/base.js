/** Where the backend's routes are: this module is one of them, such as `https://example.com/auth/client.js`. */
export const base = new URL("./", import.meta.url);
