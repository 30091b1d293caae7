/** Builds the pages and the worker into the package's server, which serves them as they are. */
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defaultClientConditions } from "vite";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  // Relative addresses: the pages work under any prefix of a reverse proxy.
  base: "./",
  resolve: {
    // onnxruntime-web without its inlined loader: the loader must stay a file of its own, since threads start from it.
    conditions: [...defaultClientConditions, "onnxruntime-web-use-extern-wasm"],
  },
  define: {
    // For the progress bar: a compressed answer does not tell how long it gets.
    WASM_BYTES: statSync(here("node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm")).size,
  },
  build: {
    outDir: "../src/dasa/server/client",
    emptyOutDir: true,
    target: ["chrome130", "edge130", "firefox128", "safari18"], // the last two years, with Firefox ESR
    assetsInlineLimit: 0, // the content security policy allows no data: addresses
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ["index.html", "gallery.html", "about.html", "docs.html", "sign-in.html", "account.html"].map(here),
    },
  },
  worker: { format: "es" },
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": "http://127.0.0.1:8080" },
    headers: {
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    },
  },
  test: {
    environment: "node",
    include: ["tests/**/*.test.ts"],
    maxWorkers: 2,
    testTimeout: 20_000,
  },
});
