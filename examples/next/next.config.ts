import type { NextConfig } from "next";

// `next build` writes this address into the build.
const backend = process.env.BACKEND ?? "http://127.0.0.1:8000";

const config: NextConfig = {
  reactStrictMode: true,
  rewrites: async () => [
    { source: "/auth/:path*", destination: `${backend}/auth/:path*` },
    { source: "/api/:path*", destination: `${backend}/api/:path*` },
  ],
};

export default config;
