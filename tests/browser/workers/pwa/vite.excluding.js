import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";

// With the line of docs/service-workers.md.
export default defineConfig({
  plugins: [VitePWA({ registerType: "autoUpdate", workbox: { navigateFallbackDenylist: [/^\/auth\//] } })],
  build: { rollupOptions: { external: ["/auth/client.js"] } },
});
