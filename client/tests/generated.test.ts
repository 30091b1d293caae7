/** The committed types are those of the committed schemas. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { renderAll } from "../scripts/types.mjs";

test("generated types are fresh: else run `npm run types`", async () => {
  const files = await renderAll();
  expect(Object.keys(files)).toContain("manifest.ts");
  for (const [name, text] of Object.entries(files)) {
    expect(await readFile(new URL(`../src/generated/${name}`, import.meta.url), "utf8")).toBe(text);
  }
});
