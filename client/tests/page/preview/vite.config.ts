/** Builds the live page on synthetic people into node_modules/.preview: `npx vite build tests/page/preview`. */
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: { outDir: "../../../node_modules/.preview", emptyOutDir: true, assetsInlineLimit: 0 },
  worker: { format: "es" },
});
