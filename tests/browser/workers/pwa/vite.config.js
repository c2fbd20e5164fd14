import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";

const DIST = new URL("../../../../client/dist/index.js", import.meta.url).pathname;

// As the plugin's guide begins. The module is the one that the backend serves, or with `--mode package` the npm package.
// `--mode excluding` has the line of docs/service-workers.md.
export default defineConfig(({ mode }) => ({
  plugins: [
    VitePWA({
      registerType: "autoUpdate",
      ...(mode === "excluding" && { workbox: { navigateFallbackDenylist: [/^\/auth\//] } }),
    }),
  ],
  resolve: { alias: { valetkey: mode === "package" ? DIST : "/auth/client.js" } },
  build: { rollupOptions: { external: ["/auth/client.js"] } },
}));
