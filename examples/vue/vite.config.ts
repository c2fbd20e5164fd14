import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

const backend = process.env.BACKEND ?? "http://127.0.0.1:8000";

export default defineConfig({
  // The elements of valetkey are no Vue components.
  plugins: [vue({ template: { compilerOptions: { isCustomElement: (tag) => tag.startsWith("sign-in-") } } })],
  server: {
    // The callback URL names this host and this port. For a browser, localhost is another host.
    host: "127.0.0.1",
    port: 5173,
    strictPort: true,
    proxy: { "/auth": backend, "/api": backend },
  },
});
