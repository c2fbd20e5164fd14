/** Where the backend's routes are: this file is served at one of them, such as `https://example.com/auth/client.js`. */
export const defaultBase = () => new URL("./", import.meta.url);
