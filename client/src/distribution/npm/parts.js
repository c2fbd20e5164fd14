const parts = {
  button: () => import("../../button.js"),
  buttons: () => import("../../buttons.js"),
  callback: () => import("../../callback.js"),
  classic: () => import("../../classic.js"),
  panel: () => import("../../panel.js"),
  return: () => import("../../return.js"),
  "signed-in": () => import("../../signed-in.js"),
  watch: () => import("../../watch.js"),
};

/** Import a part. The app's bundler makes a file of each. */
export const importPart = async (name) => parts[name]();
