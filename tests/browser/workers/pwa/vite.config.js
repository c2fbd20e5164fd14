import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";

// As the plugin's guide begins. The backend serves the module.
export default defineConfig({
  plugins: [VitePWA({ registerType: "autoUpdate" })],
  build: { rollupOptions: { external: ["/auth/client.js"] } },
});
