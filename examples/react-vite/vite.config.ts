import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";

const backend = process.env.BACKEND ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [
    react(),
    // By default the service worker answers every navigation with the app, the callback below /auth, too. The module
    // finishes such a sign-in. With this option the callback goes to the backend at once:
    // VitePWA({ workbox: { navigateFallbackDenylist: [/^\/auth\//] } })
    VitePWA({ manifest: { name: "valetkey with React", short_name: "valetkey" } }),
  ],
  server: {
    // The callback URL names this host and this port. For a browser, localhost is another host.
    host: "127.0.0.1",
    port: 5173,
    strictPort: true,
    proxy: { "/auth": backend, "/api": backend },
  },
});
