const parts = {
  button: () => import("../../button.js"),
  callback: () => import("../../callback.js"),
  classic: () => import("../../classic.js"),
  return: () => import("../../return.js"),
  watch: () => import("../../watch.js"),
};

/** Import a part. The app's bundler makes a file of each. */
export const importPart = async (name) => parts[name]();
