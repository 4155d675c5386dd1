import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { VitePWA } from "vite-plugin-pwa";

const path = (to: string): string => fileURLToPath(new URL(to, import.meta.url));

const SERVICE = "http://127.0.0.1:4173";

const POLICY = [
  "default-src 'self'",
  // SQLite is WebAssembly.
  "script-src 'self' 'wasm-unsafe-eval'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** The page runs nothing but its own files. Vite's development server needs more, and gets it. */
function contentSecurityPolicy(): Plugin {
  return {
    name: "content-security-policy",
    apply: "build",
    transformIndexHtml: () => [
      { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: POLICY }, injectTo: "head-prepend" },
    ],
  };
}

export default defineConfig({
  root: path("."),
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  // Bundled ahead, it would lose sight of its worker.
  optimizeDeps: { exclude: ["rivulet"] },
  build: { outDir: path("../../.build/page"), emptyOutDir: true, target: "es2022", modulePreload: { polyfill: false } },
  // The service of demo/node-service.ts, for `npm run demo:dev`; it answers only what says that it comes from itself.
  server: { proxy: { "/api": { target: SERVICE, changeOrigin: true, headers: { origin: SERVICE } } } },
  plugins: [
    contentSecurityPolicy(),
    VitePWA({
      // In a file, as the policy wants it, and one that the first paint does not wait for.
      injectRegister: "script-defer",
      manifest: false,
      workbox: {
        globPatterns: ["**/*.{html,js,css,svg,wasm}"],
        maximumFileSizeToCacheInBytes: 4_000_000,
        // A page once loaded works offline from then on; a new build takes over at once, so that reloading brings it.
        clientsClaim: true,
        skipWaiting: true,
        navigateFallbackDenylist: [/\/api\//],
      },
    }),
  ],
});
