import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import { previewTags, readAddress } from "../site/preview.ts";

const path = (to: string): string => fileURLToPath(new URL(to, import.meta.url));

const SERVICE = "http://127.0.0.1:4173";

const POLICY = [
  "default-src 'self'",
  // SQLite is WebAssembly.
  "script-src 'self' 'wasm-unsafe-eval'",
  // A later worker starts from a copy of the file.
  "worker-src 'self' blob:",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** A policy that lets the page run only its own files. Vite's development server needs more, and gets it. */
function contentSecurityPolicy(): Plugin {
  return {
    name: "content-security-policy",
    apply: "build",
    transformIndexHtml: () => [
      { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: POLICY }, injectTo: "head-prepend" },
    ],
  };
}

/** What chats are told of the page. If SITE_URL is its address, it names that and a picture. */
function preview(): Plugin {
  const address = readAddress(process.env["SITE_URL"]);
  return {
    name: "preview",
    transformIndexHtml: (html) => {
      const [, title = ""] = /<title>([^<]+)</.exec(html) ?? [];
      const [, about = ""] = /name="description"\s+content="([^"]+)"/.exec(html) ?? [];
      return previewTags({ file: "index.html", title, about }, address).map(({ tag, attrs }) => ({
        tag,
        attrs,
        injectTo: "head",
      }));
    },
  };
}

export default defineConfig({
  root: path("."),
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  // If it were bundled in advance, it would not find its worker.
  optimizeDeps: { exclude: ["rivulet"] },
  build: { outDir: path("../../.build/page"), emptyOutDir: true, target: "es2022", modulePreload: { polyfill: false } },
  // The service of demo/node-service.ts, for `npm run demo:dev`. It answers only requests from its own origin.
  server: { proxy: { "/api": { target: SERVICE, changeOrigin: true, headers: { origin: SERVICE } } } },
  plugins: [
    contentSecurityPolicy(),
    preview(),
    VitePWA({
      // In a separate file, as the policy requires, which does not delay the first paint.
      injectRegister: "script-defer",
      manifest: false,
      workbox: {
        globPatterns: ["**/*.{html,js,css,svg,wasm}"],
        maximumFileSizeToCacheInBytes: 4_000_000,
        // A page that was loaded once works offline. A new build takes over at once, so a reload shows it.
        clientsClaim: true,
        skipWaiting: true,
        // The documentation is beside the page, not part of it.
        navigateFallbackDenylist: [/\/api\//, /\/docs\//],
      },
    }),
  ],
});
