import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaults, formatSettings, loadSettings, parseSettings, saveSettings } from "../../src/view/settings.js";

describe("settings", () => {
  it("survive being stored", () => {
    const changed = { ...defaults, serverAgreed: true, mode: "server" as const, maxFaces: 4, smoothing: 0.5, cameraId: "abc" };
    expect(parseSettings(formatSettings(changed))).toEqual(changed);
  });

  it("fall back to the default for each value that is missing, unknown or out of range", () => {
    const stored = { version: 1, values: { maxFaces: 11, smoothing: -1, palette: "neon", mirror: "yes", patterns: true, extra: 1 } };
    expect(parseSettings(JSON.stringify(stored))).toEqual({ ...defaults, patterns: true });
  });

  it("are the defaults for another version and for anything else that is stored", () => {
    expect(parseSettings(JSON.stringify({ version: 2, values: { mirror: false } }))).toEqual(defaults);
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(parseSettings(text)).toEqual(defaults);
    }));
  });

  it("never send anything without agreement", () => {
    const stored = JSON.stringify({ version: 1, values: { mode: "server", serverAgreed: false } });
    expect(parseSettings(stored).mode).toBe("device");
  });

  it("live with a browser that blocks storage", () => {
    const blocked = {
      getItem: () => { throw new DOMException("denied", "SecurityError"); },
      setItem: () => { throw new DOMException("denied", "SecurityError"); },
    };
    expect(loadSettings(blocked)).toEqual(defaults);
    expect(saveSettings(blocked, defaults)).toBe(false);
  });
});
