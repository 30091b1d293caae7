import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { en } from "../../src/words/en.js";
import { decimal, emotionName, percent, sureness, t } from "../../src/words/index.js";
import { clientLicences } from "../../src/pages/about/licences.js";

const SOURCES = new URL("../../src/", import.meta.url);

async function sources(): Promise<string> {
  const files = (await readdir(SOURCES, { recursive: true })).filter((name) => name.endsWith(".ts") && !name.endsWith("en.ts"));
  return (await Promise.all(files.map((name) => readFile(new URL(name, SOURCES), "utf8")))).join("\n");
}

describe("words", () => {
  it("fill in and choose the plural", () => {
    expect(t("people.count", { n: 3 })).toBe("People (3)");
    expect(t("announce.people", { n: 1 })).toBe("1 person in view.");
    expect(t("announce.people", { n: 2 })).toBe("2 people in view.");
    expect(t("stage.beyond", { n: 2, limit: 10 })).toBe("2 more faces are in view than the 10 that are read.");
  });

  it("name emotions by their ids", () => {
    expect(emotionName("world-weariness")).toBe("world weariness");
  });

  it("say how sure the model is, and write numbers", () => {
    expect([0.9, 0.6, 0.3].map(sureness)).toEqual(["very sure", "quite sure", "not very sure"]);
    expect(decimal(1234.5, 1)).toBe("1,234.5");
    expect(percent(0.914)).toBe("91\u00A0%");
  });

  it("are plain: no exclamation marks, and faces look like something, they never feel", () => {
    const all = JSON.stringify(en.texts);
    expect(all).not.toContain("!");
    expect(all).not.toMatch(/\b(is|are) feeling\b/);
  });

  it("are all used", async () => {
    const code = await sources();
    const composed = [...code.matchAll(/`([\w.]+\$\{[^`]*)`/g)].map(
      ([, template]) => new RegExp(`^${template!.replaceAll(".", "\\.").replaceAll(/\$\{[^}]*\}/g, "\\w+")}$`),
    );
    const unused = Object.keys(en.texts).filter(
      (key) => !code.includes(`"${key}"`) && !composed.some((pattern) => pattern.test(key)),
    );
    expect(unused).toEqual([]);
  });
});

describe("licences of bundled packages", () => {
  it("are those of package.json", async () => {
    const manifest = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as { dependencies: Record<string, string> };
    expect(clientLicences.map((row) => row.component)).toEqual(Object.keys(manifest.dependencies).sort());
  });

  it("say what the packages say", async () => {
    for (const { component, spdx } of clientLicences) {
      const path = new URL(`../../node_modules/${component}/package.json`, import.meta.url);
      expect((JSON.parse(await readFile(path, "utf8")) as { license: string }).license).toBe(spdx);
    }
  });
});
