// localStorage and sessionStorage, for a browser that may keep nothing: there, a script that reads the property of the
// window gets an error.

export function storage(name) {
  try {
    return globalThis[name];
  } catch {}
}

/** Read JSON from this tab's storage. */
export function read(key) {
  try {
    return JSON.parse(globalThis.document && sessionStorage[key]);
  } catch {}
}

export function write(key, value) {
  try {
    sessionStorage[key] = JSON.stringify(value);
  } catch {}
}

export function remove(key) {
  try {
    sessionStorage.removeItem(key);
  } catch {}
}
